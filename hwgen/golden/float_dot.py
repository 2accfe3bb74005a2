"""Golden model of ``float-dot``: exact sums of products of floats, rounded once."""

import numpy as np

from .float_accumulate import Terms, exact_sum, rounded_sums, terms_of

__all__ = ["dot", "products"]


def products(a, b, fmt_a, fmt_b, subnormals="full"):
    """Return the exact products of two arrays of codes as :class:`Terms`.

    A product is NaN if a factor is, or an infinity times zero, which signals invalid, as a
    signaling NaN does; it is infinite if a factor is. Its sign is that of the factors together.
    """
    x, y = terms_of(a, fmt_a, subnormals), terms_of(b, fmt_b, subnormals)
    zeros = [~each.infinite & ~each.nan & (each.significand == 0).astype(bool) for each in (x, y)]
    wrong = (x.infinite & zeros[1]) | (y.infinite & zeros[0])
    nan = x.nan | y.nan | wrong
    return Terms(
        significand=x.significand * y.significand,
        exponent=x.exponent + y.exponent,
        negative=_sign(a, fmt_a) ^ _sign(b, fmt_b),
        nan=nan,
        infinite=(x.infinite | y.infinite) & ~nan,
        invalid=x.invalid | y.invalid | wrong,
    )


def _sign(codes, fmt):
    codes = np.asarray(codes).astype(np.uint64)
    return (codes >> np.uint64(fmt.width - 1) & np.uint64(fmt.signed)).astype(bool)


def dot(
    a,
    b,
    *,
    fmt_a,
    fmt_b,
    out,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Return the dot products of the rows of ``a`` and ``b``.

    Parameters
    ----------
    a, b : integer array
        Codes of shape (n, k).
    fmt_a, fmt_b : FloatFormat
    out : FloatFormat or int
        Format of the result, or the width of an exact one in units of the smallest product.
    rounding, overflow, subnormals : str
        As for ``round_exact``; ``subnormals`` applies to operands and result.
    random : unsigned array
        Random integers of shape (n,), for ``"stochastic"``.

    Returns
    -------
    dict
        The fields of ``accumulate`` in ``float_accumulate.py``, and its rules for NaN,
        infinities and the sign of zero, applied to the products.
    """
    terms = products(a, b, fmt_a, fmt_b, subnormals)
    sums = [exact_sum(terms, row) for row in range(len(terms.significand))]
    return rounded_sums(sums, terms.exponent, out, rounding, overflow, subnormals, random)
