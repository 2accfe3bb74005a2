"""Fused dot product of floats: exact products and sums, one rounding at the end."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, Signal
from hwgen.cores.arith.lfsr import lfsr
from hwgen.cores.floating.accumulate_result import SumState, result_fields, sum_result
from hwgen.cores.floating.accumulate_segments import (
    accumulate_segments,
    concatenated,
    segment_width,
)
from hwgen.cores.floating.dot_sum import sum_by_limbs, sum_in_one_lane
from hwgen.cores.floating.result import any_of
from hwgen.cores.floating.unpack import unpack
from hwgen.cores.interface import Field
from hwgen.cores.mx.element import Element
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatDot"]

# up to this width a sum is one fixed-point lane; wider ones are cut into limbs
_WIDEST_LANE = 128
_LIMB = 16


class FloatDot(PipelinedCore):
    """Sum of ``k`` products of floats, exact inside and rounded once.

    The sum spans the whole range of the products (U. Kulisch, W. Miranker, The arithmetic of the
    digital computer: a new approach, SIAM Review 28(1), 1986), so that the result is the rounded
    exact one whatever cancels.

    Parameters
    ----------
    config : FloatDotConfig
        Formats, shape, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` elements of both operands; ``k / lanes`` beats a dot product.
    o : Out(stream)
        One result a dot product.

    Attributes
    ----------
    macs_per_cycle : int
        Multiplications per clock cycle.
    """

    def __init__(self, config):
        self.initiation_interval = config.beats
        self.macs_per_cycle = config.lanes
        inputs = [
            Field(name, fmt.width, config.lanes, fmt.name, doc=f"elements of operand {name}")
            for name, fmt in (("a", config.fmt_a), ("b", config.fmt_b))
        ]
        if config.random_lanes and config.random_source == "input":
            doc = "random bits; read with the last beat"
            inputs.append(Field("random", config.random_bits, doc=doc))
        self.keeps_state = bool(config.random_lanes) and config.random_source == "lfsr"
        outputs = result_fields(config, config.significand_width, config.lsb_exponent)
        super().__init__(config, inputs, outputs)

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        lanes = self._lanes(pipeline, values)
        first, last = self._beats(pipeline, valid)
        signs = [sign for _, _, sign in lanes]
        segments, unit = self._sum(pipeline, values, lanes, signs, first, valid)
        state = _state(pipeline, lanes, signs)
        if config.beats > 1:
            state = state.over(pipeline, first, valid.update)
        random = None
        if config.random_lanes:
            random = values.get("random")
            if random is None:
                random = lfsr(pipeline, config.random_bits, valid.update(0), config.random_seed)
        fields = sum_result(pipeline, segments, unit, state, config, random)
        return fields, None if config.beats == 1 else last

    def _lanes(self, pipeline, values):
        """Return (operand a, operand b, sign of the product) of every lane."""
        config = self.config
        operands = []
        for name, fmt in (("a", config.fmt_a), ("b", config.fmt_b)):
            codes = [values[name]] if config.lanes == 1 else values[name]
            operands.append(
                [
                    unpack(pipeline, code, fmt, config.subnormals, f"{name}{index}")
                    for index, code in enumerate(codes)
                ]
            )
        return [
            (a, b, pipeline.bit(lambda s, t: s ^ t, a.sign, b.sign, name=f"lane{index}_sign"))
            for index, (a, b) in enumerate(zip(*operands, strict=True))
        ]

    def _sum(self, pipeline, values, lanes, signs, first, valid):
        """Return (sum in two's complement segments, weight of its lowest bit)."""
        config = self.config
        hard = [config.multipliers(index) for index in range(config.lanes)]
        width = config.significand_width
        if width <= _WIDEST_LANE:
            formats = [self._as_read(fmt) for fmt in (config.fmt_a, config.fmt_b)]
            elements = self._elements(pipeline, lanes, values)
            total = sum_in_one_lane(pipeline, formats, elements, hard, signs)
            whole = pipeline.free(lambda bits: _wide(bits, width), total)
            spare, step = 0, _LIMB
            limbs = [
                pipeline.slice(whole, low, min(low + step, width)) for low in range(0, width, step)
            ]
        else:
            spare = 2
            limbs = sum_by_limbs(
                pipeline,
                [(a, b) for a, b, _ in lanes],
                hard,
                signs,
                width + spare,
            )
            step = len(limbs[0])
        if config.beats > 1:
            size = segment_width(pipeline, step)
            size = size if size is None else max(size, step)
            addends = concatenated(pipeline, limbs, width + spare, size)
            limbs = accumulate_segments(pipeline, addends, None, first, valid.update)
        if config.out == "exact" and spare:
            limbs[0] = pipeline.slice(limbs[0], spare, len(limbs[0]))
        return limbs, config.lsb_exponent - spare

    def _elements(self, pipeline, lanes, values):
        """Return the operands of every lane as those of the product of block formats."""
        codes = [[values[name]] if self.config.lanes == 1 else values[name] for name in "ab"]
        pairs = []
        for index, (*operands, _) in enumerate(lanes):
            pair = []
            for operand, given, fmt in zip(
                operands, codes, (self.config.fmt_a, self.config.fmt_b), strict=True
            ):
                bits = fmt.exponent_bits + fmt.significand_bits
                magnitude = pipeline.slice(given[index], 0, bits)
                pair.append(Element(operand.significand, operand.exponent, operand.sign, magnitude))
            pairs.append(tuple(pair))
        return pairs

    def _as_read(self, fmt):
        return replace(fmt, subnormals=False) if self.config.subnormals == "flush" else fmt

    def _beats(self, pipeline, valid):
        """Return the bits that mark the first and the last beat."""
        beats, m = self.config.beats, pipeline.m
        if beats == 1:
            one = pipeline.constant(Const(1, 1))
            return one, one
        beat = Signal(range(beats))
        with m.If(valid.update(0)):
            m.d.sync += beat.eq(Mux(beat == beats - 1, 0, beat + 1))
        return pipeline.input(beat == 0, "first_beat"), pipeline.input(
            beat == beats - 1, "last_beat"
        )


def _wide(bits, width):
    """Return ``bits`` sign- or zero-extended to ``width``, as unsigned."""
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    return Cat(bits, top.replicate(max(0, width - len(bits))))[:width]


def _state(pipeline, lanes, signs):
    """Return what a beat adds to what is known of the terms."""
    never = pipeline.constant(Const(0, 1))
    nans, positive, negative, invalid = [], [], [], []
    for index, (a, b, sign) in enumerate(lanes):
        nans += [a.is_nan, b.is_nan]
        invalid += [a.is_signaling, b.is_signaling]
        for x, y in ((a, b), (b, a)):
            if x.is_infinite is not None:
                name = f"lane{index}_infinity_times_zero"
                wrong = pipeline.bit(lambda i, z: i & z, x.is_infinite, y.is_zero, name=name)
                nans.append(wrong)
                invalid.append(wrong)
        infinite = any_of(pipeline, [a.is_infinite, b.is_infinite], f"lane{index}_infinite")
        if infinite is not None:
            plus, minus = f"lane{index}_inf", f"lane{index}_minus_inf"
            positive.append(pipeline.bit(lambda i, s: i & ~s, infinite, sign, name=plus))
            negative.append(pipeline.bit(lambda i, s: i & s, infinite, sign, name=minus))
    plus_signs = [pipeline.bit(lambda s: ~s, sign, name="plus") for sign in signs]
    any_plus = any_of(pipeline, plus_signs, "any_plus")
    groups = ((nans, "nan_any"), (positive, "inf_any"), (negative, "minus_inf_any"))
    return SumState(
        *(any_of(pipeline, each, name) or never for each, name in groups),
        invalid=any_of(pipeline, invalid, "invalid_any") or never,
        all_minus=pipeline.bit(lambda bit: ~bit, any_plus, name="all_minus"),
        any_minus=any_of(pipeline, signs, "any_minus"),
    )
