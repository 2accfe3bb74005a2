"""Golden model of ``absmax-quantise`` against fractions, and against BitNet's own arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats import parse
from hwgen.golden.absmax_quantise import absmax_quantise, nearest_codes

BEATS = (3, 2)


@settings(deadline=None)
@given(st.integers(1, 1 << 40), st.fractions(-1, 1), st.integers(-2, 2))
def test_a_code_is_the_quotient_rounded_half_to_even(divisor, share, beside):
    x = max(-divisor, min(divisor, int(share * divisor) + beside))
    assert nearest_codes(x, divisor) == round(Fraction(127 * x, divisor))


@pytest.mark.parametrize("place", range(-127, 127))
def test_a_tie_goes_to_the_even_code(place):
    tie = 2 * place + 1
    assert nearest_codes(tie, 254) == (place if place % 2 == 0 else place + 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-128, 127), min_size=6, max_size=6))
def test_a_vector_is_divided_by_its_largest_magnitude(values):
    codes = np.array(values).reshape(BEATS) & 255
    found, divisors = absmax_quantise(codes, format=parse("int8"), columns=6, least=1e-5)
    largest = max(1, *(abs(each) for each in values))
    assert divisors.tolist() == [largest] * 3
    assert found.ravel().tolist() == [round(Fraction(127 * each, largest)) for each in values]


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_codes_are_those_of_bitnet_but_for_quotients_beside_a_tie(name):
    fmt, random = parse(name), np.random.default_rng(3)
    scales = 2.0 ** random.integers(-12, 8, (200, 1))
    codes = fmt.encode(random.normal(size=(200, 64)) * scales)
    found, divisors = absmax_quantise(codes, format=fmt, columns=64, least=1e-5)
    values = fmt.decode(codes).astype(np.float32)
    # the published formula, in single precision
    scale = np.float32(127) / np.maximum(abs(values).max(axis=1), np.float32(1e-5))[:, None]
    published = np.clip(np.rint(values * scale), -128, 127)
    quotients = 127 * values.astype(np.float64) / abs(values).max(axis=1)[:, None]
    beside = abs(quotients - np.floor(quotients) - 0.5) < 1e-4
    assert beside.mean() < 0.01
    assert np.array_equal(found[~beside], published[~beside])
    assert fmt.decode(divisors).tolist() == abs(values).max(axis=1).tolist()


def test_the_least_divisor_is_rounded_to_the_format():
    zeros = np.zeros((1, 4), np.uint64)
    for name, least, code in [("int8", 1e-5, 1), ("q4.4", 0.3, 5), ("fp16", 1e-5, 168)]:
        _, divisors = absmax_quantise(zeros, format=parse(name), columns=4, least=least)
        assert divisors.tolist() == [code], name
    fmt = parse("bf16")
    codes = fmt.encode(np.array([[2.0**-15, -(2.0**-16), 2.0**-18, 0.0]]))
    found, _ = absmax_quantise(codes, format=fmt, columns=4, least=2.0**-14)
    # 63.5, 31.75, 7.9375
    assert found.tolist() == [[64, -32, 8, 0]]


def test_a_vector_with_no_number_in_it_has_no_codes():
    fmt = parse("bf16")
    values = np.array([[1.0, -np.inf], [2.0, 3.0], [np.nan, np.inf], [0.5, 1.0]])
    codes = fmt.encode(values, overflow="infinity")
    found, divisors = absmax_quantise(codes, format=fmt, columns=2, least=1e-5)
    assert found.tolist() == [[0, 0], [85, 127], [0, 0], [64, 127]]
    decoded = fmt.decode(divisors)
    assert decoded[[0, 1, 3]].tolist() == [np.inf, 3.0, 1.0]
    assert np.isnan(decoded[2])


def test_an_unfinished_vector_gives_nothing():
    found, divisors = absmax_quantise(
        np.ones((5, 2), np.uint64), format=parse("int8"), columns=4, least=1e-5
    )
    assert (len(found), len(divisors)) == (4, 4)
