"""Two blocks, element by element: exact sums or products, requantized with one rounding."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.compare import less
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.mx.block_output import BlockOutputCore
from hwgen.cores.mx.factor import decode_factor, multiply_lanes
from hwgen.cores.mx.lane import from_magnitude
from hwgen.cores.mx.operand import block_offset, operand_fields, operand_lanes, scaled_lanes
from hwgen.cores.mx.shared_exponent import Offset
from hwgen.cores.mx.special import any_of

__all__ = ["MxAdd", "MxMul"]


class _TwoBlocks(BlockOutputCore):
    """A core with the operands a and b.

    Members
    -------
    i : In(stream)
        ``lanes`` elements of both blocks and their scales, ``k / lanes`` beats a block.
    o : Out(stream)
        ``lanes`` elements of the result and its scale, ``k / lanes`` beats a block.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a block's last beat to the last beat of its result.
    initiation_interval : int
        Clock cycles from one beat to the next: 1.
    """

    def __init__(self, config):
        fields = []
        for name, block in (("a", config.fmt_a), ("b", config.fmt_b)):
            fields += operand_fields(
                name, f"scale_{name}", block, config.lanes, f"of operand {name}"
            )
        super().__init__(config, fields)

    def _operands(self, pipeline):
        """Return of both operands (lanes, format of the lanes, scale, format of the scale)."""
        config, values = self.config, self.inputs(pipeline)
        operands = []
        for name, block in (("a", config.fmt_a), ("b", config.fmt_b)):
            scale = decode_factor(pipeline, block.scale, values[f"scale_{name}"], f"scale_{name}")
            lanes = operand_lanes(pipeline, values[name], block, True, name)
            operands.append((*lanes, *scale))
        return operands


class MxAdd(_TwoBlocks):
    """Sums of the elements of two blocks.

    Parameters
    ----------
    config : MxAddConfig
        Formats, rules and fabric.
    """

    def lanes(self, pipeline):
        operands = [
            (*scaled_lanes(pipeline, lanes, kind, scale), scale, kind_of_scale)
            for lanes, kind, scale, kind_of_scale in self._operands(pipeline)
        ]
        # exponents of both operands become those of one format, numbers at least 1
        bias = max(
            kind.bias + other.bias + max(0, 1 - kind.low - other.low)
            for _, kind, _, other in operands
        )
        keyed, highest = [], 0
        for (lanes, kind, scale, other), name in zip(operands, "ab", strict=True):
            base, top = _lifted(pipeline, scale, other, bias - kind.bias - other.bias, name)
            highest = max(highest, top + kind.high)
            keyed.append(
                [
                    _placed(pipeline, lane, base, top + kind.high + 1, f"{name}{index}")
                    for index, lane in enumerate(lanes)
                ]
            )
        pairs = zip(operands[0][0], operands[1][0], strict=True)
        sums = [
            self._sum(pipeline, pair, places, highest, f"lane{index}")
            for index, (pair, places) in enumerate(
                zip(pairs, zip(*keyed, strict=True), strict=True)
            )
        ]
        kind = replace(sums[0][1], bias=sums[0][1].bias + bias)
        nans = [scale.nan for _, _, scale, _ in operands if scale.nan is not None]
        nan = any_of(pipeline, nans, "scale_nan") if nans else None
        return [lane for lane, _ in sums], kind, Offset(0), nan

    def _sum(self, pipeline, pair, keyed, highest, name):
        widths = [len(lane.significand) for lane in pair]
        # one bit may cancel where the smaller operand has lost some; else nothing is lost
        width = max(max(widths) + 1, self.needed_bits + 2)
        aligned = [
            pipeline.free(lambda bits: Cat(Const(0, width - len(bits)), bits), lane.significand)
            for lane in pair
        ]
        signs = [lane.sign for lane in pair]
        swap = _is_larger(pipeline, keyed[1], aligned[1], keyed[0], aligned[0], name)

        def choose(first, second, what):
            def pick(x, y, other):
                return Mux(other, y, x)

            shape = unsigned(max(len(first), len(second)))
            larger = pipeline.logic(pick, first, second, swap, shape=shape, name=f"{name}_{what}")
            smaller = pipeline.logic(
                pick, second, first, swap, shape=shape, name=f"{name}_small_{what}"
            )
            return larger, smaller

        exponent, small_exponent = choose(*keyed, "base")
        significand, small = choose(*aligned, "large")
        sign, small_sign = choose(*signs, "sign")
        distance = add(
            pipeline,
            Term(exponent),
            Term(
                pipeline.signed(small_exponent),
                None,
                pipeline.constant(Const(1, 1)),
            ),
            unsigned(len(exponent)),
            1,
            name=f"{name}_apart",
        )
        shifted = _shifted_with_sticky(pipeline, small, distance, width, name)
        differ = pipeline.bit(lambda x, y: x ^ y, sign, small_sign, name=f"{name}_differ")
        wide = pipeline.free(lambda bits: Cat(Const(0, 1), bits), significand)
        total = add(
            pipeline,
            Term(wide),
            Term(
                pipeline.free(lambda bits: Cat(bits, Const(0, 2)).as_signed(), shifted),
                None,
                differ,
            ),
            unsigned(width + 2),
            differ,
            name=f"{name}_total",
        )
        sign = self._sign(pipeline, total, sign, small_sign, pair, name)
        # the top bit of an operand, bit `width` of the total, is worth 2**exponent
        base = (exponent, 0, highest)
        flags = _flags_of_sum(pipeline, pair, name)
        return from_magnitude(pipeline, sign, total, -width, base, name, flags)

    def _sign(self, pipeline, total, sign, small_sign, pair, name):
        down = self.config.rounding == "down"
        sign = pipeline.bit(
            lambda bits, x, y: Mux(bits.any(), x, (x | y) if down else (x & y)),
            total,
            sign,
            small_sign,
            levels=pipeline.fabric.gate_levels(len(total) + 2),
            name=f"{name}_sign",
        )
        infinities = [lane for lane in pair if lane.infinite is not None]
        if not infinities or self.config.infinity != "element":
            return sign
        for lane in infinities:
            sign = pipeline.bit(
                lambda given, own, infinite: Mux(infinite, own, given),
                sign,
                lane.sign,
                lane.infinite,
                name=f"{name}_signed",
            )
        return sign


def _lifted(pipeline, scale, kind, constant, name):
    """Return (exponent of a scale plus what makes both operands comparable, its largest)."""
    # a NaN has one more
    low, high = kind.low + constant, kind.high + constant
    base = add(
        pipeline,
        Term(scale.exponent),
        Term(pipeline.constant(Const(constant, max(1, constant.bit_length())))),
        shape_of_range(min(low, 0), high + 1),
        name=f"base_{name}",
    )
    return base, high


def _placed(pipeline, lane, base, highest, name):
    """Return the lane's exponent with its scale, 0 for a zero."""
    shape = shape_of_range(0, highest)
    total = add(pipeline, Term(lane.exponent), Term(base), shape, name=f"{name}_place")
    return pipeline.logic(
        lambda bits, significand: bits & significand[-1].replicate(len(bits)),
        total,
        lane.significand,
        shape=shape,
        name=f"{name}_placed",
    )


