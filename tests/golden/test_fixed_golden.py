"""The fixed-point golden models against rationals rounded by definition, and against formats."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.golden import fixed

ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down")

fixed_formats = st.builds(
    lambda bits, fraction, signed: formats.FixedFormat(bits - fraction - signed, fraction, signed),
    st.integers(2, 16),
    st.integers(-6, 20),
    st.booleans(),
)


def rounded(value, rounding):
    """Return the integer that a rational rounds to, by the definition of each direction."""
    below, above = floor(value), ceil(value)
    toward_zero, away = (below, above) if value >= 0 else (above, below)
    tie = value - below == Fraction(1, 2)
    nearest = below if value - below < Fraction(1, 2) else above
    return {
        "down": below,
        "up": above,
        "toward-zero": toward_zero,
        "nearest-away": away if tie else nearest,
        "nearest-even": round(value),
    }[rounding]


def limits(fmt):
    return (
        (-(1 << fmt.width - 1), (1 << fmt.width - 1) - 1) if fmt.signed else (0, 2**fmt.width - 1)
    )


def value_of(code, fmt):
    """Return the value of a code as a rational, from the definition of two's complement."""
    negative = fmt.signed and code >> fmt.width - 1
    return Fraction(int(code) - (int(negative) << fmt.width)) * Fraction(2) ** fmt.lsb_exponent


def expected(value, out, rounding, overflow):
    """Return (code, overflow bit) of a rational."""
    whole = rounded(value / Fraction(2) ** out.lsb_exponent, rounding)
    low, high = limits(out)
    beyond = not low <= whole <= high
    if overflow == "saturate":
        whole = low if whole < low else high if whole > high else whole
    return whole % 2**out.width, int(beyond)


def operands(data, fmt, count=20):
    codes = st.integers(0, 2**fmt.width - 1)
    return np.array(data.draw(st.lists(codes, min_size=count, max_size=count)), dtype=np.uint64)


@settings(max_examples=60, deadline=None)
@given(
    st.data(),
    fixed_formats,
    fixed_formats,
    fixed_formats,
    st.sampled_from(ROUNDINGS),
    st.sampled_from(("saturate", "wrap")),
)
def test_results_are_the_rational_result_rounded_once(data, fmt_a, fmt_b, out, rounding, overflow):
    a, b = operands(data, fmt_a), operands(data, fmt_b)
    subtract = np.arange(len(a)) % 2
    cases = {
        "add": (
            fixed.add(a, b, fmt_a, fmt_b, subtract),
            lambda i: value_of(a[i], fmt_a) + (-1) ** (i % 2) * value_of(b[i], fmt_b),
        ),
        "multiply": (
            fixed.multiply(a, b, fmt_a, fmt_b),
            lambda i: value_of(a[i], fmt_a) * value_of(b[i], fmt_b),
        ),
        "convert": (fixed.convert(a, fmt_a), lambda i: value_of(a[i], fmt_a)),
    }
    for (exact, exponent), reference in cases.values():
        codes, flags = fixed.finish(exact, exponent, out, rounding, overflow)
        for index in range(len(a)):
            wanted = expected(reference(index), out, rounding, overflow)
            assert (codes[index], flags[index]) == wanted


@settings(max_examples=30, deadline=None)
@given(st.data(), fixed_formats, fixed_formats)
def test_a_dot_product_is_the_sum_of_the_products(data, fmt_a, fmt_b):
    a, b = (operands(data, fmt).reshape(4, 5) for fmt in (fmt_a, fmt_b))
    sums, exponent = fixed.dot(a, b, fmt_a, fmt_b)
    for row in range(4):
        pairs = zip(a[row], b[row], strict=True)
        wanted = sum(value_of(x, fmt_a) * value_of(y, fmt_b) for x, y in pairs)
        assert sums[row] * Fraction(2) ** exponent == wanted


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-(1 << 40), 1 << 40), min_size=1, max_size=20),
    st.integers(-30, 10),
    fixed_formats,
    st.sampled_from((*ROUNDINGS, "stochastic")),
    st.sampled_from((8, 16, 32)),
    st.integers(0, 1 << 32),
)
def test_saturated_results_are_those_of_the_formats(values, exponent, out, rounding, bits, seed):
    exact = np.array(values, dtype=object)
    random = None
    if rounding == "stochastic":
        numbers = np.random.default_rng(seed).integers(0, 1 << bits, len(values))
        random = numbers.astype(f"uint{bits}")
    wanted = out.round_scaled(exact, exponent, rounding, "saturate", random)
    codes, _ = fixed.finish(exact, exponent, out, rounding, "saturate", random, bits)
    np.testing.assert_array_equal(codes, wanted)


@pytest.mark.parametrize("numerator", [1, 77, 128, 255])
def test_stochastic_rounding_goes_up_as_often_as_the_fraction_says(numerator):
    out = formats.parse("int8")
    for sign in (1, -1):
        exact = np.full(256, sign * (3 * 256 + numerator), dtype=object)
        codes, _ = fixed.finish(exact, -8, out, "stochastic", "saturate", np.arange(256), 8)
        away = np.uint64(4 * sign % 256)
        assert np.count_nonzero(codes == away) == numerator
