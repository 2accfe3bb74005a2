"""Exact accumulation of floats (Kulisch): nothing is rounded before the end."""

from dataclasses import replace

from amaranth.hdl import Const, unsigned
from hwgen.cores.arith.lfsr import lfsr
from hwgen.cores.floating.accumulate_result import SumState, result_fields, sum_result
from hwgen.cores.floating.accumulate_segments import (
    accumulate_segments,
    concatenated,
    place_in_limbs,
    segment_width,
    step_bits,
)
from hwgen.cores.interface import Field
from hwgen.cores.mx.element import decode_element
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatAccumulate"]


class FloatAccumulate(PipelinedCore):
    """Sum of a stream of floats: exact in fixed point, rounded once at its end.

    The accumulator spans the whole range of the format (U. Kulisch, W. Miranker, The arithmetic
    of the digital computer: a new approach, SIAM Review 28(1), 1986), with room for
    ``max_terms`` numbers. Its carry chain is cut into segments that the clock allows.

    Parameters
    ----------
    config : FloatAccumulateConfig
        Formats, headroom, rounding and fabric.

    Members
    -------
    i : In(stream)
        A number, and the marks ``first`` and ``last`` of a sum.
    o : Out(stream)
        One result a number marked ``last``.
    """

    def __init__(self, config):
        fmt = config.fmt
        inputs = [
            Field("value", fmt.width, format=fmt.name, doc="number to add"),
            Field("first", 1, doc="1 with the first number of a sum"),
            Field("last", 1, doc="1 with the number after which the sum is answered"),
        ]
        if config.random_lanes and config.random_source == "input":
            doc = "random bits; read with the last number"
            inputs.append(Field("random", config.random_bits, doc=doc))
        self.keeps_state = True
        outputs = result_fields(config, config.significand_width, fmt.lsb_exponent)
        super().__init__(config, inputs, outputs)

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        fmt, first = config.fmt, values["first"]
        if config.subnormals == "flush":
            fmt = replace(fmt, subnormals=False)
        zero = pipeline.constant(Const(0, 1))
        number = decode_element(pipeline, fmt, values["value"], "ieee", "value")
        sign = number.sign or zero
        # an exponent field of 1 is weight 0: the accumulator has one bit below the lowest
        width = config.significand_width + 1
        bits = step_bits(pipeline, fmt.significand_bits)
        step = 1 << bits
        limbs = place_in_limbs(
            pipeline, number.significand, number.exponent, bits, -(-width // step)
        )
        size = segment_width(pipeline, step)
        size = size if size is None else max(size, step)
        segments = accumulate_segments(
            pipeline, concatenated(pipeline, limbs, width, size), sign, first, valid.update
        )
        state = self._state(pipeline, fmt, number, sign, values["value"])
        state = state.over(pipeline, first, valid.update)
        if config.out == "exact":
            segments[0] = pipeline.slice(segments[0], 1, len(segments[0]))
        fields = sum_result(
            pipeline,
            segments,
            fmt.lsb_exponent - 1,
            state,
            config,
            self._random(pipeline, valid, values),
        )
        return fields, values["last"]

    def _state(self, pipeline, fmt, number, sign, code):
        never = pipeline.constant(Const(0, 1))
        nan, infinite, positive, negative, signaling = [number.nan or never, number.infinite] + [
            never
        ] * 3

        def bit(function, *inputs, name):
            return pipeline.logic(function, *inputs, shape=unsigned(1), name=name)

        if infinite is not None:
            positive = bit(lambda x, s: x & ~s, infinite, sign, name="value_is_inf")
            negative = bit(lambda x, s: x & s, infinite, sign, name="value_is_minus_inf")
            quiet = pipeline.slice(code, fmt.significand_bits - 1, fmt.significand_bits)
            signaling = bit(lambda x, q: x & ~q, nan, quiet, name="value_is_signaling")
        return SumState(nan, positive, negative, signaling, sign, sign)

    def _random(self, pipeline, valid, values):
        config = self.config
        if not config.random_lanes:
            return None
        if config.random_source == "input":
            return values["random"]
        return lfsr(pipeline, config.random_bits, valid.update(0), config.random_seed)
