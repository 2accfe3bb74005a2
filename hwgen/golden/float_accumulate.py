"""Golden model of ``float-accumulate``: exact sums of floats, rounded once."""

from dataclasses import dataclass

import numpy as np

from hwgen.formats import FloatFormat

from .float_compare import is_signaling
from .float_round import round_exact

__all__ = ["Terms", "accumulate", "exact_sum", "rounded_sums", "terms_of"]


@dataclass(frozen=True)
class Terms:
    """Numbers to be added, one entry each.

    Parameters
    ----------
    significand : object array
        Signed integers, in units of ``2**exponent``; 0 for a NaN or an infinity.
    exponent : int
    negative : bool array
        Signs, those of zeros and infinities as well.
    nan, infinite, invalid : bool array
        Which terms are NaN, infinite, or signal the exception invalid by themselves.
    """

    significand: np.ndarray
    exponent: int
    negative: np.ndarray
    nan: np.ndarray
    infinite: np.ndarray
    invalid: np.ndarray


def terms_of(codes, fmt, subnormals="full"):
    """Return the codes of ``fmt`` as :class:`Terms`; ``"flush"`` reads subnormals as zeros."""
    codes = np.asarray(codes).astype(np.uint64)
    significand, exponent = fmt.finite_parts(codes)
    significand = significand.astype(object)
    nan, infinite = fmt.is_nan(codes), fmt.is_infinite(codes)
    least_normal = 1 << fmt.significand_bits
    dropped = nan | infinite
    if subnormals == "flush":
        dropped = dropped | (np.abs(significand) < least_normal).astype(bool)
    significand = np.where(dropped, 0, significand)
    negative = fmt.is_negative(codes)
    return Terms(significand, exponent, negative, nan, infinite, is_signaling(codes, fmt))


def exact_sum(terms, which):
    """Return ``(total, negative, nan, positive, minus, invalid)`` of the terms ``which``.

    ``total`` is in units of the terms. ``negative`` tells the signs of the terms apart: (all are
    negative, any is).
    """
    infinite, sign = terms.infinite[which], terms.negative[which]
    positive, minus = bool((infinite & ~sign).any()), bool((infinite & sign).any())
    nan, invalid = bool(terms.nan[which].any()), bool(terms.invalid[which].any())
    invalid |= positive and minus and not nan
    nan |= positive and minus
    total = sum(terms.significand[which].tolist())
    return total, (bool(sign.all()), bool(sign.any())), nan, positive, minus, invalid


def rounded_sums(sums, exponent, out, rounding, overflow, subnormals, random):
    """Return the fields of the output for a list of what :func:`exact_sum` returns.

    ``out`` is a ``FloatFormat``, or an integer: the width of an exact two's complement result.
    An exact zero is +0, but -0 if all terms were negative, and rounding down -0 unless all
    were positive (IEEE 754-2019, clause 6.3, applied to the terms one after the other).
    """
    columns = [np.array([each[i] for each in sums], object) for i in range(6)]
    nan, positive, minus, invalid = (column.astype(bool) for column in columns[2:])
    positive, minus = positive & ~nan, minus & ~nan
    special = nan | positive | minus
    total = np.where(special, 0, columns[0]).astype(object)
    fields = {"invalid": invalid}
    if not isinstance(out, FloatFormat):
        codes = np.array([value % (1 << out) for value in total.tolist()], object)
        return fields | {
            "significand": codes,
            "nan": nan,
            "inf_positive": positive,
            "inf_negative": minus,
        }
    signs = np.array([each[1] for each in sums], bool).reshape(-1, 2)
    zero_sign = signs[:, 1] if rounding == "down" else signs[:, 0]
    negative = np.where(total == 0, zero_sign, total < 0).astype(bool)
    rounded = round_exact(
        negative, np.abs(total), exponent, out, rounding, overflow, subnormals, random
    )
    codes = rounded.codes
    limits = out.encode(np.array([np.inf, -np.inf, np.nan]), overflow=overflow)
    for condition, code in zip((positive, minus, nan), limits, strict=True):
        codes = np.where(condition, np.uint64(code), codes)
    flags = {name: getattr(rounded, name) & ~special for name in _FLAGS}
    return fields | {"result": codes} | flags


_FLAGS = ("overflow", "underflow", "inexact")


def accumulate(
    value,
    first,
    last,
    *,
    fmt,
    out,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Return what ``float-accumulate`` answers to a stream of numbers.

    Parameters
    ----------
    value : integer array
        Codes of ``fmt``.
    first, last : integer array
        1 where a sum starts and where it is answered. Without a ``first`` a sum goes on, after a
        ``last`` too; after reset it is empty.
    fmt : FloatFormat
    out : FloatFormat or int
        Format of the result, or the width of an exact one in units of the smallest number.
    rounding, overflow, subnormals : str
        As for ``round_exact``; ``subnormals`` applies to operands and result.
    random : unsigned array
        Random integers, one a number; that of the last one counts.

    Returns
    -------
    dict
        ``result`` or ``significand``, ``nan``, ``inf_positive``, ``inf_negative``; then
        ``invalid`` and, with a float result, ``overflow``, ``underflow``, ``inexact``.
    """
    terms = terms_of(value, fmt, subnormals)
    ends = np.flatnonzero(np.asarray(last))
    starts = np.flatnonzero(np.asarray(first))
    before = np.searchsorted(starts, ends, side="right") - 1
    begins = np.where(before < 0, 0, starts[before] if len(starts) else 0)
    sums = [exact_sum(terms, slice(b, e + 1)) for b, e in zip(begins, ends, strict=True)]
    random = None if random is None else np.asarray(random)[ends]
    return rounded_sums(sums, terms.exponent, out, rounding, overflow, subnormals, random)
