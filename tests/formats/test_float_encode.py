"""Encoding and exact rounding of float and scale formats."""

from fractions import Fraction

import gfloat
import gfloat.formats
import ml_dtypes
import numpy as np
import pytest
from exact_reference import encode, power, round_magnitude, value_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_float_decode import ML_DTYPES, ODD_FORMATS, all_codes

from hwgen import formats
from hwgen.errors import UsageError

DETERMINISTIC = [name for name in formats.ROUNDINGS if name != "stochastic"]
GFLOAT_MODES = {
    "nearest-even": gfloat.RoundMode.TiesToEven,
    "nearest-away": gfloat.RoundMode.TiesToAway,
    "toward-zero": gfloat.RoundMode.TowardZero,
    "up": gfloat.RoundMode.TowardPositive,
    "down": gfloat.RoundMode.TowardNegative,
}
GFLOAT_FORMATS = {
    "fp16": gfloat.formats.format_info_binary16,
    "bf16": gfloat.formats.format_info_bfloat16,
    "e5m2": gfloat.formats.format_info_ocp_e5m2,
    "e4m3": gfloat.formats.format_info_ocp_e4m3,
    "e3m2": gfloat.formats.format_info_ocp_e3m2,
    "e2m3": gfloat.formats.format_info_ocp_e2m3,
    "e2m1": gfloat.formats.format_info_ocp_e2m1,
}


def probes(format, dtype, seed=0):
    """Return all values, midpoints, next neighbours of both, random values and random patterns."""
    random = np.random.default_rng(seed)
    values = format.decode(all_codes(format)) if format.width <= 8 else np.zeros(0)
    finite = np.sort(values[np.isfinite(values)])
    beyond = format.max_value * np.array([1 + 2.0**-5, 1.0625, 1.25, 1.5, 2, 4, 2.0**20])
    finite = np.concatenate([finite, beyond, -beyond])
    with np.errstate(over="ignore"):
        points = np.concatenate([finite, (finite[1:] + finite[:-1]) / 2]).astype(dtype)
    bits = np.dtype(f"uint{np.finfo(dtype).bits}")
    patterns = np.frombuffer(random.bytes(4000 * bits.itemsize), bits).view(dtype)
    spread = np.exp2(random.integers(-24, 20, 4000)) * random.standard_normal(4000)
    tiny = np.finfo(dtype).smallest_subnormal * np.array([1, -1, 3], dtype)
    return np.concatenate(
        [
            points,
            np.nextafter(points, dtype(np.inf)),
            np.nextafter(points, dtype(-np.inf)),
            spread.astype(dtype),
            patterns,
            np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype),
            tiny,
        ]
    )


def assert_same_codes(format, actual, expected, values):
    wrong = (actual != expected) & ~(format.is_nan(actual) & format.is_nan(expected))
    assert not wrong.any(), list(zip(values[wrong], actual[wrong], expected[wrong], strict=True))[
        :5
    ]


@pytest.mark.parametrize("name", ML_DTYPES)
def test_encode_of_float32_equals_ml_dtypes(name):
    format = formats.parse(name)
    values = probes(format, np.float32)
    if format.nan_code is None:
        values = values[~np.isnan(values)]
    if name == "e8m0":
        # ml_dtypes rounds subnormal float32 upwards and 0 to NaN; other tests check those.
        values = values[(np.abs(values) >= 2.0**-126) | np.isnan(values)]
    with np.errstate(all="ignore"):
        expected = values.astype(ML_DTYPES[name]).view(format.code_dtype)
    assert_same_codes(format, format.encode(values, overflow="infinity"), expected, values)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rounding", DETERMINISTIC)
@pytest.mark.parametrize("name", GFLOAT_FORMATS)
def test_encode_equals_gfloat_in_every_rounding_mode(name, rounding, dtype):
    format, info = formats.parse(name), GFLOAT_FORMATS[name]
    values = probes(format, dtype)
    values = values[~np.isnan(values)]
    wide = values.astype(np.float64)
    policies = ("saturate", "infinity") if format.nan_code is not None else ("saturate",)
    for overflow in policies:
        with np.errstate(all="ignore"):
            expected = gfloat.round_ndarray(
                info, wide, GFLOAT_MODES[rounding], sat=overflow == "saturate"
            )
        actual = format.decode(format.encode(values, rounding, overflow))
        np.testing.assert_array_equal(actual, expected)
        number = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(actual)[number], np.signbit(expected)[number])


