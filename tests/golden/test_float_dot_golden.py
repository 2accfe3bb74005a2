"""The golden model of ``float-dot`` against exact fractions and SoftFloat's fused multiply-add."""

from fractions import Fraction

import numpy as np
import pytest
import softfloatpy as sf

from hwgen import formats
from hwgen.golden.float_dot import dot

FP16, FP32 = formats.parse("fp16"), formats.parse("fp32")
MODES = {
    "nearest-even": sf.RoundingMode.NEAR_EVEN,
    "toward-zero": sf.RoundingMode.MIN_MAG,
    "up": sf.RoundingMode.MAX,
    "down": sf.RoundingMode.MIN,
}
ONE = 0x3C00


def some_halves(shape, seed):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 1 << 16, shape)
    special = [0, 0x8000, 1, 0x3FF, 0x400, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x7D00, ONE]
    return np.where(random.integers(0, 3, shape) == 0, random.choice(special, shape), codes)


@pytest.mark.parametrize("mode", MODES)
def test_a_product_and_a_number_equal_softfloat(mode):
    """a * b + c * 1 is the fused multiply-add of IEEE 754, flags included."""
    a, b, c = some_halves((3, 1500), 1)
    # the second product may add to what the standard leaves open: invalid beside a NaN addend
    keep = ~FP16.is_nan(c)
    a, b, c = a[keep], b[keep], c[keep]
    pairs = np.stack([a, c], 1), np.stack([b, np.full_like(b, ONE)], 1)
    outputs = dot(*pairs, fmt_a=FP16, fmt_b=FP16, out=FP16, rounding=mode)
    sf.set_rounding_mode(MODES[mode])
    sf.set_tininess_mode(sf.TininessMode.AFTER_ROUNDING)
    names = ("invalid", "overflow", "underflow", "inexact")
    for index, codes in enumerate(zip(a.tolist(), b.tolist(), c.tolist(), strict=True)):
        sf.set_exception_flags(0)
        operands = [sf.Float16.from_bytes(code.to_bytes(2, "big")) for code in codes]
        expected = int.from_bytes(sf.f16_mul_add(*operands).to_bytes(), "big")
        flags = int(sf.get_exception_flags())
        ours = sum(
            int(outputs[name][index]) * int(getattr(sf.ExceptionFlag, name.upper()))
            for name in names
        )
        assert (int(outputs["result"][index]), ours) == (expected, flags), list(map(hex, codes))


@pytest.mark.parametrize("name", ["e4m3", "e5m2", "bf16", "fp32"])
def test_a_dot_product_is_the_rounded_sum_of_fractions(name):
    fmt = formats.parse(name)
    random = np.random.default_rng(3)
    codes = random.integers(0, 1 << fmt.width, (2, 50, 6))
    codes = np.where(fmt.is_nan(codes) | fmt.is_infinite(codes), 1, codes)
    # half of the products cancel, down to the last bit
    codes[0, :, 3:5] = codes[0, :, :2] ^ (1 << fmt.width - 1)
    codes[1, :, 3:5] = codes[1, :, :2]
    codes = np.where(fmt.is_nan(codes), 0, codes)
    result = dot(*codes, fmt_a=fmt, fmt_b=fmt, out=FP32)["result"]
    x, y = fmt.decode(codes[0]), fmt.decode(codes[1])
    for row in range(50):
        pairs = zip(x[row].tolist(), y[row].tolist(), strict=True)
        total = sum(Fraction(p) * Fraction(q) for p, q in pairs)
        exponent = 600
        scaled = total * 2**exponent
        assert scaled.denominator == 1
        wanted = FP32.round_scaled(
            np.array([scaled.numerator], object), -exponent, overflow="infinity"
        )
        assert FP32.decode(wanted)[0] == FP32.decode([int(result[row])])[0]


def test_infinity_times_zero_is_invalid_even_beside_a_nan():
    outputs = dot([[0x7C00, 0x7E00]], [[0, ONE]], fmt_a=FP16, fmt_b=FP16, out=FP16)
    assert (int(outputs["result"][0]), bool(outputs["invalid"][0])) == (FP16.nan_code, True)


def test_infinity_times_a_flushed_number_is_invalid():
    options = {"fmt_a": FP16, "fmt_b": FP16, "out": FP16}
    full = dot([[0x7C00]], [[1]], **options)
    flushed = dot([[0x7C00]], [[1]], subnormals="flush", **options)
    assert (int(full["result"][0]), bool(full["invalid"][0])) == (0x7C00, False)
    assert (int(flushed["result"][0]), bool(flushed["invalid"][0])) == (FP16.nan_code, True)


def test_negative_zero_products_sum_to_negative_zero():
    options = {"fmt_a": FP16, "fmt_b": FP16, "out": FP16}
    assert int(dot([[0x8000, 0]], [[ONE, 0xBC00]], **options)["result"][0]) == 0x8000
    assert int(dot([[0x8000, 0]], [[ONE, ONE]], **options)["result"][0]) == 0
