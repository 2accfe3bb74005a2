"""Norms of vectors: exact integers, one reciprocal root, one rounding."""

import numpy as np

from .gpt.functions import reciprocal_root
from .vector_stream import vector_starts

__all__ = ["rms_norm"]

_BITS = 32
# bits of the numbers that the golden reciprocal root takes
_ROOT_BITS = 62


def rms_norm(values, gains, last, *, longest, mean, epsilon, gain_fraction, bias=None):
    """Return normalised values of a stream of vectors.

    Parameters
    ----------
    values : int64 array, [values]
        16 fraction bits.
    gains : int64 array, [values]
        ``gain_fraction`` fraction bits.
    last : array, [values]
        1 with the last value of a vector.
    longest : int
        Values after which a vector is complete without a mark.
    mean : bool
        Whether the mean is subtracted.
    epsilon : int
        Added to the mean square, in units of 2**-32.
    gain_fraction : int
    bias : int64 array, [values], optional
        16 fraction bits.

    Returns
    -------
    (int64 array, int64 array)
        Results with 16 fraction bits, limited to 32 bits, and marks, of all complete vectors.
    """
    starts, lengths = vector_starts(last, longest)
    found, marks = [], []
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        place = slice(start, start + length)
        offsets = [0] * length if bias is None else np.asarray(bias)[place].tolist()
        vector = np.asarray(values)[place].tolist(), np.asarray(gains)[place].tolist(), offsets
        found += _normalised(*vector, mean, epsilon, gain_fraction)
        marks += [0] * (length - 1) + [1]
    return np.array(found, np.int64), np.array(marks, np.int64)


def _normalised(values, gains, offsets, mean, epsilon, gain_fraction):
    """Return the results of a vector, in Python integers."""
    count, total = len(values), sum(values) if mean else 0
    spread = count * sum(each * each for each in values) - total * total + count * count * epsilon
    significand, shift = _reciprocal_root(max(spread, 1))
    amount = shift + gain_fraction - 16
    results = []
    for value, gain, offset in zip(values, gains, offsets, strict=True):
        exact = (count * value - total) * gain * significand
        rounded = (exact + (1 << amount - 1) >> amount) + offset
        results.append(max(-(1 << _BITS - 1), min(rounded, (1 << _BITS - 1) - 1)))
    return results


def _reciprocal_root(value):
    """Return (significand, shift) of 1 / sqrt(value) of a positive integer of any size."""
    length = value.bit_length()
    # it depends on the 32 leading bits, in an even number of places
    pairs = max(0, length + length % 2 - _ROOT_BITS) // 2
    (significand,), (shift,) = (
        each.tolist() for each in reciprocal_root(np.array([value >> 2 * pairs]))
    )
    return significand, shift + pairs