@pytest.mark.parametrize("name", ["e5m2", "e4m3", "e2m1", "fp16"])
def test_stochastic_rounding_adds_random_bits_below_the_kept_ones(name):
    format, info = formats.parse(name), GFLOAT_FORMATS[name]
    random = np.random.default_rng(5)
    values = random.standard_normal(20_000) * np.exp2(random.integers(-12, 3, 20_000))
    bits = random.integers(0, 2**8, values.size, dtype=np.uint8)
    expected = gfloat.round_ndarray(
        info, values, gfloat.RoundMode.StochasticFastest, True, bits.astype(np.int64), 8
    )
    actual = format.decode(format.encode(values, "stochastic", random=bits))
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("overflow", formats.OVERFLOWS)
@pytest.mark.parametrize("name", ODD_FORMATS)
def test_encode_of_odd_formats_equals_the_definition_in_fractions(name, overflow):
    format = formats.parse(name)
    # A midpoint needs two bits more than a value, which float64 always has.
    values = probes(format, np.float64)
    values = values[
        np.isfinite(values) & (np.abs(values) < 2.0**260) & (np.abs(values) > 2.0**-260)
    ]
    values = np.random.default_rng(7).choice(values, 250)
    for rounding in DETERMINISTIC:
        codes = format.encode(values, rounding, overflow)
        assert_definition(format, values, codes, rounding, overflow)


def assert_definition(format, values, codes, rounding, overflow):
    for value, code in zip(values, codes.tolist(), strict=True):
        exact = value if isinstance(value, Fraction) else Fraction(float(value))
        negative, magnitude = encode(format, exact, rounding, overflow)
        found_negative, found = value_of(format, code)
        assert found == magnitude, (value, code, rounding)
        assert found_negative == negative, (value, code, rounding)


@pytest.mark.parametrize("name", ["e4m3", "e5m2", "e3m4", "e2m1", "e4m3b200", "e3m2nosub", "ue4m3"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_table_path_equals_exact_path(name, dtype):
    format = formats.parse(name)
    values = probes(format, dtype, seed=3)
    for rounding in DETERMINISTIC:
        for overflow in formats.OVERFLOWS:
            fast = format.encode(values, rounding, overflow)
            slow = format._encode_exactly(values, rounding, overflow, None)
            assert_same_codes(format, fast, slow, values)


def test_encode_of_float64_rounds_once():
    # Just above a midpoint of e4m3; float32 would round it onto the midpoint first.
    value = np.array([1 + 2.0**-4 + 2.0**-40])
    assert formats.parse("e4m3").encode(value) == 0x39
    assert formats.parse("e4m3").encode(value.astype(np.float32)) == 0x38
    assert formats.parse("fp16").encode(np.array([1 + 2.0**-11 + 2.0**-40])) == 0x3C01


def test_encode_to_fp32_equals_numpy():
    random = np.random.default_rng(2)
    values = random.standard_normal(50_000) * np.exp2(random.integers(-160, 130, 50_000))
    with np.errstate(over="ignore"):
        expected = values.astype(np.float32).view(np.uint32)
    np.testing.assert_array_equal(
        formats.parse("fp32").encode(values, overflow="infinity"), expected
    )


@pytest.mark.parametrize("name", [*ML_DTYPES, *ODD_FORMATS, "tf32"])
def test_encode_inverts_decode(name):
    format = formats.parse(name)
    codes = all_codes(format)
    again = format.encode(format.decode(codes), overflow="infinity")
    same = np.ones(codes.size, bool)
    if getattr(format, "subnormals", True) is False:
        same = format.decode(codes) != 0
    assert_same_codes(format, again[same], codes[same], codes[same])


@pytest.mark.parametrize(
    ("name", "overflow", "codes"),
    [
        ("e5m2", "saturate", [0x7B, 0xFB, 0x7E]),
        ("e5m2", "infinity", [0x7C, 0xFC, 0x7E]),
        ("e4m3", "saturate", [0x7E, 0xFE, 0x7F]),
        ("e4m3", "infinity", [0x7F, 0xFF, 0x7F]),
        ("e2m1", "saturate", [0x7, 0xF, 0x7]),
        ("e2m1", "infinity", [0x7, 0xF, 0x7]),
        ("e4m3fnuz", "saturate", [0x7F, 0xFF, 0x80]),
        ("e4m3fnuz", "infinity", [0x80, 0x80, 0x80]),
        ("ue4m3", "saturate", [0x7E, 0x00, 0x7F]),
        ("e8m0", "saturate", [0xFE, 0x00, 0xFF]),
        ("e8m0", "infinity", [0xFF, 0xFF, 0xFF]),
    ],
)
def test_infinities_and_nan_follow_the_overflow_policy(name, overflow, codes):
    values = np.array([np.inf, -np.inf, np.nan])
    assert formats.parse(name).encode(values, overflow=overflow).tolist() == codes


@pytest.mark.parametrize(
    ("rounding", "positive", "negative"),
    [("toward-zero", 0x7B, 0xFB), ("up", 0x7C, 0xFB), ("down", 0x7B, 0xFC)],
)
def test_directed_modes_overflow_as_ieee_754(rounding, positive, negative):
    codes = formats.parse("e5m2").encode(np.array([1e9, -1e9]), rounding, "infinity")
    assert codes.tolist() == [positive, negative]


def test_minus_zero_is_kept_where_the_format_has_it():
    values = np.array([-0.0, -1e-30])
    assert formats.parse("e4m3").encode(values).tolist() == [0x80, 0x80]
    assert formats.parse("e4m3fnuz").encode(values).tolist() == [0, 0]
    assert formats.parse("int8").encode(values).tolist() == [0, 0]


def test_e8m0_rounds_ties_to_the_larger_power():
    values = np.array([1.5, 3.0, 6.0, 2.0**-127 * 1.25, 2.0**-127 * 1.5, 2.0**-140, 0.0])
    assert formats.parse("e8m0").encode(values).tolist() == [128, 129, 130, 0, 1, 0, 0]


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["e4m3", "e5m2", "e2m1", "fp16", "bf16", "e3m0", "e3m2nosub", "e4m3fnuz"]),
    significand=st.integers(-(2**63), 2**63 - 1) | st.integers(-600, 600),
    exponent=st.integers(-120, 60) | st.integers(-20, 10),
    rounding=st.sampled_from(DETERMINISTIC),
    overflow=st.sampled_from(list(formats.OVERFLOWS)),
)
def test_round_scaled_rounds_the_exact_value_once(name, significand, exponent, rounding, overflow):
    format = formats.parse(name)
    exact = significand * power(exponent)
    for dtype in (np.int64, object):
        codes = format.round_scaled(np.array([significand], dtype), exponent, rounding, overflow)
        assert_definition(format, [exact], codes, rounding, overflow)


