"""Decoding of float and scale formats."""

import ml_dtypes
import numpy as np
import pytest
from exact_reference import INFINITY, NAN, value_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.errors import UsageError

ML_DTYPES = {
    "e5m2": ml_dtypes.float8_e5m2,
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e3m2": ml_dtypes.float6_e3m2fn,
    "e2m3": ml_dtypes.float6_e2m3fn,
    "e2m1": ml_dtypes.float4_e2m1fn,
    "e8m0": ml_dtypes.float8_e8m0fnu,
    "e3m4": ml_dtypes.float8_e3m4,
    "e4m3ieee": ml_dtypes.float8_e4m3,
    "e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
    "e4m3b11fnuz": ml_dtypes.float8_e4m3b11fnuz,
    "bf16": ml_dtypes.bfloat16,
    "fp16": np.float16,
}
ODD_FORMATS = [
    *("e1m2", "e1m6none", "e2m0", "e3m0", "e4m0fn", "e7m0", "e8m0none", "e2m2fn", "e6m1ieee"),
    *("e4m3b-3", "e4m3b200", "e5m2b140", "e3m2nosub", "e4m3nosub", "ue4m3", "ue5m3", "e3m2fnuz"),
]


def all_codes(format):
    return np.arange(2**format.width, dtype=format.code_dtype)


@pytest.mark.parametrize("name", ML_DTYPES)
def test_decode_equals_ml_dtypes_for_every_code(name):
    format = formats.parse(name)
    codes = all_codes(format)
    with np.errstate(invalid="ignore"):
        expected = codes.view(ML_DTYPES[name]).astype(np.float64)
    np.testing.assert_array_equal(format.decode(codes), expected)
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(
        np.signbit(format.decode(codes))[finite], np.signbit(expected)[finite]
    )


@pytest.mark.parametrize("name", [*ODD_FORMATS, "e5m2", "e4m3", "e2m1", "e5m2fnuz", "fp16"])
def test_decode_equals_the_definition_in_fractions_for_every_code(name):
    format = formats.parse(name)
    codes = all_codes(format)
    values = format.decode(codes)
    nan, infinite = format.is_nan(codes), format.is_infinite(codes)
    for code in codes.tolist():
        negative, magnitude = value_of(format, code)
        assert nan[code] == (magnitude == NAN)
        assert infinite[code] == (magnitude == INFINITY)
        if magnitude == NAN:
            assert np.isnan(values[code])
        else:
            assert np.signbit(values[code]) == negative
            expected = np.inf if magnitude == INFINITY else magnitude
            assert abs(values[code]) == expected


def test_decode_of_fp32_equals_numpy_on_random_patterns():
    codes = np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32)
    with np.errstate(invalid="ignore"):
        expected = codes.view(np.float32).astype(np.float64)
    np.testing.assert_array_equal(formats.parse("fp32").decode(codes), expected)


def test_decode_of_tf32_equals_fp32_with_zeros_appended():
    codes = np.arange(2**19, dtype=np.uint32)
    expected = formats.parse("fp32").decode(codes << 13)
    np.testing.assert_array_equal(formats.parse("tf32").decode(codes), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.uint64])
def test_decode_takes_codes_of_any_integer_dtype_and_shape(dtype):
    format = formats.parse("e4m3")
    codes = np.array([[0x38, 0xB8], [0x7E, 0x01]]).astype(np.int64).astype(dtype)
    np.testing.assert_array_equal(format.decode(codes), [[1.0, -1.0], [448.0, 2.0**-9]])


@pytest.mark.parametrize("name", [*ML_DTYPES, *ODD_FORMATS])
def test_finite_parts_reproduce_every_finite_value(name):
    format = formats.parse(name)
    codes = all_codes(format)
    significand, lsb = format.finite_parts(codes)
    assert lsb == format.lsb_exponent
    values = format.decode(codes)
    finite = np.isfinite(values)
    scaled = np.ldexp(significand[finite].astype(np.float64), lsb)
    np.testing.assert_array_equal(scaled, values[finite])


@pytest.mark.parametrize(
    ("name", "code", "ordinary"),
    [
        ("e4m3", 0x7F, 480),
        ("e5m2", 0x7C, 2**16),
        ("e5m2", 0xFF, -1.75 * 2**16),
        ("e8m0", 255, 2**128),
    ],
)
def test_finite_parts_read_special_codes_as_ordinary_numbers(name, code, ordinary):
    significand, lsb = formats.parse(name).finite_parts(np.array([code]))
    assert int(significand[0]) * 2.0**lsb == ordinary


@pytest.mark.parametrize(
    ("name", "lsb"),
    [("e2m1", -1), ("e2m3", -3), ("e3m2", -4), ("e4m3", -9), ("e5m2", -16), ("fp32", -149)],
)
def test_lsb_exponent_of_standard_elements(name, lsb):
    assert formats.parse(name).lsb_exponent == lsb


@pytest.mark.parametrize(
    ("name", "largest"),
    [("e5m2", 57344), ("e4m3", 448), ("e3m2", 28), ("e2m3", 7.5), ("e2m1", 6), ("fp16", 65504)],
)
def test_largest_values_are_those_of_the_standard(name, largest):
    format = formats.parse(name)
    assert (format.max_value, format.min_value) == (largest, -largest)
    assert format.decode(format.max_code) == largest


def test_negative_sign_includes_minus_zero_and_excludes_nan():
    format = formats.parse("e4m3fnuz")
    assert format.is_negative(np.array([0x80, 0x81, 0x01])).tolist() == [False, True, False]
    assert formats.parse("e4m3").is_negative(np.array([0x80, 0xFF])).tolist() == [True, False]


@pytest.mark.parametrize("codes", [[64], [-1], [0, 4096]])
def test_codes_outside_the_format_are_refused(codes):
    with pytest.raises(UsageError, match=r"codes of e3m2 must be in 0\.\.63"):
        formats.parse("e3m2").decode(codes)


def test_float_codes_are_refused():
    with pytest.raises(UsageError, match="must be integers, not float64"):
        formats.parse("e3m2").decode([1.0])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(0, 5), st.sampled_from(list(formats.SPECIALS)), st.booleans())
def test_every_constructible_format_decodes_to_distinct_ordered_values(
    exponent_bits, significand_bits, specials, subnormals
):
    try:
        format = formats.FloatFormat(
            exponent_bits, significand_bits, specials=specials, subnormals=subnormals
        )
    except UsageError:
        return
    values = format.decode(np.arange(format.max_code + 1))
    steps = np.diff(values)
    assert (steps > 0).all() if subnormals else (steps >= 0).all()
