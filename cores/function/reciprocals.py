"""Reciprocals and reciprocal roots of positive integers: a significand and a shift."""

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.table import lookup, lookup_delay
from hwgen.cores.function.arithmetic import chain, product
from hwgen.cores.function.functions import reciprocal

__all__ = ["normalised", "reciprocal_of", "reciprocal_root_of"]

_ONE = 1 << 16


def reciprocal_of(pipeline, value, name="reciprocal"):
    """Return (significand, shift) of 1 / x: ``significand * 2**-shift``.

    Parameters
    ----------
    pipeline : Pipeline
    value : Timed
        Unsigned, 31 bits, not 0.

    Returns
    -------
    (Timed, Timed)
        17 and 6 bits.
    """
    normal, zeros = normalised(pipeline, value, (16, 8, 4, 2, 1), name)
    place, rest = pipeline.slice(normal, 23, 30), pipeline.slice(normal, 11, 23)
    significand = reciprocal(pipeline, place, rest, name)
    # the length and 15 more
    return significand, _less(pipeline, 46, zeros, f"{name}_shift")


def reciprocal_root_of(pipeline, value, name="root"):
    """Return (significand, shift) of 1 / sqrt(x), as of `reciprocal_of`: one step of Newton's.

    The value may have any width from 31 bits on; the shift is as wide as it has to be.
    """
    width = len(value) + len(value) % 2
    # as many bits as even numbers of places are moved by
    value = pipeline.free(lambda x: Cat(x, Const(0, width - len(x))), value)
    steps = [1 << place for place in reversed(range(1, (width - 2).bit_length()))]
    normal, pairs = normalised(pipeline, value, steps, name)
    normal = pipeline.slice(normal, width - 32, width)
    place = pipeline.slice(normal, 25, 32)
    start = pipeline.operate(
        lambda address: lookup([address[bit] for bit in range(7)], _start_of_root, 17),
        place,
        delay=lookup_delay(pipeline.fabric, 7, 17),
        shape=unsigned(17),
        name=f"{name}_start",
    )
    square = _rounded(pipeline, product(pipeline, start, start, f"{name}_square_product"), 16, name)
    square = pipeline.slice(square, 0, 18)
    leading = pipeline.slice(normal, 14, 32)
    ratio = _rounded(pipeline, product(pipeline, square, leading, f"{name}_ratio"), 18, name)
    residue = _less(pipeline, 3 * _ONE, ratio, f"{name}_residue")
    wide = product(pipeline, start, residue, f"{name}_product")
    significand = pipeline.slice(_rounded(pipeline, wide, 17, name), 0, 17)
    # half the length, rounded up, and 16 more
    return significand, _less(pipeline, width // 2 + 16, pairs, f"{name}_shift")


def _start_of_root(place):
    """Return 1 / sqrt(x), 16 fraction bits, in the middle of a part that begins at 1/4 or above."""
    return round(_ONE / ((max(place, 32) + 0.5) / 128) ** 0.5)


def normalised(pipeline, value, steps, name):
    """Return (value, count): moved left by steps while it fits, and which steps, last one lowest.

    With steps that end with 2 the count is half the number of places.
    """
    width, taken = len(value), []
    for step in steps:
        fits = pipeline.bit(
            lambda x, step=step: ~x[-step:].any(),
            value,
            levels=pipeline.fabric.gate_levels(step),
            name=f"{name}_has_{step}_zeros",
        )
        value = pipeline.logic(
            lambda x, fits, step=step: Mux(fits, x << step, x)[: len(x)],
            value,
            fits,
            shape=unsigned(width),
            name=f"{name}_moved_by_{step}",
        )
        taken.insert(0, fits)
    return value, pipeline.concatenate(taken)


def _less(pipeline, whole, value, name):
    """Return a constant less a value that is no greater."""
    width = whole.bit_length()
    shape = unsigned(width)
    return chain(pipeline, lambda x: whole - x, value, bits=width, shape=shape, name=name)


def _rounded(pipeline, value, shift, name):
    """Return an unsigned value over ``2**shift``, rounded to nearest, ties up."""
    width = len(value) + 1 - shift
    half = 1 << shift - 1
    return chain(
        pipeline,
        lambda x: x + half >> shift,
        value,
        bits=len(value),
        shape=unsigned(width),
        name=f"{name}_rounded",
    )
