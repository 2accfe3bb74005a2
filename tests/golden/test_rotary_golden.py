"""Turned pairs in integers beside the real ones, and the tables that they are made with."""

from decimal import Decimal, getcontext
from math import cos, factorial, sin

import numpy as np
import pytest

from hwgen.formats.rotary_turns import rotary_turns
from hwgen.golden.rotary import rotary

ONE = 1 << 16


def series(angle, first):
    """Return the cosine (first 0) or sine (1) of an angle of up to 40, as a decimal number."""
    return sum(
        (-1) ** number * angle ** (2 * number + first) / factorial(2 * number + first)
        for number in range(90)
    )


def test_turns_are_cosines_and_sines_of_more_than_float_precision():
    getcontext().prec = 60
    width, base = 16, 10000
    turns = rotary_turns(8, 5, 8, width, float(base))
    for place in range(1, 8):
        for pair in range(8):
            angle = 5 * place * Decimal(base) ** (Decimal(-2 * pair) / width)
            for first in (0, 1):
                error = turns[place, pair, first] - series(angle, first) * (1 << 30)
                assert abs(error) < Decimal("0.501")


@pytest.mark.parametrize(
    ("width", "context", "base"), [(64, 1024, 10000.0), (128, 65536, 500000.0), (4, 4, 2.0)]
)
def test_results_are_within_the_error_stated(width, context, base):
    random = np.random.default_rng(width)
    count = 20_000
    sizes = 1 << random.integers(1, 31, (2, count))
    a, b = random.integers(-sizes, sizes) // 2
    pair, position = random.integers(0, width // 2, count), random.integers(0, context, count)
    fine_bits = (context - 1).bit_length() // 2
    found = rotary(a, b, pair, position, width=width, base=base, fine_bits=fine_bits)
    angle = position.astype(np.longdouble) * np.longdouble(base) ** (
        -2 * pair / np.longdouble(width)
    )
    real = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
    bound = 0.5001 + 0.51 / ONE * (np.abs(a) + np.abs(b))
    for each, wanted in zip(found, real, strict=True):
        assert (np.abs(each - wanted) <= bound).all()


def test_position_0_turns_nothing():
    values = np.array([-(1 << 31), 0, 1, (1 << 31) - 1])
    found = rotary(values, values[::-1], [0, 1, 2, 3], [0] * 4, width=8, base=100.0, fine_bits=3)
    assert [each.tolist() for each in found] == [values.tolist(), values[::-1].tolist()]


def test_results_out_of_range_are_limited():
    most = (1 << 31) - 1
    a, b = rotary([most], [most], [0], [1], width=64, base=10000.0, fine_bits=5)
    assert abs(a[0] - most * (cos(1) - sin(1))) < ONE
    assert b[0] == most


def test_the_worked_example_of_the_page():
    found = rotary([ONE], [0], [0], [1], width=64, base=10000.0, fine_bits=5)
    assert [each.tolist() for each in found] == [[35409], [55147]]
