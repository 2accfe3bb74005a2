"""Functions of values in hardware: tables and straight lines, as the golden model has them."""

from itertools import pairwise
from math import erf

from amaranth.hdl import Const, Mux, signed, unsigned
from hwgen.cores.arith.table import lookup, lookup_delay
from hwgen.cores.function.arithmetic import chain, product, rounding_shift, saturated

__all__ = ["FUNCTIONS", "exponential", "logistic", "reciprocal"]

_ONE = 1 << 16
_LOG2_E = 94548
_GELU_LINEAR, _GELU_CUBIC = 104584, 4676


def _line(pipeline, place, rest, start_of, count, width, name, falls=True):
    """Return a table's entry, less or plus its distance to the next one times a fraction."""
    bits = len(place)
    starts = [start_of(each) for each in range(count + 1)]
    steps = [abs(high - low) for low, high in pairwise(starts)]
    step_width = max(1, max(steps).bit_length())

    def of_table(values, size, what):
        return pipeline.operate(
            lambda address: lookup([address[bit] for bit in range(bits)], values.__getitem__, size),
            place,
            delay=lookup_delay(pipeline.fabric, bits, size),
            shape=unsigned(size),
            name=f"{name}_{what}",
        )

    start = of_table(starts, width, "start")
    step = of_table(steps, step_width, "step")
    moved = product(pipeline, step, rest, f"{name}_moved")
    half = 1 << len(rest) - 1
    distance = _sum(pipeline, lambda x: x + half >> len(rest), moved, step_width + 1, name)
    if falls:
        return _sum(pipeline, lambda x, y: x - y, start, width, name, distance)
    return _sum(pipeline, lambda x, y: x + y, start, width, name, distance)


def _sum(pipeline, function, first, width, name, *others):
    """Return a sum of values that are not negative, and fits into so many bits."""
    name = f"{name}_sum"
    shape = unsigned(width)
    return chain(pipeline, function, first, *others, bits=width + 1, shape=shape, name=name)


