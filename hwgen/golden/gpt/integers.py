"""Integers of the GPT machine: the one rounding rule, saturation, blocks of codes."""

import numpy as np

__all__ = ["bit_length", "clipped", "quantised", "rounded", "saturated"]

# bits of a value of the machine, 16 of them behind the point
_VALUE_BITS = 32


def rounded(values, shift):
    """Return ``values / 2**shift`` rounded to nearest, ties up; a negative shift multiplies.

    Parameters
    ----------
    values : int64 array
    shift : integer or int64 array
    """
    shift = np.asarray(shift, np.int64)
    right = np.clip(shift, 0, 62)
    half = np.where(right > 0, np.int64(1) << np.maximum(right - 1, 0), 0)
    # what half would carry beyond 63 bits is not that large
    left = np.clip(-shift, 0, 62)
    room = np.int64(1) << (62 - left)
    return np.where(shift > 0, (values + half) >> right, np.clip(values, -room, room) << left)


def clipped(values, bits):
    """Return values limited to magnitudes of ``bits`` bits."""
    largest = (1 << bits) - 1
    return np.clip(values, -largest, largest)


def saturated(values):
    """Return values limited to those of the machine, 32 bits of two's complement."""
    return np.clip(values, -(1 << _VALUE_BITS - 1), (1 << _VALUE_BITS - 1) - 1)


def bit_length(values):
    """Return the number of bits of integers that are not negative."""
    values = np.asarray(values, np.int64)
    high = values >> 31
    _, low_bits = np.frexp((values & (1 << 31) - 1).astype(np.float64))
    _, high_bits = np.frexp(high.astype(np.float64))
    return np.where(high > 0, high_bits + 31, low_bits).astype(np.int64)


def quantised(values, bits):
    """Return (codes, exponents) of blocks along the last axis.

    The exponent is the least, from 0, with which the largest magnitude has ``bits - 1`` bits; a
    code is the value over 2**exponent, rounded, and limited to ``2**(bits - 1) - 1``.
    """
    largest = np.abs(values).max(axis=-1)
    exponents = np.maximum(bit_length(largest) - (bits - 1), 0)
    return clipped(rounded(values, exponents[..., None]), bits - 1), exponents
