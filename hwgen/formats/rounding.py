"""Rounding of exact binary values: one rule for every format, on whole arrays.

A value is held as sign, magnitude (an integer of any size) and exponent. Rounding divides the
magnitude by a power of two and decides, from the discarded fraction alone, whether the result is
the integer below or the one above. Nothing here knows about number formats.
"""

import numpy as np

from hwgen.errors import UsageError, nearest

__all__ = [
    "OVERFLOWS",
    "ROUNDINGS",
    "bit_length",
    "check_modes",
    "divide_by_power_of_two",
    "leading_exponent",
]

ROUNDINGS = {
    "nearest-even": "to the nearest value, a tie to the even significand",
    "nearest-away": "to the nearest value, a tie away from zero",
    "toward-zero": "to the next value toward zero (truncation of the magnitude)",
    "up": "to the next value toward plus infinity",
    "down": "to the next value toward minus infinity",
    "stochastic": "away from zero with the probability of the discarded fraction",
}
OVERFLOWS = {
    "saturate": "to the largest finite value of the same sign; infinities too",
    "infinity": "to infinity, else to NaN, else (no such code) to the largest finite value",
}

# Results of this size stand for "too large for any format": all have at most 53 significant bits.
_HUGE_BITS = 62
_HUGE = 1 << _HUGE_BITS
_NOWHERE = 1 << 50


def check_modes(rounding, overflow, random):
    """Raise ``UsageError`` unless the rounding and overflow names and ``random`` fit together."""
    if rounding not in ROUNDINGS:
        raise UsageError(
            f"rounding must be one of {', '.join(ROUNDINGS)}, not {rounding!r}"
            + nearest(rounding, ROUNDINGS)
        )
    if overflow not in OVERFLOWS:
        raise UsageError(
            f"overflow must be one of {', '.join(OVERFLOWS)}, not {overflow!r}"
            + nearest(overflow, OVERFLOWS)
        )
    if (rounding == "stochastic") != (random is not None):
        raise UsageError("random must be given with rounding 'stochastic', and only then")
    if random is not None and np.asarray(random).dtype.kind != "u":
        raise UsageError(
            "random must be an array of uint8, uint16, uint32 or uint64 (all bits random), "
            f"not {np.asarray(random).dtype}"
        )


def bit_length(magnitude):
    """Return the number of bits of each non-negative integer: 0 for 0, 3 for 4 to 7, ...

    ``magnitude`` is a uint64 array, or an object array of Python integers of any size.
    """
    if magnitude.dtype == object:
        return np.frompyfunc(int.bit_length, 1, 1)(magnitude).astype(np.int64)
    # With the bit below the leading one cleared, conversion to float64 cannot carry upwards.
    leading = (magnitude & ~(magnitude >> np.uint64(1))).astype(np.float64)
    return np.maximum((leading.view(np.int64) >> 52) - 1022, 0)


def leading_exponent(magnitude, exponent):
    """Return floor(log2(magnitude * 2**exponent)) as int64; far below any format's for zero."""
    return np.where(magnitude == 0, -_NOWHERE, bit_length(magnitude) + exponent - 1)


def divide_by_power_of_two(magnitude, shift, negative, rounding, random=None):
    """Return ``magnitude / 2**shift`` as an int64 array, rounded once.

    Parameters
    ----------
    magnitude : array
        Non-negative integers: uint64 below 2**63 inclusive, or object (Python integers).
    shift : int64 array
        Power of two to divide by; negative multiplies. Results of 2**62 and more come back as
        2**62.
    negative : bool array
        Sign of the value, for the directed modes.
    rounding : str
        A key of ``ROUNDINGS``.
    random : unsigned array
        For ``"stochastic"``: N random bits each, N being the bits of the dtype. With F the first N
        bits of the discarded fraction, the magnitude is rounded up where F + random >= 2**N: what
        hardware does that adds N random bits below the kept ones and keeps the carry.
    """
    if magnitude.dtype == object:
        return _divide_objects(magnitude, shift, negative, rounding, random)
    up = np.clip(-shift, 0, 63).astype(np.uint64)
    right = np.clip(shift, 0, 64).astype(np.uint64)
    # NumPy defines a shift by the whole width or more as 0, which is what is meant here.
    kept = ((magnitude << up) >> right).view(np.int64)
    kept[(bit_length(magnitude) - shift > _HUGE_BITS) & (magnitude != 0)] = _HUGE
    fraction = magnitude & ((np.uint64(1) << right) - np.uint64(1))
    if rounding == "stochastic":
        return kept + _carries(fraction, shift, np.asarray(random))
    if rounding in ("nearest-even", "nearest-away"):
        # Beyond 64 discarded bits every magnitude is less than half: no increment.
        half = (np.uint64(1) << right) >> np.uint64(1)
        half[right == 64] = np.uint64(1 << 63)
        inexact = (shift > 0) & (shift <= 64)
        increment = fraction > half
        tie = fraction == half
        if rounding == "nearest-even":
            tie &= (kept & 1).astype(bool)
        return kept + (inexact & (increment | tie))
    if rounding == "toward-zero":
        return kept
    away = negative if rounding == "down" else ~negative
    return kept + (away & (fraction != 0) & (shift > 0))


def _carries(fraction, shift, random):
    bits = random.dtype.itemsize * 8
    left = np.clip(bits - shift, 0, 64).astype(np.uint64)
    right = np.clip(shift - bits, 0, 64).astype(np.uint64)
    leading = (fraction << left) >> right
    threshold = np.uint64(2**bits - 1) - random.astype(np.uint64)
    return (leading > threshold) & (shift > 0)


def _divide_objects(magnitude, shift, negative, rounding, random):
    bits = 0 if random is None else np.asarray(random).dtype.itemsize * 8

    def divide(magnitude, shift, negative, random):
        if magnitude and magnitude.bit_length() - shift > _HUGE_BITS:
            return _HUGE
        if shift <= 0:
            return magnitude << -shift
        # Beyond this every fraction is below all that any rule asks for, except that it is not 0.
        shift = min(shift, magnitude.bit_length() + bits + 2)
        kept, fraction, half = magnitude >> shift, magnitude & ((1 << shift) - 1), 1 << (shift - 1)
        increment = {
            "nearest-even": fraction > half or (fraction == half and kept & 1),
            "nearest-away": fraction >= half,
            "toward-zero": False,
            "up": fraction and not negative,
            "down": fraction and negative,
            "stochastic": (fraction << bits >> shift) + int(random) >= 1 << bits,
        }[rounding]
        return kept + bool(increment)

    random = 0 if random is None else random
    result = np.frompyfunc(divide, 4, 1)(magnitude, shift, negative, random)
    return np.asarray(result).astype(np.int64)
