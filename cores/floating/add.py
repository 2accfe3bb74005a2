"""Floating-point adder: one swap, one shift each way, one adder, one rounding."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_round import Special, round_significand
from hwgen.cores.floating.align import add_aligned, align
from hwgen.cores.floating.result import (
    any_of,
    random_bits,
    random_fields,
    result_fields,
    results,
)
from hwgen.cores.floating.unpack import unpack
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatAdd"]


class FloatAdd(PipelinedCore):
    """Sum or difference of two floats, one pair a clock cycle.

    IEEE 754-2019, clause 5.4.1. The operands are ordered by magnitude, so that the difference
    of their significands is never negative.

    Parameters
    ----------
    config : FloatAddConfig
        Format, operation, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``a`` and ``b``; ``subtract`` and ``random`` where the config asks for them.
    o : Out(stream)
        ``result``, and the exception flags if there are any.

    Attributes
    ----------
    keeps_state : bool
        Whether results depend on how many tokens came before: random bits from inside.
    """

    def __init__(self, config):
        fmt = config.fmt
        inputs = [Field(name, fmt.width, format=fmt.name, doc=f"operand {name}") for name in "ab"]
        if config.operation == "both":
            inputs.append(Field("subtract", 1, doc="1: a - b, 0: a + b"))
        self.keeps_state = config.keeps_state
        super().__init__(config, inputs + random_fields(config), result_fields(fmt, config.flags))

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        rounding = config.rounding_to(config.fmt)
        random = random_bits(pipeline, config, values, valid)
        a, b = values["a"], self._second(pipeline, values)
        large, small, signs = _ordered(pipeline, a, b, config.fmt)
        differ = pipeline.bit(lambda s, t: s ^ t, *signs, name="differ")
        larger = unpack(pipeline, large, config.fmt, config.subnormals, "larger")
        smaller = unpack(pipeline, small, config.fmt, config.subnormals, "smaller")
        special, invalid = self._special(pipeline, (a, values["b"]), larger, smaller, differ)
        # below the significands: two guard bits, or as many as decide a stochastic rounding
        width = rounding.kept_bits + 1
        most = max(0, larger.exponent_range[1] - 1)
        distance = _distance(pipeline, larger.exponent, smaller.exponent)
        shifted = align(pipeline, smaller.significand, distance, most, width)
        padding = width - len(larger.significand)
        minuend = pipeline.free(lambda bits: Cat(Const(0, padding), bits), larger.significand)
        total = add_aligned(pipeline, minuend, shifted, differ, unsigned(width + 1))
        # an infinity keeps its sign, whatever stands in its significand
        infinite = [] if special.infinite is None else [special.infinite]
        zero_sign = pipeline.bit(
            lambda sign, minus, *infinite: Mux(
                minus & ~Cat(*infinite).any(), config.rounding == "down", sign
            ),
            signs[0],
            differ,
            *infinite,
            name="zero_sign",
        )
        rounded = round_significand(
            pipeline,
            signs[0],
            total,
            larger.exponent,
            larger.bias + padding,
            larger.exponent_range,
            rounding,
            sticky=shifted.sticky,
            random=random,
            zero_sign=zero_sign,
            special=special,
        )
        if rounded.underflow is not None and config.subnormals == "full":
            # a sum that is tiny is a multiple of the smallest number: never inexact
            rounded = replace(rounded, underflow=pipeline.constant(Const(0, 1)))
        return results(rounded, invalid), None

    def _second(self, pipeline, values):
        """Return operand b, its sign changed for a subtraction."""
        operation, b = self.config.operation, values["b"]
        if operation == "add":
            return b
        minus = values["subtract"] if operation == "both" else pipeline.constant(Const(1, 1))
        sign = pipeline.bit(lambda code, flip: code[-1] ^ flip, b, minus, name="b_sign")
        return pipeline.free(lambda code, top: Cat(code[:-1], top), b, sign)

    def _special(self, pipeline, codes, larger, smaller, differ):
        """Return when the result is NaN or infinite, and when the operation is invalid."""
        never = pipeline.constant(Const(0, 1))
        nans = [larger.is_nan, smaller.is_nan]
        if self.config.fmt.specials == "fnuz":
            # as they came in: a zero whose sign was changed has the code of NaN
            nans = [
                pipeline.bit(
                    lambda code: code[-1] & ~code[:-1].any(),
                    each,
                    levels=2,
                    name="operand_is_nan",
                )
                for each in codes
            ]
        opposite = None
        if larger.is_infinite is not None:
            # a NaN has the larger magnitude
            nans = [larger.is_nan]
            opposite = pipeline.bit(
                lambda one, two, minus: one & two & minus,
                larger.is_infinite,
                smaller.is_infinite,
                differ,
                name="opposite_infinities",
            )
        nan = any_of(pipeline, [*nans, opposite], "is_nan")
        signaling = [larger.is_signaling, smaller.is_signaling]
        invalid = any_of(pipeline, [*signaling, opposite], "invalid") or never
        return Special(nan, larger.is_infinite), invalid


def _ordered(pipeline, a, b, fmt):
    """Return both codes, the larger magnitude first, and their signs in the same order."""
    width = fmt.width - 1
    magnitudes = [pipeline.slice(each, 0, width) for each in (a, b)]
    one = pipeline.constant(Const(1, 1))
    difference = add(
        pipeline,
        Term(magnitudes[0]),
        Term(magnitudes[1], None, one),
        unsigned(width + 1),
        1,
        name="order",
    )
    swap = pipeline.slice(difference, width, width + 1)
    ordered = [
        pipeline.logic(
            lambda first, second, swapped: Mux(swapped, second, first),
            *pair,
            swap,
            shape=unsigned(fmt.width),
            name=name,
        )
        for pair, name in (((a, b), "larger"), ((b, a), "smaller"))
    ]
    signs = [pipeline.slice(each, width, width + 1) for each in ordered]
    return *ordered, signs


def _distance(pipeline, high, low):
    one = pipeline.constant(Const(1, 1))
    return add(pipeline, Term(high), Term(low, None, one), unsigned(len(high)), 1, name="distance")