def exponential(pipeline, magnitude, name="power"):
    """Return e**-x of x >= 0, of 16 fraction bits as the result, which has 17 bits."""
    width = len(magnitude)
    most = 16 * _ONE
    limited = magnitude
    if width > 20:
        limited = pipeline.logic(
            lambda x: Mux(x[20:].any(), Const(most, unsigned(21)), x[:20]),
            magnitude,
            levels=pipeline.fabric.gate_levels(width),
            shape=unsigned(21),
            name=f"{name}_limited",
        )
    factor = pipeline.constant(Const(_LOG2_E, unsigned(17)))
    wide = product(pipeline, limited, factor, f"{name}_product")
    powers = _sum(pipeline, lambda x: x + _ONE // 2 >> 16, wide, 21, f"{name}_log")
    whole = pipeline.slice(powers, 16, 21)
    place, rest = pipeline.slice(powers, 10, 16), pipeline.slice(powers, 0, 10)
    start = [round(2.0 ** (18 - each / 64)) for each in range(65)]
    found = _line(pipeline, place, rest, start.__getitem__, 64, 19, name)
    amount = _sum(pipeline, lambda x: x + 2, whole, 5, f"{name}_amount")
    shifted = rounding_shift(pipeline, pipeline.signed(found), amount, name=f"{name}_shifted")
    return pipeline.slice(shifted, 0, 17)


def reciprocal(pipeline, place, rest, name="reciprocal"):
    """Return 1 / (1 + x), 16 fraction bits, of x below 1: seven bits, and the bits behind them."""
    start = [round(_ONE / (1 + each / 128)) for each in range(129)]
    return _line(pipeline, place, rest, start.__getitem__, 128, 17, name)


def logistic(pipeline, value, name="logistic"):
    """Return 1 / (1 + e**-x), 17 bits."""
    width = len(value)
    magnitude = chain(
        pipeline,
        lambda x: Mux(x[-1], -x, x),
        value,
        bits=width,
        shape=unsigned(width),
        name=f"{name}_magnitude",
    )
    power = exponential(pipeline, magnitude, f"{name}_power")
    place, rest = pipeline.slice(power, 9, 16), pipeline.slice(power, 0, 9)
    found = reciprocal(pipeline, place, rest, f"{name}_reciprocal")
    negative = pipeline.slice(value, width - 1, width)
    # e**0 is 1, and the half of the table that 1 + 1 stands in has one entry
    return chain(
        pipeline,
        lambda r, p, n: Mux(p[16], _ONE // 2, Mux(n, _ONE - r, r)),
        found,
        power,
        negative,
        bits=17,
        levels=1,
        shape=unsigned(17),
        name=name,
    )


def _times(pipeline, value, factor, name):
    """Return a signed value times 17 bits with 16 fraction bits, rounded to a value."""
    wide = product(pipeline, value, factor, f"{name}_product")
    width = len(wide)
    shape = signed(width - 16)
    found = chain(
        pipeline,
        lambda x: x + _ONE // 2 >> 16,
        wide,
        bits=width,
        shape=shape,
        name=f"{name}_rounded",
    )
    return saturated(pipeline, found, name)


def _silu(pipeline, value):
    return _times(pipeline, value, logistic(pipeline, value), "silu")


def _gelu_tanh(pipeline, value):
    most = 16 * _ONE

    def limit(x):
        return Mux(x > most, most, Mux(x < -most, -most, x[:22].as_signed()))

    shape = signed(22)
    inner = chain(pipeline, limit, value, bits=32, levels=2, shape=shape, name="gelu_inner")
    square = _fixed(pipeline, product(pipeline, inner, inner, "gelu_square_product"), "gelu_square")
    cubic = pipeline.constant(Const(_GELU_CUBIC, signed(14)))
    slope = _fixed(pipeline, product(pipeline, square, cubic, "gelu_slope_product"), "gelu_slope")
    slope = chain(
        pipeline,
        lambda x: x + _GELU_LINEAR,
        slope,
        bits=24,
        shape=signed(24),
        name="gelu_steepness",
    )
    doubled = _fixed(
        pipeline, product(pipeline, inner, slope, "gelu_doubled_product"), "gelu_double"
    )
    return _times(pipeline, value, logistic(pipeline, doubled), "gelu")


def _fixed(pipeline, value, name):
    """Return a signed product of 32 fraction bits with 16, rounded."""
    shape = signed(len(value) - 16)
    return chain(
        pipeline, lambda x: x + _ONE // 2 >> 16, value, bits=len(value), shape=shape, name=name
    )


def _gelu(pipeline, value):
    most = 8 * _ONE - 1

    def magnitude_of(x):
        size = Mux(x[-1], -x, x)
        return Mux(size > most, most, size[:19])

    shape = unsigned(19)
    magnitude = chain(
        pipeline, magnitude_of, value, bits=32, chains=2, levels=1, shape=shape, name="gelu_size"
    )
    start = [round(_ONE * (1 + erf(each / 32 / 2**0.5)) / 2) for each in range(257)]
    place, rest = pipeline.slice(magnitude, 11, 19), pipeline.slice(magnitude, 0, 11)
    upper = _line(pipeline, place, rest, start.__getitem__, 256, 17, "gelu", falls=False)
    part = chain(
        pipeline,
        lambda x, negative: Mux(negative, _ONE - x, x),
        upper,
        pipeline.slice(value, 31, 32),
        bits=17,
        levels=1,
        shape=unsigned(17),
        name="gelu_part",
    )
    return _times(pipeline, value, part, "gelu")


def _squared_relu(pipeline, value):
    positive = pipeline.logic(
        lambda x: Mux(x[-1], 0, x[:31]), value, shape=unsigned(31), name="positive"
    )
    wide = product(pipeline, positive, positive, "square_product")
    found = _sum(pipeline, lambda x: x + _ONE // 2 >> 16, wide, 47, "square")
    return saturated(pipeline, pipeline.signed(found), "squared_relu")


FUNCTIONS = {
    "silu": _silu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "squared_relu": _squared_relu,
}
