"""The golden model of ``float-compare`` against SoftFloat, ml_dtypes and the standard's text."""

import ml_dtypes
import numpy as np
import pytest
import softfloatpy as sf

from hwgen import formats
from hwgen.golden.float_compare import compare, is_signaling, select, total_order

FP16 = formats.parse("fp16")
OPERATIONS = ("minimum", "maximum", "minimum-number", "maximum-number")


def every_pair(width):
    codes = np.arange(1 << width, dtype=np.uint64)
    return (each.ravel() for each in np.meshgrid(codes, codes))


def some_halves(count, seed):
    random = np.random.default_rng(seed)
    corners = np.array(
        [0, 1, 0x3FF, 0x400, 0x3C00, 0x7BFF, 0x7C00, 0x7C01, 0x7DFF, 0x7E00, 0x7FFF], np.uint64
    )
    corners = np.concatenate([corners, corners | np.uint64(0x8000)])
    a, b = (each.ravel() for each in np.meshgrid(corners, corners))
    more = random.integers(0, 1 << 16, (2, count), dtype=np.uint64)
    return np.concatenate([a, more[0]]), np.concatenate([b, more[1]])


def test_relations_equal_softfloat():
    a, b = some_halves(3000, 1)
    relations = compare(a, b, FP16)
    for index, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        x, y = (sf.Float16.from_bytes(each.to_bytes(2, "big")) for each in (x, y))
        assert bool(relations["less"][index]) == sf.f16_lt_quiet(x, y)
        assert bool(relations["equal"][index]) == sf.f16_eq(x, y)
        assert bool(relations["greater"][index]) == sf.f16_lt_quiet(y, x)
        unordered = sf.f16_is_nan(x) or sf.f16_is_nan(y)
        assert bool(relations["unordered"][index]) == unordered


def test_signaling_codes_equal_softfloat():
    codes = np.arange(1 << 16)
    expected = [
        sf.f16_is_signaling_nan(sf.Float16.from_bytes(code.to_bytes(2, "big")))
        for code in codes.tolist()
    ]
    np.testing.assert_array_equal(is_signaling(codes, FP16), expected)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("e4m3", ml_dtypes.float8_e4m3fn),
        ("e5m2", ml_dtypes.float8_e5m2),
        ("e4m3fnuz", ml_dtypes.float8_e4m3fnuz),
    ],
)
def test_relations_of_small_formats_equal_those_of_ml_dtypes(name, dtype):
    a, b = every_pair(8)
    x, y = (each.astype(np.uint8).view(dtype).astype(np.float32) for each in (a, b))
    relations = compare(a, b, formats.parse(name))
    np.testing.assert_array_equal(relations["less"], x < y)
    np.testing.assert_array_equal(relations["equal"], x == y)
    np.testing.assert_array_equal(relations["unordered"], np.isnan(x) | np.isnan(y))


def test_total_order_is_that_of_signed_magnitudes():
    # equivalent to clause 5.10 for formats whose every code is canonical
    a, b = every_pair(8)
    keys = [np.where(each >> 7 == 1, -(each.astype(int) & 127) - 1, each) for each in (a, b)]
    relations = total_order(a, b, formats.parse("e5m2"))
    np.testing.assert_array_equal(relations["less"], keys[0] < keys[1])
    np.testing.assert_array_equal(relations["equal"], keys[0] == keys[1])
    assert not relations["unordered"].any()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_selection_follows_clause_9_6(operation):
    a, b = every_pair(8)
    fmt = formats.parse("e5m2")
    result = select(a, b, fmt, operation)
    x, y = (each.astype(np.uint8).view(ml_dtypes.float8_e5m2).astype(np.float64) for each in (a, b))
    one, other = np.isnan(x), np.isnan(y)
    if operation.endswith("number"):
        function = np.fmin if operation.startswith("minimum") else np.fmax
        np.testing.assert_array_equal(result == fmt.nan_code, one & other)
    else:
        function = np.minimum if operation.startswith("minimum") else np.maximum
        np.testing.assert_array_equal(result == fmt.nan_code, one | other)
    np.testing.assert_array_equal(fmt.decode(result), function(x, y))
    zeros = (x == 0) & (y == 0)
    signs = np.signbit(x[zeros]), np.signbit(y[zeros])
    minus = signs[0] | signs[1] if operation.startswith("minimum") else signs[0] & signs[1]
    np.testing.assert_array_equal(fmt.is_negative(result[zeros]), minus)


def test_flushed_operands_are_zeros_of_their_sign():
    relations = compare([1, 0x8001, 0x3FF], [0, 0, 0x400], FP16, "flush")
    assert relations["equal"].tolist() == [True, True, False]
    assert select([0x8001], [1], FP16, "minimum", "flush").tolist() == [0x8000]


def test_a_format_without_minus_zero_has_one_zero_for_what_is_flushed():
    fmt = formats.parse("e4m3fnuz")
    negative, nan = [0x81, 0x87], [0x80, 0x80]
    assert select(negative, [0, 0x88], fmt, "maximum", "flush").tolist() == [0, 0]
    assert compare(negative, [0, 0], fmt, "flush")["equal"].all()
    assert compare(nan, [0, 0], fmt, "flush")["unordered"].all()
