"""Functions of the GPT machine in integers; values have 16 fraction bits."""

from functools import lru_cache

import numpy as np

from .integers import bit_length, clipped, rounded, saturated

__all__ = ["FUNCTIONS", "exponential", "logistic", "reciprocal", "reciprocal_root"]

_ONE = 1 << 16
# log2(e), 16 fraction bits
_LOG2_E = 94548
# 2 sqrt(2 / pi) and 2 sqrt(2 / pi) 0.044715, 16 fraction bits
_GELU_LINEAR, _GELU_CUBIC = 104584, 4676


def exponential(values):
    """Return e**x, 16 fraction bits, of x <= 0; more counts as 0."""
    powers = rounded(np.clip(-values, 0, 16 * _ONE) * _LOG2_E, 16)
    whole, place, rest = powers >> 16, powers >> 10 & 63, powers & 1023
    starts = _powers_of_two()
    found = starts[place] - rounded((starts[place] - starts[place + 1]) * rest, 10)
    return rounded(found, whole + 2)


@lru_cache
def _powers_of_two():
    """Return 2**(-i / 64), 18 fraction bits."""
    return np.rint(2.0 ** (18 - np.arange(65) / 64)).astype(np.int64)


def reciprocal(values):
    """Return (significands, shifts) of 1 / x for integers x > 0: ``significand * 2**-shift``.

    Significands have 17 bits.
    """
    length = bit_length(values)
    # a one, then 30 bits
    normal = np.where(
        length > 31, values >> np.maximum(length - 31, 0), values << np.maximum(31 - length, 0)
    )
    place, rest = normal >> 23 & 127, normal >> 11 & 4095
    starts = _reciprocals()
    found = starts[place] - rounded((starts[place] - starts[place + 1]) * rest, 12)
    return found, length + 15


@lru_cache
def _reciprocals():
    """Return 1 / (1 + i / 128), 16 fraction bits."""
    return np.rint(_ONE / (1 + np.arange(129) / 128)).astype(np.int64)


def reciprocal_root(values):
    """Return (significands, shifts) of 1 / sqrt(x) for integers x > 0 of up to 62 bits."""
    length = bit_length(values)
    even = length + (length & 1)
    # 1/4 to 1 of 2**32, an even number of places moved
    normal = np.where(
        even > 32, values >> np.maximum(even - 32, 0), values << np.maximum(32 - even, 0)
    )
    start = _roots()[normal >> 25]
    square = rounded(start * start, 16)
    residue = 3 * _ONE - rounded(square * (normal >> 14), 18)
    return rounded(start * residue, 17), even // 2 + 16


@lru_cache
def _roots():
    """Return 1 / sqrt(x), 16 fraction bits, in the middles of 128 parts of 0 to 1; from 1/4 on."""
    middles = (np.arange(128) + 0.5) / 128
    return np.rint(_ONE / np.sqrt(np.maximum(middles, 0.25))).astype(np.int64)


def logistic(values):
    """Return 1 / (1 + e**-x), 16 fraction bits."""
    significands, shifts = reciprocal(_ONE + exponential(-np.abs(values)))
    positive = rounded(significands, shifts - 32)
    return np.where(values < 0, _ONE - positive, positive)


def _silu(values):
    return rounded(values * logistic(values), 16)


def _gelu_tanh(values):
    # x (1 + tanh(u)) / 2 is x logistic(2 u); beyond 16 the logistic function is 0 or 1
    inner = np.clip(values, -16 * _ONE, 16 * _ONE)
    square = rounded(inner * inner, 16)
    doubled = rounded(inner * (_GELU_LINEAR + rounded(square * _GELU_CUBIC, 16)), 16)
    return rounded(values * logistic(doubled), 16)


def _gelu(values):
    magnitudes = np.minimum(np.abs(values), 8 * _ONE - 1)
    place, rest = magnitudes >> 11, magnitudes & 2047
    starts = _normal_distribution()
    upper = starts[place] + rounded((starts[place + 1] - starts[place]) * rest, 11)
    return rounded(values * np.where(values < 0, _ONE - upper, upper), 16)


@lru_cache
def _normal_distribution():
    """Return the normal distribution's function at i / 32, 16 fraction bits."""
    from math import erf

    points = np.arange(257) / 32
    return np.array([round(_ONE * (1 + erf(each / 2**0.5)) / 2) for each in points], np.int64)


def _squared_relu(values):
    positive = clipped(np.maximum(values, 0), 31)
    return saturated(rounded(positive * positive, 16))


FUNCTIONS = {
    "none": lambda values: values,
    "silu": _silu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "squared_relu": _squared_relu,
}
