"""One rounding with its exception flags: exact values in, codes and flags of IEEE 754 out."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.rounding import divide_by_power_of_two, leading_exponent

__all__ = ["Rounded", "round_exact", "signed_zero"]


@dataclass(frozen=True)
class Rounded:
    """Results of roundings, one entry a value.

    Parameters
    ----------
    codes : uint64 array
        Codes of the results.
    overflow, underflow, inexact : bool array
        Flags of IEEE 754-2019, clauses 7.4 to 7.6.
    """

    codes: np.ndarray
    overflow: np.ndarray
    underflow: np.ndarray
    inexact: np.ndarray


def signed_zero(format, negative):
    """Return the codes of zeros with the given signs; +0 where the format has no -0."""
    minus = 0 if format.specials == "fnuz" or not format.signed else 1 << (format.width - 1)
    return np.where(negative, minus, 0).astype(np.uint64)


def round_exact(
    negative,
    significand,
    exponent,
    format,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Round ``(-1)**negative * significand * 2**exponent`` once.

    Parameters
    ----------
    negative : bool array
        Signs; the sign of a zero is that of its entry.
    significand : array of non-negative integers
        Of any size: an object array holds Python integers.
    exponent : integer array
        Powers of two.
    format : FloatFormat
        Format of the results; it has a sign and subnormal numbers.
    rounding, overflow : str
        As for ``FloatFormat.encode``.
    subnormals : str
        ``"full"``: gradual underflow. ``"flush"``: a result that is tiny becomes a zero of its
        sign, underflow and inexact.
    random : uint8, uint16 or uint32 array
        For stochastic rounding: as many random bits as the dtype has.

    Returns
    -------
    Rounded
        ``overflow``: the result rounded as if the exponent had no limits is beyond the largest
        finite number. ``underflow``: the result is tiny and inexact; tiny is what is not zero and,
        rounded as if the exponent had no limits, below the smallest normal number (tininess after
        rounding, IEEE 754-2019, clause 7.5). ``inexact``: the result is not the exact value.
    """
    if subnormals not in ("full", "flush"):
        raise UsageError(f"subnormals must be 'full' or 'flush', not {subnormals!r}")
    negative, significand, exponent = np.broadcast_arrays(negative, significand, exponent)
    negative = negative.astype(bool)
    exponent = exponent.astype(np.int64)
    magnitude = _narrowest(significand)
    wide = magnitude if magnitude.dtype == object else magnitude.astype(np.int64)
    signed = np.where(negative, -wide, wide)
    codes = format.round_scaled(signed, exponent, rounding, overflow, random).astype(np.uint64)
    zero = (magnitude == 0).astype(bool)
    codes = np.where(zero, signed_zero(format, negative), codes)

    top = leading_exponent(magnitude, exponent)
    quantum = top - format.significand_bits
    kept = divide_by_power_of_two(magnitude, quantum - exponent, negative, rounding, random)
    exact = _is_multiple(magnitude, quantum - exponent)
    # a carry out of the significand makes the next power of two
    carried = kept >> (format.significand_bits + 1) > 0
    tiny = ~zero & (top + carried < format.min_normal_exponent)
    binade = np.clip(top - format.min_normal_exponent, -1, 1 << 20)
    field_code = (binade << format.significand_bits) + kept
    too_large = ~zero & ~tiny & (field_code > format.max_code)
    if subnormals == "flush":
        codes = np.where(tiny, signed_zero(format, negative), codes)
        # what rounds up to the smallest normal number is no longer subnormal
        sign = negative.astype(np.uint64) << np.uint64(format.width - 1)
        least = sign | np.uint64(1 << format.significand_bits)
        rounds_up = ~zero & ~tiny & (top < format.min_normal_exponent)
        codes = np.where(rounds_up, least, codes)
        return Rounded(codes, too_large, tiny, tiny | too_large | ~exact)
    fits = _is_multiple(magnitude, format.lsb_exponent - exponent)
    inexact = ~(exact & fits) | too_large
    return Rounded(codes, too_large, tiny & inexact, inexact)


def _narrowest(magnitude):
    """Return the magnitudes as uint64 where all are below 2**63, else as Python integers."""
    if magnitude.dtype == object and magnitude.size and max(magnitude.flat) >> 63:
        return magnitude
    if magnitude.dtype != object and magnitude.size and int(magnitude.max()) >> 63:
        return magnitude.astype(object)
    return magnitude.astype(np.uint64)


def _is_multiple(magnitude, shift):
    """Return whether each magnitude is a multiple of ``2**shift``."""
    if magnitude.dtype != object:
        below = (np.uint64(1) << np.clip(shift, 0, 64).astype(np.uint64)) - np.uint64(1)
        return (magnitude & below) == 0

    def multiple(magnitude, shift):
        return not magnitude & ((1 << min(max(shift, 0), magnitude.bit_length())) - 1)

    return np.frompyfunc(multiple, 2, 1)(magnitude, shift).astype(bool)