@settings(max_examples=100, deadline=None)
@given(
    significand=st.integers(-(2**200), 2**200),
    exponent=st.integers(-420, 80),
    rounding=st.sampled_from(DETERMINISTIC),
)
def test_round_scaled_takes_integers_of_any_size(significand, exponent, rounding):
    format = formats.parse("fp32")
    code = format.round_scaled(np.array([significand], object), exponent, rounding, "infinity")
    expected = Fraction(0)
    if significand:
        magnitude = abs(significand) * power(exponent)
        expected = round_magnitude(format, magnitude, significand < 0, rounding)
    found = abs(format.decode(code)[0])
    if expected > format.max_value:
        toward_zero = {"toward-zero": True, "up": significand < 0, "down": significand > 0}
        assert found == (format.max_value if toward_zero.get(rounding) else np.inf)
    else:
        assert Fraction(found) == expected


@settings(max_examples=100, deadline=None)
@given(
    significand=st.integers(-(2**62), 2**62),
    exponent=st.integers(-80, -20),
    random=st.integers(0, 2**16 - 1),
)
def test_stochastic_rule_is_the_documented_one(significand, exponent, random):
    format = formats.parse("e4m3")
    expected = Fraction(0)
    if significand:
        magnitude = abs(significand) * power(exponent)
        expected = round_magnitude(format, magnitude, significand < 0, "stochastic", (16, random))
    expected = min(expected, Fraction(448))
    for dtype in (np.int64, object):
        code = format.round_scaled(
            np.array([significand], dtype), exponent, "stochastic", random=np.uint16(random)
        )
        assert value_of(format, int(code[0]))[1] == expected


def test_round_scaled_agrees_for_int64_and_python_integers():
    random = np.random.default_rng(11)
    significand = random.integers(-(2**63), 2**63 - 1, 3000) >> random.integers(0, 63, 3000)
    exponent = random.integers(-170, 140, 3000)
    for name in ("fp32", "bf16", "e4m3", "e8m0", "q3.5", "uint8", "int24"):
        format = formats.parse(name)
        for rounding in DETERMINISTIC:
            fast = format.round_scaled(significand, exponent, rounding, "infinity")
            slow = format.round_scaled(significand.astype(object), exponent, rounding, "infinity")
            np.testing.assert_array_equal(fast, slow)


def test_round_scaled_survives_absurd_exponents():
    format = formats.parse("fp32")
    for dtype in (np.int64, object):
        significand = np.array([1, -1, 0, 1], dtype)
        exponent = np.array([10**17, 10**17, 10**17, -(10**17)])
        codes = format.round_scaled(significand, exponent, overflow="infinity")
        assert codes.tolist() == [0x7F800000, 0xFF800000, 0, 0]
        assert format.round_scaled(significand, exponent, "up").tolist()[3] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rounding": "nearest"}, "did you mean 'nearest-"),
        ({"overflow": "saturated"}, "did you mean 'saturate'"),
        ({"rounding": "stochastic"}, "random must be given"),
        ({"random": np.zeros(1, np.uint8)}, "random must be given"),
        ({"rounding": "stochastic", "random": np.zeros(1)}, "random must be an array of uint8"),
    ],
)
def test_wrong_modes_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        formats.parse("e4m3").encode([1.0], **arguments)


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(UsageError, match="values must be float16, float32, float64 or integers"):
        formats.parse("e4m3").encode(np.array(["1"]))
    with pytest.raises(UsageError, match="must be integers"):
        formats.parse("e4m3").round_scaled(np.array([1.5]), 0)


def test_encode_of_integers_is_exact_beyond_float64():
    value = np.array([2**60 + 2**36 + 1])
    assert formats.parse("fp32").encode(value) == formats.parse("fp32").encode(2.0**60) + 1
    assert formats.parse("bf16").encode(ml_dtypes.bfloat16(3).astype(np.float16)) == 0x4040
