"""Dot product of MX blocks: exact products and sums, one rounding at the end."""

from amaranth.hdl import Const, Mux, Signal
from hwgen.cores.arith.float_round import Rounding, round_to_float
from hwgen.cores.arith.tree import add_tree, negate_if
from hwgen.cores.interface import Field
from hwgen.cores.mx.accumulator import accumulate_beats, accumulate_blocks, hold_flag
from hwgen.cores.mx.element import decode_element
from hwgen.cores.mx.product import hard_products, multiply_elements
from hwgen.cores.mx.scale import combine_scales, scaled_sum
from hwgen.cores.mx.special import (
    any_of,
    exact_result,
    product_flags,
    resolve_flags,
    with_flags,
)
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["MxDot"]


def _input_fields(config):
    fields = [
        Field(name, block.element.width, config.lanes, block.element.name, doc=doc)
        for name, block, doc in (
            ("a", config.fmt_a, "elements of operand a"),
            ("b", config.fmt_b, "elements of operand b"),
        )
    ]
    fields += [
        Field(
            f"scale_{name}",
            scale.width,
            format=scale.name,
            doc=f"scale of operand {name}; read with the last beat",
        )
        for name, scale in (("a", config.fmt_a.scale), ("b", config.fmt_b.scale))
    ]
    if config.max_blocks > 1:
        fields += [
            Field("first", 1, doc="1 with the first block of a dot product"),
            Field("last", 1, doc="1 with the last block of a dot product"),
        ]
    return fields


def _output_fields(config):
    if config.out != "exact":
        result = Field("result", config.out.width, format=config.out.name, doc="the dot product")
        return [result]
    fields = [
        Field(
            "significand",
            config.significand_width,
            format="integer",
            signed=True,
            doc="exact dot product in units of 2**exponent; 0 when a flag is set",
        ),
        Field(
            "exponent",
            config.scale_width,
            format="integer",
            doc="weight of the significand's lowest bit, as the exponent of 2",
            bias=config.exponent_bias,
        ),
    ]
    if config.specials == "ieee":
        fields.append(Field("nan", 1, doc="1: the result is not a number"))
    if config.has_infinities:
        fields.append(Field("inf_positive", 1, doc="1: the result is +infinity"))
        fields.append(Field("inf_negative", 1, doc="1: the result is -infinity"))
    return fields


