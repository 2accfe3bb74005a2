"""Attention of the GPT machine: one head, its query, and the keys and values of a slot."""

import numpy as np

from .functions import exponential, reciprocal
from .integers import rounded, saturated

__all__ = ["attended"]

_LOWEST = -(1 << 31)


def attended(query, keys, values, positions):
    """Return what the queries of some tokens attend to, values [tokens, width].

    Scores are rounded to 16 fraction bits, and their powers of e to as many; sums are exact, but
    that a power of e is first moved to the largest exponent of the values that it meets, rounded.
    The result is their quotient, by one reciprocal.

    Parameters
    ----------
    query : (int64 [tokens, width], int64 [tokens])
        Codes and exponents.
    keys, values : (int64 [context, width], int64 [context])
    positions : int64 array, [tokens]
        A token sees the places up to its own.
    """
    seen = np.arange(len(keys[0])) <= positions[:, None]
    shift = -(query[1][:, None] + keys[1] + 16)
    scores = saturated(rounded(query[0] @ keys[0].T, shift))
    scores = np.where(seen, scores, _LOWEST)
    powers = exponential(scores - scores.max(axis=1, keepdims=True))
    powers = np.where(seen, powers, 0)
    largest = np.where(seen, values[1], -(1 << 31)).max(axis=1)
    moved = rounded(powers, np.where(seen, largest[:, None] - values[1], 62))
    significands, shifts = reciprocal(powers.sum(axis=1))
    sums = (moved @ values[0]) * significands[:, None]
    return saturated(rounded(sums, (shifts - 16 - largest)[:, None]))
