"""The random bits of stochastic rounding: a Galois linear-feedback shift register."""

import numpy as np

__all__ = ["PERIOD", "TAPS", "WIDTH", "first_state", "random_words"]

WIDTH = 33
# x**33 + x**20 + 1 is primitive over GF(2): all states but 0 follow one another
TAPS = 1 << 32 | 1 << 19
PERIOD = (1 << WIDTH) - 1
_LANE_STEP = 0x9E3779B1
# 2**33 over the golden ratio: even small seeds give states with as many ones as zeros
_MIXER = 0x13C6EF373


def first_state(seed, lane=0):
    """Return the state after reset, 1 to ``2**33 - 1``: different for every lane."""
    return (seed + 1 + lane * _LANE_STEP) * _MIXER % PERIOD + 1


def random_words(bits, count, seed=0, lane=0):
    """Return the random numbers of the first ``count`` tokens after reset.

    A step shifts the register right by one place and, where a 1 falls out, inverts bits 32 and 19.
    A token sees the lowest ``bits`` bits of the register; after it the register takes ``bits``
    steps, so that every token has bits of its own.

    Parameters
    ----------
    bits : int
        8, 16 or 32.
    count : int
        Number of tokens.
    seed, lane : int
        Choose the first state.

    Returns
    -------
    numpy.ndarray
        Of ``uint8``, ``uint16`` or ``uint32``.
    """
    state = first_state(seed, lane)
    words = np.empty(count, f"uint{bits}")
    mask = (1 << bits) - 1
    for token in range(count):
        words[token] = state & mask
        for _ in range(bits):
            state = state >> 1 ^ (TAPS if state & 1 else 0)
    return words