def _is_larger(pipeline, exponent_x, x, exponent_y, y, name):
    """Return whether x is larger in magnitude than y."""
    width = max(len(exponent_x), len(exponent_y))

    def joined(bits, exponent):
        return Cat(bits, exponent, Const(0, width - len(exponent)))

    keys = [pipeline.free(joined, *each) for each in ((x, exponent_x), (y, exponent_y))]
    return less(pipeline, keys[1], keys[0], name=f"{name}_swap")


def _shifted_with_sticky(pipeline, value, distance, width, name):
    """Return ``value`` above a zero bit, shifted right; lost bits are joined in the last one."""
    size = width + 1
    stages = min(size.bit_length(), len(distance))
    wide = pipeline.free(lambda bits: Cat(Const(0, 1), bits), value)

    def moved(bits, step):
        return Cat(bits[: step + 1].any(), bits[step + 1 :], Const(0, step))[:size]

    if len(distance) > stages:
        wide = pipeline.logic(
            lambda bits, far: Mux(far[stages:].any(), Cat(bits.any(), Const(0, width)), bits),
            wide,
            distance,
            levels=3,
            shape=unsigned(size),
            name=f"{name}_near",
        )
    for stage in reversed(range(stages)):
        step = min(1 << stage, width)
        wide = pipeline.logic(
            lambda bits, far, step=step, stage=stage: Mux(far[stage], moved(bits, step), bits),
            wide,
            distance,
            levels=1 + (stage > 1),
            shape=unsigned(size),
            name=f"{name}_aligned_{step}",
        )
    return wide


def _flags_of_sum(pipeline, pair, name):
    """Return the flags: opposite infinities make a NaN."""
    nans = [lane.nan for lane in pair if lane.nan is not None]
    infinities = [lane for lane in pair if lane.infinite is not None]
    if len(infinities) == 2:
        nans.append(
            pipeline.bit(
                lambda x, y, s, t: x & y & (s ^ t),
                *(lane.infinite for lane in pair),
                *(lane.sign for lane in pair),
                name=f"{name}_opposite",
            )
        )
    flags = {"nan": any_of(pipeline, nans, f"{name}_nan")} if nans else {}
    if infinities:
        both = [lane.infinite for lane in infinities]
        flags["infinite"] = any_of(pipeline, both, f"{name}_infinite")
    return flags


class MxMul(_TwoBlocks):
    """Products of the elements of two blocks.

    Parameters
    ----------
    config : MxMulConfig
        Formats, rules, multipliers and fabric.
    """

    def lanes(self, pipeline):
        (lanes_a, kind_a, *scale_a), (lanes_b, kind_b, *scale_b) = self._operands(pipeline)
        scale, kind_of_scale = multiply_lanes(pipeline, scale_a, scale_b, "scale")
        products = [
            multiply_lanes(
                pipeline,
                (a, kind_a),
                (b, kind_b),
                f"lane{index}",
                hard=index < self.config.multiplier_lanes,
            )
            for index, (a, b) in enumerate(zip(lanes_a, lanes_b, strict=True))
        ]
        lanes = [lane for lane, _ in products]
        lanes, kind = scaled_lanes(pipeline, lanes, products[0][1], scale)
        return lanes, kind, block_offset(scale, kind_of_scale), scale.nan
