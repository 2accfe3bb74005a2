"""Functions of the GPT machine beside the real ones: largest errors, in units of 2**-16."""

import numpy as np
import pytest
from scipy.special import erf, expit

from hwgen.golden.gpt.functions import (
    FUNCTIONS,
    exponential,
    logistic,
    reciprocal,
    reciprocal_root,
)

ONE = 1 << 16
# every value between -16 and 16
VALUES = np.arange(-16 * ONE, 16 * ONE + 1)
REAL = VALUES / ONE


def test_powers_of_e_are_within_two_units():
    lower = VALUES[VALUES <= 0]
    found = exponential(lower)
    assert np.abs(found - ONE * np.exp(lower / ONE)).max() < 2
    assert found[-1] == ONE
    assert (np.diff(found) >= 0).all()
    assert (exponential(np.array([5, -17 * ONE, -(1 << 31)])) == [ONE, 0, 0]).all()


def integers(bits):
    """Return small integers, powers of two and their neighbours, and random ones of all sizes."""
    rng = np.random.default_rng(5)
    powers = 1 << np.arange(2, bits, dtype=np.int64)
    drawn = rng.integers(1, 1 << bits, 100_000) >> rng.integers(0, bits - 1, 100_000)
    return np.concatenate([np.arange(1, 1 << 16), powers - 1, powers, powers + 1, drawn + 1])


@pytest.mark.parametrize(
    ("function", "wanted", "bits", "units"),
    [(reciprocal, lambda x: 1 / x, 46, 2.5), (reciprocal_root, lambda x: x**-0.5, 61, 7)],
    ids=["reciprocal", "reciprocal_root"],
)
def test_reciprocals_and_roots_are_within_some_units_of_the_last_place(
    function, wanted, bits, units
):
    values = integers(bits)
    significands, shifts = function(values)
    assert ((significands >= 1 << 15) & (significands < 1 << 17)).all()
    ratio = significands * 2.0**-shifts / wanted(values.astype(float))
    assert np.abs(ratio - 1).max() * ONE < units


def test_the_logistic_function_is_within_three_units_and_symmetric():
    found = logistic(VALUES)
    assert np.abs(found - ONE * expit(REAL)).max() < 3
    assert (found[::-1] == ONE - found)[VALUES != 0].all()


@pytest.mark.parametrize(
    ("name", "wanted", "units"),
    [
        ("none", lambda x: x, 0.1),
        ("silu", lambda x: x * expit(x), 14),
        ("gelu", lambda x: x * (1 + erf(x / 2**0.5)) / 2, 5),
        (
            "gelu_tanh",
            lambda x: x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))) / 2,
            6,
        ),
        ("squared_relu", lambda x: np.maximum(x, 0) ** 2, 0.51),
    ],
)
def test_activations_are_within_some_units(name, wanted, units):
    assert np.abs(FUNCTIONS[name](VALUES) - ONE * wanted(REAL)).max() < units


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_of_the_largest_values_are_the_values_or_nothing(name):
    largest = np.array([(1 << 31) - 1, -(1 << 31)])
    upper, lower = FUNCTIONS[name](largest).tolist()
    assert abs(upper - largest[0]) <= largest[0] >> 15
    assert lower == (largest[1] if name == "none" else 0)
