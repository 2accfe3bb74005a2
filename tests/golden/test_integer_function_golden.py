"""Integer functions beside the real ones: the largest errors that their page states.

A reciprocal depends on the 20 leading bits of its operand, a reciprocal root on 18 of 32: all of
them are tried, each with the least and the greatest operand that begins so.
"""

import numpy as np
import pytest
from scipy.special import erf, expit

from hwgen.golden.integer_function import function_results

ONE = 1 << 16
# every value between -16 and 16, and one beyond
NEAR = np.arange(-16 * ONE - 1, 16 * ONE + 2)
LEAST, GREATEST = -(1 << 31), (1 << 31) - 1


def far_values():
    """Return values of magnitudes above 16, all powers of two and the limits among them."""
    random = np.random.default_rng(8)
    powers = 1 << np.arange(20, 31, dtype=np.int64)
    drawn = random.integers(16 * ONE, 1 << 31, 200_000) >> random.integers(0, 8, 200_000)
    drawn = drawn[drawn > 16 * ONE]
    positive = np.concatenate([powers + 1, 2 * powers - 1, drawn])
    return np.concatenate([positive, -positive, [LEAST]])


@pytest.mark.parametrize(
    ("name", "wanted", "units"),
    [
        ("exp", lambda x: np.exp(np.minimum(x, 0)), 2),
        ("logistic", expit, 3),
        ("silu", lambda x: x * expit(x), 14),
        ("gelu", lambda x: x * (1 + erf(x / 2**0.5)) / 2, 5),
        (
            "gelu-tanh",
            lambda x: x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))) / 2,
            6,
        ),
        ("squared-relu", lambda x: np.maximum(x, 0) ** 2, 0.5),
    ],
)
def test_errors_of_all_values_up_to_16_are_those_stated(name, wanted, units):
    errors = function_results(name, NEAR)["result"] - ONE * wanted(NEAR / ONE)
    assert np.abs(errors).max() <= units


def test_beyond_16_functions_are_their_limits():
    values = far_values()
    found = {
        name: function_results(name, values)["result"]
        for name in ("exp", "logistic", "silu", "gelu", "gelu-tanh")
    }
    assert (found["exp"] == np.where(values > 0, ONE, 0)).all()
    assert (found["logistic"] == np.where(values > 0, ONE, 0)).all()
    for name in ("silu", "gelu", "gelu-tanh"):
        assert (found[name] == np.maximum(values, 0)).all()


def test_squares_are_exact_up_to_the_largest_value():
    values = far_values()
    found = function_results("squared-relu", values)["result"]
    wanted = [min((max(value, 0) ** 2 + ONE // 2) // ONE, GREATEST) for value in values.tolist()]
    assert found.tolist() == wanted


def relative_errors(name, values, wanted):
    """Return (found - wanted) / wanted of positive integers, in units of 2**-16."""
    results = function_results(name, values)
    found = np.ldexp(results["significand"].astype(float), -results["shift"])
    return np.abs(found * wanted(values.astype(float)) - 1) * ONE


def test_reciprocals_of_all_leading_bits_have_the_error_stated():
    leading = np.arange(1 << 19, 1 << 20)
    ends = np.concatenate([leading << 11, (leading + 1 << 11) - 1])
    assert relative_errors("reciprocal", ends, lambda x: x).max() <= 2.5


def test_reciprocal_roots_of_all_leading_bits_have_the_error_stated():
    # 18 of 32 bits, of which the first is 0 in an operand of 31 bits; the others have 30
    odd, even = np.arange(1 << 16, 1 << 17), np.arange(1 << 17, 1 << 18)
    ends = [odd << 14, (odd + 1 << 14) - 1, even << 12, (even + 1 << 12) - 1]
    ends = np.concatenate(ends)
    assert relative_errors("reciprocal-root", ends, np.sqrt).max() <= 7


@pytest.mark.parametrize(
    ("name", "degree", "step"), [("reciprocal", 1, 1), ("reciprocal-root", 2, 2)]
)
def test_a_power_of_two_moves_the_reciprocal_only(name, degree, step):
    values = np.arange(1, 1 << 15)
    at_first = function_results(name, values)
    for places in range(step, 16, step):
        moved = function_results(name, values << places)
        assert (moved["significand"] == at_first["significand"]).all()
        assert (moved["shift"] == at_first["shift"] + places // degree).all()


@pytest.mark.parametrize("name", ["reciprocal", "reciprocal-root"])
def test_reciprocals_take_what_is_below_one_as_one(name):
    values = np.array([1, 0, -1, LEAST])
    for each in function_results(name, values).values():
        assert len(set(each.tolist())) == 1


def test_the_worked_examples_of_the_page():
    assert function_results("silu", np.array([ONE]))["result"].tolist() == [47911]
    thirds = function_results("reciprocal", np.array([3]))
    assert {name: each.tolist() for name, each in thirds.items()} == {
        "significand": [43691],
        "shift": [17],
    }
