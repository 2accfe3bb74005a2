"""Turns of rotary positions: cosines and sines of angles as integers.

J. Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, arXiv:2104.09864:
pair i of a vector of some width is turned by ``position * base**(-2 i / width)``.
"""

import numpy as np

__all__ = ["TURN_FRACTION", "rotary_turns"]

TURN_FRACTION = 30
"""Fraction bits of a cosine or sine."""


def rotary_turns(count, step, pairs, width, base):
    """Return the turns of positions 0, ``step``, 2 ``step``, ..., int64 [count, pairs, 2].

    Parameters
    ----------
    count : int
        Positions.
    step : int
        From one position to the next.
    pairs : int
        Pairs, from the first one on.
    width : int
        Width of the vector that the pairs belong to.
    base : float

    Returns
    -------
    int64 array
        Cosine and sine in units of 2**-30.
    """
    speeds = base ** (-np.arange(0, 2 * pairs, 2) / width)
    angles = np.arange(count)[:, None] * step * speeds
    turns = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return np.rint(turns * 2.0**TURN_FRACTION).astype(np.int64)
