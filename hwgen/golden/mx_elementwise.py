"""Golden models of the cores ``mx-add`` and ``mx-mul``: two blocks, element by element."""

import numpy as np

from .mx_block import Exact, answer, as_blocks, block_scales, exact_elements

__all__ = ["add_blocks", "multiply_blocks"]


def add_blocks(a, b, scale_a, scale_b, *, format_a, format_b, block, random=None):
    """Return what ``mx-add`` answers to a sequence of beats.

    Parameters
    ----------
    a, b : unsigned array
        Element codes, shape (beats, lanes), or (beats,) for one lane.
    scale_a, scale_b : unsigned array
        Scale codes, shape (beats,), equal in all beats of a block.
    format_a, format_b, block : BlockFormat
        Formats of operands and result, of equal block size; ``block`` with its ``Quantization``.
    random : unsigned array
        For stochastic rounding, of the shape of ``a``.

    The sums are exact; the block of the result has the scale that section 6.3 of OCP MX v1.0 gives
    them (a float scale is that of ``hwgen.formats.Quantization``), and each is rounded once. Tensor
    scales take no part: operands and result are in units of one and the same. Infinities of both
    signs add up to NaN. A sum that is zero has the sign of IEEE 754-2019 section 6.3.

    Returns a dict: ``"elements"`` of the shape of ``a``; ``"scale"``, one a beat.
    """
    x, y = _operands(a, b, scale_a, scale_b, format_a, format_b)
    low = np.minimum(x.exponent, y.exponent)
    total = (x.significand << (x.exponent - low)) + (y.significand << (y.exponent - low))
    zero_sign = x.negative & y.negative
    if block.quantization.rounding == "down":
        zero_sign = x.negative | y.negative
    negative = np.where(total == 0, zero_sign, total < 0).astype(bool)
    opposite = x.infinite & y.infinite & (x.negative != y.negative)
    nan = x.nan | y.nan | opposite
    infinite = (x.infinite | y.infinite) & ~nan
    negative = np.where(infinite, np.where(x.infinite, x.negative, y.negative), negative)
    total = Exact(total, low, negative, nan, infinite, x.broken | y.broken)
    return answer(total, np.shape(a), block, random)


def multiply_blocks(a, b, scale_a, scale_b, *, format_a, format_b, block, random=None):
    """Return what ``mx-mul`` answers to a sequence of beats; the parameters are as above.

    The products are exact; the result is in units of the product of both tensor scales. Infinity
    times zero is NaN. Every product, zero too, is negative where the signs differ.
    """
    x, y = _operands(a, b, scale_a, scale_b, format_a, format_b)
    zero_x, zero_y = (
        (each.significand == 0).astype(bool) & ~each.infinite & ~each.nan for each in (x, y)
    )
    nan = x.nan | y.nan | (x.infinite & zero_y) | (zero_x & y.infinite)
    infinite = (x.infinite | y.infinite) & ~nan
    product = Exact(
        x.significand * y.significand,
        x.exponent + y.exponent,
        x.negative != y.negative,
        nan,
        infinite,
        x.broken | y.broken,
    )
    return answer(product, np.shape(a), block, random)


def _operands(a, b, scale_a, scale_b, format_a, format_b):
    operands = []
    for name, codes, scale, each in (("a", a, scale_a, format_a), ("b", b, scale_b, format_b)):
        codes = as_blocks(name, codes, each)
        operands.append(
            exact_elements(codes, block_scales(f"scale_{name}", scale, len(codes)), each)
        )
    return operands