class MxDot(PipelinedCore):
    """Dot product of two MX blocks, or of two rows of blocks.

    The definition is Dot and DotGeneral of the OCP Microscaling Formats (MX) specification
    v1.0, sections 6.1 and 6.2. Products and the sum of a block are exact integers; block sums
    meet in an accumulator that is aligned to the largest scale so far; the result is rounded
    once.

    Parameters
    ----------
    config : MxDotConfig
        Formats, shape, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` elements of both blocks and their scales, ``k / lanes`` beats a block.
    o : Out(stream)
        One result a dot product.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of the last beat to the result.
    initiation_interval : int
        Clock cycles from one block to the next.
    macs_per_cycle : int
        Multiplications per clock cycle.
    """

    def __init__(self, config):
        self.initiation_interval = config.k // config.lanes
        self.macs_per_cycle = config.lanes
        super().__init__(config, _input_fields(config), _output_fields(config))

    def datapath(self, pipeline, valid):
        config, payload = self.config, self.i.payload
        first_beat, last_beat = self._beats(pipeline, valid)
        codes = [pipeline.input(payload[name], name) for name in ("scale_a", "scale_b")]
        scales = combine_scales(pipeline, codes, config)
        lanes = self._lanes(pipeline)
        total = add_tree(pipeline, [product for product, _, _ in lanes], "lanes")
        # the sum of elements without signs has none
        block_sum = pipeline.signed(negate_if(pipeline, total, "block_sum").bits)
        if config.lanes < config.k:
            block_sum = accumulate_beats(
                pipeline, block_sum, first_beat, valid.update, config.block_sum_shape
            )
        block_sum = scaled_sum(pipeline, block_sum, scales, config)
        first, last = self._blocks(pipeline)
        emit = last_beat
        significand, exponent = block_sum, scales.exponent
        if config.max_blocks > 1:
            emit = pipeline.free(lambda x, y: x & y, last_beat, last)

            def update(stage):
                return valid.update(stage) & pipeline.at(last_beat, stage)

            significand, exponent = accumulate_blocks(
                pipeline, block_sum, scales.exponent, first, update, config
            )
        flags = self._flags(pipeline, valid, lanes, scales, first_beat, last_beat, first)
        return self._result(pipeline, significand, exponent, flags), emit

    def _lanes(self, pipeline):
        """Return (product, NaN flag or None, infinity flags or None) of every lane."""
        config = self.config
        formats = (config.fmt_a.element, config.fmt_b.element)
        elements = [self._elements(pipeline, index) for index in range(config.lanes)]
        products = hard_products(pipeline, formats, elements[: config.multiplier_lanes])
        lanes = []
        for index, (a, b) in enumerate(elements):
            name = f"lane{index}"
            product = multiply_elements(
                pipeline,
                formats,
                (a, b),
                config.specials,
                False,
                name,
                products[index] if index < len(products) else None,
            )
            lanes.append((product, *product_flags(pipeline, a, b, product.sign, name)))
        return lanes

    def _elements(self, pipeline, index):
        """Return the decoded operands of one lane."""
        config = self.config
        return [
            decode_element(
                pipeline,
                block.element,
                pipeline.input(self._code(operand, index), f"{operand}{index}"),
                config.specials,
                f"{operand}{index}",
            )
            for block, operand in ((config.fmt_a, "a"), (config.fmt_b, "b"))
        ]

    def _code(self, operand, index):
        field = self.i.payload[operand]
        return field if self.config.lanes == 1 else field[index]

    def _beats(self, pipeline, valid):
        """Return the bits that mark the first and the last beat of a block."""
        beats = self.config.k // self.config.lanes
        if beats == 1:
            one = pipeline.constant(Const(1, 1))
            return one, pipeline.input(Const(1, 1), "last_beat")
        m = pipeline.m
        beat = Signal(range(beats))
        with m.If(valid.update(0)):
            m.d.sync += beat.eq(Mux(beat == beats - 1, 0, beat + 1))
        first, last = Signal(name="first_beat"), Signal(name="last_beat")
        m.d.comb += [first.eq(beat == 0), last.eq(beat == beats - 1)]
        return pipeline.input(first, "first_beat"), pipeline.input(last, "last_beat")

    def _blocks(self, pipeline):
        if self.config.max_blocks == 1:
            one = pipeline.constant(Const(1, 1))
            return one, one
        payload = self.i.payload
        return pipeline.input(payload.first, "first"), pipeline.input(payload.last, "last")

    def _flags(self, pipeline, valid, lanes, scales, first_beat, last_beat, first):
        """Return the flags of the result: NaN, then + and - infinity where there are any."""
        config = self.config
        if config.specials == "ignore":
            return []
        collected = [[nan for _, nan, _ in lanes if nan is not None]]
        if config.has_infinities:
            for sign in (0, 1):
                collected.append([infinities[sign] for _, _, infinities in lanes])
        flags = [
            any_of(pipeline, each, name) if each else None
            for each, name in zip(collected, ("nan", "inf_positive", "inf_negative"), strict=False)
        ]
        if config.lanes < config.k:
            flags = [
                each and hold_flag(pipeline, each, first_beat, valid.update, "block_flag")
                for each in flags
            ]
        nans = [each for each in (flags[0], scales.nan) if each is not None]
        flags[0] = any_of(pipeline, nans, "nan")
        if config.max_blocks > 1:

            def update(stage):
                return valid.update(stage) & pipeline.at(last_beat, stage)

            flags = [hold_flag(pipeline, each, first, update, "dot_flag") for each in flags]
        return flags

    def _result(self, pipeline, significand, exponent, flags):
        config = self.config
        nan, infinities = resolve_flags(pipeline, flags)
        if config.out == "exact":
            return exact_result(pipeline, config, significand, exponent, nan, infinities)
        rounding = Rounding(config.out, config.rounding, config.overflow)
        code = round_to_float(
            pipeline, significand, exponent, config.exponent_bias, config.scale_range, rounding
        )
        return {"result": with_flags(pipeline, code, nan, infinities, rounding)}
