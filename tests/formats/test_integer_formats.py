"""Integer and fixed-point formats."""

from fractions import Fraction

import numpy as np
import pytest
from exact_reference import rounds_away
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.errors import UsageError

DETERMINISTIC = [name for name in formats.ROUNDINGS if name != "stochastic"]
NAMES = ["int8", "uint8", "int4", "uint1", "int2", "int24", "int32", "uint53", "q1.6", "q3.12"]
NAMES += ["uq4.4", "q-2.9", "q9.-3", "q1.3"]


def expected_units(format, value, rounding):
    """Return the integer that ``value`` rounds and saturates to, in units of the last place."""
    kept, rest = divmod(abs(value) / Fraction(2) ** format.lsb_exponent, 1)
    negative = value < 0
    kept += rounds_away(rest, negative, kept % 2 == 1, rounding)
    units = -kept if negative else kept
    low = -(2 ** (format.width - 1)) if format.signed else 0
    return max(low, min(2 ** (format.width - format.signed) - 1, units))


@pytest.mark.parametrize("name", NAMES)
def test_decode_is_twos_complement_in_units_of_the_last_place(name):
    format = formats.parse(name)
    codes = np.unique(np.random.default_rng(0).integers(0, 2**format.width, 500))
    codes = np.concatenate([codes, [0, 2**format.width - 1]]).astype(np.uint64)
    for code, value in zip(codes.tolist(), format.decode(codes), strict=True):
        wraps = format.signed and code >= 2 ** (format.width - 1)
        units = code - wraps * 2**format.width
        assert Fraction(value) == units * Fraction(2) ** format.lsb_exponent


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    value=st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-600, 600).map(lambda n: n / 16)
    | st.integers(-(2**34), 2**34).map(lambda n: n / 2),
    rounding=st.sampled_from(DETERMINISTIC),
    narrow=st.booleans(),
)
def test_encode_rounds_once_and_saturates(name, value, rounding, narrow):
    format = formats.parse(name)
    with np.errstate(over="ignore"):
        array = np.array([value], np.float32 if narrow else np.float64)
    if np.isinf(array[0]):
        return
    expected = expected_units(format, Fraction(float(array[0])), rounding)
    for code in (
        format.encode(array, rounding),
        format._encode_exactly(array, rounding, "saturate", None),
    ):
        assert int(code[0]) == expected % 2**format.width


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    significand=st.integers(-(2**90), 2**90) | st.integers(-300, 300),
    exponent=st.integers(-100, 70),
    rounding=st.sampled_from(DETERMINISTIC),
)
def test_round_scaled_rounds_the_exact_value_once(name, significand, exponent, rounding):
    format = formats.parse(name)
    code = format.round_scaled(np.array([significand], object), exponent, rounding)
    value = significand * Fraction(2) ** exponent
    assert int(code[0]) == expected_units(format, value, rounding) % 2**format.width


@pytest.mark.parametrize("overflow", formats.OVERFLOWS)
def test_special_values_saturate_under_either_policy(overflow):
    values = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30])
    codes = formats.parse("int8").encode(values, overflow=overflow)
    assert codes.tolist() == [127, 128, 127, 127, 128]
    codes = formats.parse("uq4.4").encode(values, overflow=overflow)
    assert codes.tolist() == [255, 0, 255, 255, 0]


def test_nearest_away_is_exact_just_below_half():
    below_half = np.nextafter(np.float32(0.5), np.float32(0))
    assert formats.parse("int8").encode(np.array([below_half]), "nearest-away") == 0
    assert formats.parse("int8").encode(np.array([0.5, -0.5]), "nearest-away").tolist() == [1, 255]


def test_stochastic_rounding_of_integers_is_on_the_magnitude():
    values = np.array([2.75, -2.75, 2.75, -2.75])
    random = np.array([63, 63, 64, 64], np.uint8)
    codes = formats.parse("int8").encode(values, "stochastic", random=random)
    assert codes.tolist() == [2, 254, 3, 253]


def test_mx_int8_element_is_in_units_of_one_64th():
    element = formats.parse_block("mxint8").element
    assert element.lsb_exponent == -6
    assert element.decode([64, 127, 128, 255]).tolist() == [1.0, 127 / 64, -2.0, -1 / 64]


@pytest.mark.parametrize("name", ["int1", "uint0", "int54", "q30.30", "uq0.0", "q1.600"])
def test_impossible_widths_are_refused(name):
    with pytest.raises(UsageError, match="must be"):
        formats.parse(name)
