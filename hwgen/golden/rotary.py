"""Rotary positions in exact integers, as the golden model of the GPT machine has them."""

import numpy as np

from hwgen.formats.rotary_turns import TURN_FRACTION, rotary_turns

from .gpt.integers import rounded, saturated

__all__ = ["rotary"]


def rotary(a, b, pair, position, *, width, base, fine_bits):
    """Return pairs of values turned by ``position * base**(-2 pair / width)``.

    The turn is the product of those of the upper and of the lower bits of the position, rounded to
    16 fraction bits; so are the values that it makes, limited to 32 bits.

    Parameters
    ----------
    a, b : int64 array
        Values with 16 fraction bits.
    pair, position : int64 array
    width : int
        Of the head that the pairs belong to.
    base : float
    fine_bits : int
        Lower bits of the position.

    Returns
    -------
    (int64 array, int64 array)
    """
    a, b, pair, position = (np.asarray(each, np.int64) for each in (a, b, pair, position))
    turns = []
    for step, place in ((1 << fine_bits, position >> fine_bits), (1, position % (1 << fine_bits))):
        table = rotary_turns(int(place.max()) + 1, step, int(pair.max()) + 1, width, base)
        turns.append(table[place, pair].T)
    (cosine, sine), (other_cosine, other_sine) = turns
    shift = 2 * TURN_FRACTION - 16
    turn = (
        rounded(cosine * other_cosine - sine * other_sine, shift),
        rounded(cosine * other_sine + sine * other_cosine, shift),
    )
    return (
        saturated(rounded(a * turn[0] - b * turn[1], 16)),
        saturated(rounded(a * turn[1] + b * turn[0], 16)),
    )
