"""The golden model of ``float-convert`` against SoftFloat, ml_dtypes and exact fractions."""

from fractions import Fraction
from math import ceil, floor

import ml_dtypes
import numpy as np
import pytest
import softfloatpy as sf

from hwgen import formats
from hwgen.golden.float_convert import convert

MODES = {
    "nearest-even": sf.RoundingMode.NEAR_EVEN,
    "nearest-away": sf.RoundingMode.NEAR_MAX_MAG,
    "toward-zero": sf.RoundingMode.MIN_MAG,
    "up": sf.RoundingMode.MAX,
    "down": sf.RoundingMode.MIN,
}
TYPES = {
    "fp16": (sf.Float16, 2),
    "fp32": (sf.Float32, 4),
    "int32": (sf.Int32, 4),
    "uint32": (sf.UInt32, 4),
}
CONVERSIONS = {
    ("fp16", "fp32"): sf.f16_to_f32,
    ("fp32", "fp16"): sf.f32_to_f16,
    ("fp32", "int32"): sf.f32_to_i32,
    ("fp32", "uint32"): sf.f32_to_ui32,
    ("fp16", "int32"): sf.f16_to_i32,
    ("int32", "fp32"): sf.i32_to_f32,
    ("int32", "fp16"): sf.i32_to_f16,
    ("uint32", "fp32"): sf.ui32_to_f32,
}


def operands(name, seed):
    """Return codes: random ones, powers of two with neighbors, and small and large values."""
    width = formats.parse(name).width
    random = np.random.default_rng(seed)
    codes = random.integers(0, 1 << width, 400, dtype=np.uint64)
    shifted = codes >> random.integers(0, width, 400, dtype=np.uint64)
    ones = np.uint64(1) << np.arange(width, dtype=np.uint64)
    near = np.concatenate([ones, ones - np.uint64(1), ones + np.uint64(1)])
    mask = np.uint64((1 << width) - 1)
    if name == "fp32":
        values = np.ldexp(random.uniform(1, 2, 600), random.integers(-30, 40, 600))
        values = np.concatenate([values, np.arange(0, 8, 0.25), 65504 + np.arange(0, 40.0)])
        values = np.concatenate([values, -values]).astype(np.float32)
        shifted = np.concatenate([shifted, values.view(np.uint32).astype(np.uint64)])
    return np.concatenate([codes, shifted, near, near << np.uint64(1), near ^ mask]) & mask


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pair", CONVERSIONS, ids="-".join)
def test_results_and_flags_equal_softfloat(pair, mode):
    source, target = pair
    codes = operands(source, 1)
    outputs = convert(codes, fmt=formats.parse(source), out=formats.parse(target), rounding=mode)
    kind, size = TYPES[source]
    sf.set_tininess_mode(sf.TininessMode.AFTER_ROUNDING)
    sf.set_rounding_mode(MODES[mode])
    to_integer = target.endswith("int32")
    for index, code in enumerate(codes.tolist()):
        sf.set_exception_flags(0)
        value = kind.from_bytes(code.to_bytes(size, "big"))
        arguments = (MODES[mode], True) if to_integer else ()
        expected = CONVERSIONS[pair](value, *arguments)
        flags = int(sf.get_exception_flags())
        ours = sum(
            int(outputs[name][index]) * int(bit)
            for name, bit in (
                ("invalid", sf.ExceptionFlag.INVALID),
                ("overflow", sf.ExceptionFlag.OVERFLOW),
                ("underflow", sf.ExceptionFlag.UNDERFLOW),
                ("inexact", sf.ExceptionFlag.INEXACT),
            )
            if name in outputs
        )
        result = int(outputs["result"][index])
        assert (hex(result), ours) == (hex(int.from_bytes(expected.to_bytes(), "big")), flags), hex(
            code
        )


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("e4m3", ml_dtypes.float8_e4m3fn),
        ("e5m2", ml_dtypes.float8_e5m2),
        ("e4m3fnuz", ml_dtypes.float8_e4m3fnuz),
        ("e5m2fnuz", ml_dtypes.float8_e5m2fnuz),
        ("bf16", ml_dtypes.bfloat16),
    ],
)
def test_every_half_becomes_what_ml_dtypes_makes_of_it(name, dtype):
    codes = np.arange(1 << 16, dtype=np.uint16)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = codes.view(np.float16).astype(np.float32).astype(dtype)
    out = formats.parse(name)
    result = convert(codes, fmt=formats.parse("fp16"), out=out)["result"]
    wanted = expected.view(f"uint{out.width}").astype(np.uint64)
    np.testing.assert_array_equal(out.is_nan(result), np.isnan(expected.astype(np.float32)))
    numbers = ~out.is_nan(result)
    np.testing.assert_array_equal(result[numbers], wanted[numbers])


RULES = {
    "nearest-even": round,
    "nearest-away": lambda value: floor(abs(value) + Fraction(1, 2)) * (1 if value > 0 else -1),
    "toward-zero": int,
    "up": ceil,
    "down": floor,
}


@pytest.mark.parametrize("mode", RULES)
@pytest.mark.parametrize("name", ["q3.4", "uq2.3", "int5", "uint4", "q-1.9", "q9.-3"])
def test_fixed_point_is_the_rounded_fraction_clipped(name, mode):
    out, fmt = formats.parse(name), formats.parse("e5m2")
    codes = np.arange(256)
    outputs = convert(codes, fmt=fmt, out=out, rounding=mode)
    lowest, highest = out.min_value, out.max_value
    for code in codes.tolist():
        value = float(fmt.decode([code])[0])
        result = float(out.decode([int(outputs["result"][code])])[0])
        if np.isnan(value):
            assert (result, bool(outputs["invalid"][code])) == (highest, True)
        elif np.isinf(value):
            assert (result, bool(outputs["invalid"][code])) == (
                highest if value > 0 else lowest,
                True,
            )
        else:
            unit = Fraction(2) ** out.lsb_exponent
            rounded = RULES[mode](Fraction(value) / unit) * unit
            assert result == min(max(rounded, Fraction(lowest)), Fraction(highest))
            assert bool(outputs["invalid"][code]) == (not lowest <= rounded <= highest)
            inexact = rounded != Fraction(value) and lowest <= rounded <= highest
            assert bool(outputs["inexact"][code]) == inexact


def test_stochastic_rounding_is_as_likely_as_the_discarded_fraction():
    random = np.arange(256, dtype=np.uint8)
    value = np.full(256, 0x3C00 | 0x0C0)  # 1 + 3/16 in fp16
    result = convert(
        value,
        fmt=formats.parse("fp16"),
        out=formats.parse("int8"),
        rounding="stochastic",
        random=random,
    )["result"]
    assert np.count_nonzero(result == 2) == 256 * 3 // 16
    assert np.count_nonzero(result == 1) == 256 * 13 // 16


def test_infinity_that_does_not_become_one_is_invalid():
    infinite = formats.parse("fp16").infinity_code
    for name, overflow, invalid in (
        ("bf16", "infinity", False),
        ("bf16", "saturate", True),
        ("e4m3", "infinity", True),
    ):
        outputs = convert(
            [infinite], fmt=formats.parse("fp16"), out=formats.parse(name), overflow=overflow
        )
        assert bool(outputs["invalid"][0]) == invalid
