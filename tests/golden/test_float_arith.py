"""The golden models of float arithmetic against SoftFloat, ml_dtypes and exact fractions."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import softfloatpy as softfloat

from hwgen import formats
from hwgen.golden import float_arith
from hwgen.golden.float_round import round_exact

MODES = {
    "nearest-even": softfloat.RoundingMode.NEAR_EVEN,
    "nearest-away": softfloat.RoundingMode.NEAR_MAX_MAG,
    "toward-zero": softfloat.RoundingMode.MIN_MAG,
    "up": softfloat.RoundingMode.MAX,
    "down": softfloat.RoundingMode.MIN,
}
SOFT = {
    "fp16": (softfloat.Float16, "f16"),
    "fp32": (softfloat.Float32, "f32"),
}
FLAGS = {
    "invalid": softfloat.ExceptionFlag.INVALID,
    "overflow": softfloat.ExceptionFlag.OVERFLOW,
    "underflow": softfloat.ExceptionFlag.UNDERFLOW,
    "inexact": softfloat.ExceptionFlag.INEXACT,
}


def corner_codes(target):
    """Return codes around every edge of a format, both signs."""
    fraction = target.significand_bits
    edges = [0, 1 << fraction, target.max_code, target.infinity_code, target.nan_code]
    edges += [(1 << target.exponent_bits - 1) - 1 << fraction, 2 << fraction]
    near = np.unique(np.add.outer(edges, [-2, -1, 0, 1, 2]).ravel())
    near = near[(near >= 0) & (near < 1 << target.width - 1)]
    return np.concatenate([near, near | 1 << target.width - 1]).astype(np.uint64)


def operands(target, count, random, number=2):
    """Return arrays of operands: pairs of corners, random ones, and random close ones."""
    corners = corner_codes(target)
    pairs = np.array(np.meshgrid(corners, corners)).reshape(2, -1)
    extra = random.choice(corners, (number - 2, pairs.shape[1]))
    wild = random.integers(0, 1 << target.width, (number, count), dtype=np.uint64)
    # exponents a few steps apart, where sums cancel and products meet an addend
    middle = 1 << target.width - 3
    tame = middle + random.integers(0, 4 << target.significand_bits, (number, count))
    tame |= random.integers(0, 2, (number, count)) << target.width - 1
    return np.hstack([np.vstack([pairs, extra]), wild, tame.astype(np.uint64)])


def soft(name, operation, mode, *arrays):
    """Return codes and flags of SoftFloat, tininess after rounding."""
    kind, prefix = SOFT[name]
    function = getattr(softfloat, f"{prefix}_{operation}")
    softfloat.set_tininess_mode(softfloat.TininessMode.AFTER_ROUNDING)
    softfloat.set_rounding_mode(MODES[mode])
    codes, flags = [], []
    size = kind.size() // 8
    for row in zip(*(array.tolist() for array in arrays), strict=True):
        softfloat.set_exception_flags(0)
        result = function(*(kind.from_bytes(each.to_bytes(size, "big")) for each in row))
        codes.append(int.from_bytes(result.to_bytes(), "big"))
        flags.append(softfloat.get_exception_flags())
    return np.array(codes, np.uint64), np.array(flags)


def check(name, operation, mode, arrays, result):
    codes, flags = soft(name, operation, mode, *arrays)
    target = formats.parse(name)
    # SoftFloat's NaNs keep what its specialization wants; ours are canonical
    codes = np.where(target.is_nan(codes), np.uint64(target.nan_code), codes)
    np.testing.assert_array_equal(result.codes, codes)
    for flag, bit in FLAGS.items():
        np.testing.assert_array_equal(getattr(result, flag), flags & bit != 0, flag)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SOFT)
def test_sums_differences_and_products_are_those_of_softfloat(name, mode):
    target = formats.parse(name)
    a, b = operands(target, 1500, np.random.default_rng(1))
    options = {"rounding": mode}
    check(name, "add", mode, (a, b), float_arith.add(a, b, format=target, **options))
    difference = float_arith.add(a, b, format=target, subtract=True, **options)
    check(name, "sub", mode, (a, b), difference)
    kinds = {"format_a": target, "format_b": target, "output": target}
    check(name, "mul", mode, (a, b), float_arith.multiply(a, b, **kinds, **options))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SOFT)
def test_fused_multiply_add_is_that_of_softfloat(name, mode):
    target = formats.parse(name)
    a, b, c = operands(target, 1500, np.random.default_rng(2), number=3)
    kinds = {f"format_{each}": target for each in "abc"}
    result = float_arith.fused_multiply_add(a, b, c, output=target, **kinds, rounding=mode)
    check(name, "mul_add", mode, (a, b, c), result)


@pytest.mark.parametrize("name", ["float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "bfloat16"])
def test_narrow_formats_agree_with_ml_dtypes(name):
    kind = getattr(ml_dtypes, name)
    target = formats.parse({"bfloat16": "bf16"}.get(name, name.removeprefix("float8_")))
    if target.width == 8:
        a, b = (each.ravel() for each in np.meshgrid(*[np.arange(256, dtype=np.uint64)] * 2))
    else:
        a, b = operands(target, 30_000, np.random.default_rng(3))
    x, y = (each.astype(f"uint{target.width}").view(kind) for each in (a, b))
    kinds = {"format_a": target, "format_b": target, "output": target}
    with np.errstate(all="ignore"):
        wanted = {
            "sum": (x.astype(np.float64) + y.astype(np.float64)).astype(kind),
            "product": (x.astype(np.float64) * y.astype(np.float64)).astype(kind),
        }
    results = {
        "sum": float_arith.add(a, b, format=target),
        "product": float_arith.multiply(a, b, **kinds),
    }
    for what, values in wanted.items():
        codes = values.view(f"uint{target.width}").astype(np.uint64)
        nan = target.is_nan(codes)
        np.testing.assert_array_equal(target.is_nan(results[what].codes), nan, what)
        np.testing.assert_array_equal(results[what].codes[~nan], codes[~nan], what)


def exact(target, code):
    """Return the value of one finite code as a fraction, from the meaning of its fields."""
    fraction = int(code) & (1 << target.significand_bits) - 1
    field = int(code) >> target.significand_bits & (1 << target.exponent_bits) - 1
    significand = fraction + (field > 0) * 2**target.significand_bits
    scale = Fraction(2) ** (max(field, 1) - target.bias - target.significand_bits)
    return (-1) ** (int(code) >> target.width - 1) * significand * scale


def neighbors(target, value):
    """Return the finite codes next to a value: (at or below, at or above) in magnitude."""
    codes = [each for each in range(target.max_code + 1)]
    below = max(each for each in codes if exact(target, each) <= abs(value))
    above = below if exact(target, below) == abs(value) else below + 1
    return below, above


@pytest.mark.parametrize("mode", [*MODES, "stochastic"])
@pytest.mark.parametrize("subnormals", ["full", "flush"])
def test_rounding_of_fractions_is_that_of_the_definition(mode, subnormals):
    target = formats.parse("e4m3")
    least = exact(target, 8)
    random = np.random.default_rng(4)
    for _ in range(300):
        significand, exponent = int(random.integers(0, 1 << 12)), int(random.integers(-22, -4))
        negative, noise = bool(random.integers(2)), np.uint8(random.integers(256))
        value = Fraction(significand) * Fraction(2) ** exponent
        if value > exact(target, target.max_code):
            continue
        below, above = neighbors(target, value)
        gap = exact(target, above) - exact(target, below)
        part = (value - exact(target, below)) / gap if gap else Fraction(0)
        up = {
            "nearest-even": part > Fraction(1, 2) or (part == Fraction(1, 2) and below & 1),
            "nearest-away": part >= Fraction(1, 2),
            "toward-zero": False,
            "up": part > 0 and not negative,
            "down": part > 0 and negative,
            "stochastic": part * 256 // 1 + int(noise) >= 256,
        }[mode]
        wanted = above if up else below
        drawn = np.array([noise]) if mode == "stochastic" else None
        result = round_exact(
            [negative], [significand], [exponent], target, mode, "infinity", subnormals, drawn
        )
        if value >= least:
            assert result.codes[0] == wanted + (negative << 7)
            assert result.inexact[0] == (part != 0)
            assert not result.underflow[0]
        elif subnormals == "full":
            assert result.codes[0] == wanted + (negative << 7)
            assert result.inexact[0] == (part != 0)
        elif value < least * Fraction(15, 16):
            assert result.codes[0] == negative << 7
            assert result.underflow[0] == result.inexact[0] == (value != 0)


def test_stochastic_sums_are_right_on_average():
    target = formats.parse("e4m3")
    one, small = np.uint64(0x38), np.uint64(0x0A)
    random = np.arange(1 << 16, dtype=np.uint16)
    a, b = np.full(len(random), one), np.full(len(random), small)
    result = float_arith.add(a, b, format=target, rounding="stochastic", random=random)
    wanted = exact(target, one) + exact(target, small)
    mean = sum(map(Fraction, target.decode(result.codes).tolist())) / len(random)
    assert mean == wanted
