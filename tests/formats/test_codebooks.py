"""Codebooks and OliVe's pairs: their tables, and the nearest entry against exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.formats.codebook import CODEBOOK_NAMES, Codebook, parse_codebook
from hwgen.formats.outlier_pairs import OutlierPairs

# QLoRA, appendix E
PUBLISHED_NF4 = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453),
    *(-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0),
    *(0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
    *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
EVERY_NAME = (*CODEBOOK_NAMES, "int4", "uint3", "e2m1", "e3m2", "bipolar3")

float32 = st.floats(-64, 64, width=32)


def test_bitmod_replaces_the_code_of_minus_zero():
    fp3, fp4 = parse_codebook("bitmod-fp3"), parse_codebook("bitmod-fp4")
    assert fp3.decode([0, 1, 2, 3, 5, 6, 7], 0).tolist() == [0, 1, 2, 4, -1, -2, -4]
    assert fp3.decode([4] * 4, [0, 1, 2, 3]).tolist() == [3, -3, 6, -6]
    assert fp4.decode([1, 7, 15], 0).tolist() == [0.5, 6, -6]
    assert fp4.decode([8] * 4, [0, 1, 2, 3]).tolist() == [5, -5, 8, -8]
    assert (fp3.width, fp4.width, fp4.selector_width) == (3, 4, 2)


def test_nf4_is_the_published_table_in_units_of_a_127th():
    assert parse_codebook("nf4").entries == tuple(round(127 * each) for each in PUBLISHED_NF4)


@pytest.mark.parametrize("bits", range(1, 9))
def test_bipolar_codes_are_sums_of_plus_and_minus_powers_of_two(bits):
    codes = np.arange(1 << bits)
    sums = sum((2 * (codes >> bit & 1) - 1) << bit for bit in range(bits))
    np.testing.assert_array_equal(parse_codebook(f"bipolar{bits}").significands(codes), sums)


def test_formats_of_numbers_become_codebooks():
    e2m1 = parse_codebook("e2m1")
    assert e2m1.decode(np.arange(8)).tolist() == [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    assert parse_codebook("int4").significands([7, 8, 15]).tolist() == [7, -8, -1]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("e4m3", "numbers only, and e4m3 has special codes; did you mean 'e4m3none'"),
        ("int9", "at most 8 bits, and int9 has 9"),
        ("fp8", "single numbers, not of 'mxfp8-e4m3/32'"),
        ("bitmod-fp5", "not 'bitmod-fp5'; did you mean 'bitmod-fp4'"),
        ("bipolar9", "not 'bipolar9'"),
    ],
)
def test_other_names_are_refused(name, message):
    with pytest.raises(UsageError, match=message):
        parse_codebook(name)


def test_wrong_tables_codes_and_selectors_are_refused():
    with pytest.raises(UsageError, match=r"2, 4, \.\.\. 256 in number, not 3"):
        Codebook("three", (0, 1, 2))
    with pytest.raises(UsageError, match="with specials, or neither"):
        Codebook("half", (0, 1), special_code=1)
    bitmod = parse_codebook("bitmod-fp3")
    with pytest.raises(UsageError, match=r"codes of bitmod-fp3 must be in 0..7, not 0..8"):
        bitmod.decode([0, 8], 0)
    with pytest.raises(UsageError, match=r"selectors of bitmod-fp3 must be in 0..3"):
        bitmod.decode([0], 4)
    with pytest.raises(UsageError, match=r"selectors of bitmod-fp3 must be in 0..3"):
        bitmod.decode([0])
    with pytest.raises(UsageError, match="no special values"):
        parse_codebook("int4").decode([0], 0)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(EVERY_NAME),
    st.lists(float32, min_size=1, max_size=8),
    st.floats(2.0**-8, 8, width=32),
    st.integers(0, 3),
)
def test_codes_stand_for_the_nearest_value_and_ties_go_down(name, values, unit, selector):
    codebook = parse_codebook(name)
    selector = selector if codebook.specials else None
    codes = codebook.encode(np.array(values), unit, selector)
    integers, _ = codebook.grid(selector)
    for value, found in zip(values, codebook.significands(codes, selector).tolist(), strict=True):
        wanted = min(
            integers.tolist(), key=lambda each: (abs(each * Fraction(unit) - Fraction(value)), each)
        )
        assert found == wanted, (value, unit)


def test_codes_that_are_never_used_are_not_chosen():
    assert parse_codebook("int4").encode(np.array([-8.0, -7.6]), 1.0).tolist() == [9, 9]
    assert parse_codebook("ternary").encode(np.array([0.1, -3.0, 3.0]), 1.0).tolist() == [1, 0, 2]


def test_an_outlier_takes_the_place_of_its_neighbor():
    pairs = OutlierPairs()
    codes = np.array([[3, 15, 8, 7, 2, 8, 8, 9, 8, 8, 5]])
    wanted = [3, -1, 0, 96, 16, 0, 0, -12, 0, 0, 5]
    assert pairs.significands(codes).tolist() == [wanted]


def test_the_larger_of_two_outliers_stays():
    pairs = OutlierPairs()
    values = np.array([[50.0, 1.0, 2.0, -90.0, 20.0, -30.0, 31.0, 30.0, 99.0]])
    codes = pairs.encode(values, np.array([[1.0]]), np.abs(values) > 8)
    assert pairs.significands(codes).tolist() == [[48, 0, 0, -96, 0, -32, 32, 0, 7]]


def test_codes_beyond_four_bits_are_refused():
    with pytest.raises(UsageError, match=r"codes of olive4 must be integers in 0..15"):
        OutlierPairs().significands(np.array([16, 0]))
