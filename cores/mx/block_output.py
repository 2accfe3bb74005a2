"""The end of every core that answers with a block: shared exponent, elements rounded once."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.interface import Field
from hwgen.cores.mx.encode import Specials, encode_element, is_float, kept_bits
from hwgen.cores.mx.float_scale import (
    divide_lane,
    divided_format,
    magnitude_bits,
    magnitude_key,
    share_float,
)
from hwgen.cores.mx.lane import reduce_lane
from hwgen.cores.mx.random import draw, draws_inside, random_fields
from hwgen.cores.mx.replay import Beats
from hwgen.cores.mx.shared_exponent import (
    lane_key,
    largest_key,
    share_exponent,
)
from hwgen.cores.mx.special import any_of
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["BlockOutputCore", "block_fields"]

_ONE_CODE = 127


def block_fields(config, block):
    """Return the output fields of a core whose results are blocks of format ``block``."""
    element = block.element
    return [
        Field("elements", element.width, config.lanes, element.name, doc="elements of the block"),
        Field(
            "scale",
            block.scale.width,
            format=block.scale.name,
            doc="scale of the block, in every beat",
        ),
    ]


class BlockOutputCore(PipelinedCore):
    """A core that turns ``k`` exact values, ``lanes`` a beat, into a block.

    A subclass defines :meth:`lanes`. With ``lanes`` below ``k`` the beats of a block go out after
    its last one has come in, while those of the next block come in.

    Parameters
    ----------
    config : object
        Has ``k``, ``lanes``, ``block`` (format of the result), ``rules`` (``Quantization``),
        ``random_bits``.
    input_fields : list of Field
        Payload of the input.
    """

    def __init__(self, config, input_fields):
        self.beats = config.k // config.lanes
        self.keeps_state = draws_inside(config)
        input_fields = [*input_fields, *random_fields(config)]
        super().__init__(config, input_fields, block_fields(config, config.block))
        # the last beat of a block leaves so many clocks after the first
        self.latency += self.beats - 1

    def lanes(self, pipeline):
        """Return (list of Lane, LaneFormat, Offset, NaN flag of the block or None).

        Lane values count in units of 2 to the offset.
        """
        raise NotImplementedError

    def datapath(self, pipeline, valid):
        config = self.config
        beats = Beats(pipeline, valid, self.beats) if self.beats > 1 else None
        lanes, kind, offset, nan = self.lanes(pipeline)
        element, rules = config.block.element, config.rules
        lanes = [_merged(pipeline, lane, rules, index) for index, lane in enumerate(lanes)]
        float_scale = is_float(config.block.scale)
        units = offset.constant
        offset = replace(offset, constant=units + self.scale_offset(kind.bias))
        # what the keys tell of the lanes
        ranks = kind if lanes[0].lowered is None else replace(kind, low=0)
        keys = [self._key(pipeline, lane, kind, offset, index) for index, lane in enumerate(lanes)]
        key = largest_key(pipeline, keys)
        nonzero = None if float_scale else self._nonzero(pipeline, lanes, kind, offset)
        nan = self._nan(pipeline, lanes, nan)
        kept = kept_bits(element, rules.rounding, config.random_bits)
        needed = _needed_bits(kept, config.block, offset)
        lanes = [
            replace(
                lane,
                significand=reduce_lane(pipeline, lane, needed, kept.sticky, f"lane{index}"),
            )
            # nothing to cut off, and zeros need no place in a memory
            if offset.unit is None or len(lane.significand) > needed
            else lane
            for index, lane in enumerate(lanes)
        ]
        random = draw(pipeline, config, self.i.payload, valid)
        if beats is not None:
            lanes, random, key, nonzero, nan, offset = self._again(
                beats, lanes, random, key, nonzero, nan, offset
            )
        if kind.by_exponent:
            low = len(key) - len(lanes[0].exponent)
            special = _special_key(pipeline, key, ranks, low)
            nan = any_of(pipeline, [special, *([nan] if nan is not None else [])], "nan_block")
        if float_scale:
            offset = replace(offset, constant=units)
            shared, divisor, nothing = share_float(
                pipeline, key, len(lanes[0].exponent), kind, offset, config.block, kept, nan
            )
            lanes = [
                divide_lane(pipeline, lane, kind, divisor, kept, f"lane{index}")
                for index, lane in enumerate(lanes)
            ]
            kind = divided_format(kind)
        else:
            shared = share_exponent(pipeline, key, ranks, offset, rules, nonzero, nan)
            nothing = nan
        if nothing is not None:
            pipeline.broadcast(nothing)
        codes = [
            encode_element(
                pipeline,
                lane,
                kind,
                kept,
                shared,
                rules,
                element,
                random[index],
                replace(self._specials(lane), nothing=nothing),
                f"lane{index}",
            )
            for index, lane in enumerate(lanes)
        ]
        elements = codes[0] if len(codes) == 1 else pipeline.concatenate(codes)
        return {"elements": elements, "scale": shared.scale}, None

    @property
    def needed_bits(self):
        """How many leading bits of a lane its block depends on, but for what is set below them."""
        config = self.config
        kept = kept_bits(config.block.element, config.rules.rounding, config.random_bits)
        needed = _needed_bits(kept, config.block)
        if is_float(config.block.scale):
            return max(needed, magnitude_bits(config.block))
        return needed

    @property
    def special_inputs(self):
        """Whether NaNs and infinities must be told from each other or from their block."""
        return self._takes_nan() or self.config.rules.infinity == "element"

    @property
    def wanted_bits(self):
        """The bits of a lane's significand that the block depends on; None: it may be all."""
        config = self.config
        kept = kept_bits(config.block.element, config.rules.rounding, config.random_bits)
        by_exponents = config.rules.scale_rule == "floor" and not is_float(config.block.scale)
        return kept if by_exponents and kept.sticky else None

    def scale_offset(self, bias):
        """Return the scale code less the largest exponent."""
        return _ONE_CODE - bias - self.config.block.element.max_exponent

    def _takes_nan(self):
        """Return whether a NaN becomes an element, not a NaN block."""
        return self.config.rules.nan == "element" and self.config.block.element.nan_code is not None

    def _specials(self, lane):
        """Return what replaces an element."""
        return Specials(lane.nan if self._takes_nan() else None, lane.infinite)

    def _outsiders(self, lane):
        """Return the flags of what takes no part in the scale."""
        specials = self._specials(lane)
        return [each for each in (specials.nan, specials.infinite) if each is not None]

    def _key(self, pipeline, lane, kind, offset, index):
        """Return the lane's key; 0 for what takes no part in the scale."""
        rules = self.config.rules
        block, name = self.config.block, f"lane{index}"
        if is_float(block.scale):
            key = magnitude_key(pipeline, lane, block, offset, name)
        else:
            key = lane_key(pipeline, lane, block.element, rules.scale_rule, name)
        out = self._outsiders(lane)
        keep = []
        if not kind.zero_lowest:
            keep.append(pipeline.free(lambda bits: bits[-1], lane.significand))
        if not out and not keep:
            return key

        def masked(bits, *flags):
            flags = list(flags)
            on = Const(1, 1)
            for flag in flags[: len(out)]:
                on = on & ~flag
            for flag in flags[len(out) :]:
                on = on & flag
            return bits & on.replicate(len(bits))

        return pipeline.logic(
            masked, key, *out, *keep, shape=unsigned(len(key)), name=f"lane{index}_key"
        )

    def _nonzero(self, pipeline, lanes, kind, offset):
        """Return whether any lane holds a number but zero, or None where the key tells enough."""
        rules = self.config.rules
        lowest_is_zero = kind.low + offset.constant + offset.high <= 0
        if rules.zero_scale == "smallest" and rules.scale_rule == "floor" and lowest_is_zero:
            return None
        flags = []
        for index, lane in enumerate(lanes):
            out = self._outsiders(lane)
            flags.append(
                pipeline.logic(
                    lambda bits, *gone: bits.any() & ~(Cat(*gone).any() if gone else Const(0, 1)),
                    lane.significand,
                    *out,
                    levels=1 + (len(lane.significand) > 4) + (len(lane.significand) > 16),
                    shape=unsigned(1),
                    name=f"lane{index}_nonzero",
                )
            )
        return any_of(pipeline, flags, "nonzero")

    def _nan(self, pipeline, lanes, nan):
        """Return whether any lane, or ``nan``, makes the block NaN."""
        flags = []
        if not self._takes_nan():
            flags = [lane.nan for lane in lanes if lane.nan is not None]
        flags += [nan] if nan is not None else []
        return any_of(pipeline, flags, "nan") if flags else None

    def _again(self, beats, lanes, random, key, nonzero, nan, offset):
        """Send the beats of a block once more, now that its largest value is known."""
        pipeline = beats.pipeline
        fabric = pipeline.fabric
        compare = fabric.carry_chain_delay(len(key)) + fabric.carry_exit_delay
        compare += fabric.logic_delay(bits=len(key))
        gathered = [beats.gather(key, lambda x, y: Mux(x > y, x, y), compare, "key")]
        for flag in (nonzero, nan):
            if flag is not None:
                gathered.append(beats.gather(flag, lambda x, y: x | y, 0.0, "flag"))
        of_block = ("value", "unit")
        gathered += [each for name in of_block if (each := getattr(offset, name)) is not None]
        names = ("sign", "significand", "exponent", "lowered", "nan", "infinite")
        stored = [
            (index, name, value)
            for index, lane in enumerate(lanes)
            for name in names
            if (value := getattr(lane, name)) is not None
            and not _is_constant(value)
            and (name != "nan" or self._takes_nan())
        ]
        drawn = [each for each in random if each is not None]
        again, blocks = beats.send_again([value for _, _, value in stored] + drawn, gathered)
        changed = [{} for _ in lanes]
        for (index, name, _), value in zip(stored, again, strict=False):
            changed[index][name] = value
        if drawn:
            random = again[len(stored) :]
        lanes = [replace(lane, **each) for lane, each in zip(lanes, changed, strict=True)]
        blocks = iter(blocks)
        key = next(blocks)
        nonzero, nan = (flag if flag is None else next(blocks) for flag in (nonzero, nan))
        held = {name: next(blocks) for name in of_block if getattr(offset, name) is not None}
        offset = replace(offset, **held)
        return lanes, random, key, nonzero, nan, offset


def _needed_bits(kept, block, offset=None):
    """Return how many leading bits of a lane its element depends on."""
    needed = kept.integer + kept.guard
    if is_float(block.scale):
        # what the first bits of the quotient depend on
        needed += block.scale.significand_bits + 1
    if offset is not None and offset.unit is not None:
        needed += len(offset.unit)
    return needed


def _merged(pipeline, lane, rules, index):
    """Return the lane with infinities counted as NaNs where the rules say so."""
    if lane.infinite is None or rules.infinity == "element":
        return lane
    nan = pipeline.logic(
        lambda x, y: x | y, lane.nan, lane.infinite, shape=unsigned(1), name=f"lane{index}_special"
    )
    return replace(lane, nan=nan, infinite=None)


def _is_constant(value):
    return value.arrival == float("-inf")


def _special_key(pipeline, key, kind, low):
    """Return whether the exponent, above ``low`` bits, is that of NaNs and infinities."""
    top = kind.top
    width = top.bit_length()
    return pipeline.bit(
        lambda bits: bits[low : low + width].all() & (bits[-1] if kind.low < 0 else 1),
        key,
        levels=pipeline.fabric.gate_levels(width + 1),
        name="special_block",
    )
