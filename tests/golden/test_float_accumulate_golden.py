"""The golden model of ``float-accumulate`` against exact fractions and the text of the standard."""

from fractions import Fraction
from math import fsum

import numpy as np
import pytest

from hwgen import formats
from hwgen.golden.float_accumulate import accumulate

FP16, FP32, BF16 = (formats.parse(name) for name in ("fp16", "fp32", "bf16"))


def one_sum(codes, fmt=FP16, out=FP32, **options):
    """Return the outputs of one sum."""
    marks = np.zeros((2, len(codes)), int)
    marks[0, 0] = marks[1, -1] = 1
    return {
        name: values[0]
        for name, values in accumulate(codes, *marks, fmt=fmt, out=out, **options).items()
    }


def halves(values):
    return np.asarray(values, np.float16).view(np.uint16)


@pytest.mark.parametrize("seed", range(20))
def test_a_sum_is_the_rounded_exact_sum(seed):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 0x7F80, 200) | random.integers(0, 2, 200) << 15
    values = BF16.decode(codes)
    result = one_sum(codes, BF16, FP32)["result"]
    # fsum rounds the exact sum to float64, which has more than twice the bits of fp32
    assert FP32.encode(np.array([fsum(values)]), overflow="infinity")[0] == result


def test_what_cancels_leaves_the_smallest_number():
    codes = halves([65504, 1, -65504, 6e-8, -1])
    assert FP32.decode([int(one_sum(codes)["result"])])[0] == 2.0**-24


def test_an_exact_result_is_the_integer_sum_of_units():
    codes = halves([1.5, -2.25, 6e-8])
    total = sum(Fraction(float(each)) for each in codes.view(np.float16)) * 2**24
    outputs = one_sum(codes, out=48)
    assert outputs["significand"] == int(total) % 2**48
    assert not outputs["nan"]


@pytest.mark.parametrize(
    ("values", "rounding", "negative"),
    [
        ([0.0, -0.0], "nearest-even", False),
        ([-0.0, -0.0], "nearest-even", True),
        ([1.0, -1.0], "nearest-even", False),
        ([1.0, -1.0], "down", True),
        ([0.0, 0.0], "down", False),
        ([-0.0, 0.0], "down", True),
        ([-0.0], "up", True),
    ],
)
def test_the_sign_of_a_zero_is_that_of_additions_one_after_the_other(values, rounding, negative):
    result = int(one_sum(halves(values), rounding=rounding)["result"])
    assert result == (0x80000000 if negative else 0)


@pytest.mark.parametrize(
    ("values", "expected", "invalid"),
    [
        ([np.inf, 1.0], np.inf, False),
        ([-np.inf, 1.0, -np.inf], -np.inf, False),
        ([np.inf, -np.inf], np.nan, True),
        ([np.nan, 1.0], np.nan, False),
        ([np.nan, np.inf, -np.inf], np.nan, False),
    ],
)
def test_infinities_and_nan_follow_the_sum_of_the_standard(values, expected, invalid):
    outputs = one_sum(halves(values))
    np.testing.assert_equal(FP32.decode([int(outputs["result"])])[0], expected)
    assert bool(outputs["invalid"]) == invalid
    assert not (outputs["overflow"] or outputs["inexact"])


def test_a_signaling_nan_is_invalid():
    assert one_sum(np.array([0x7D00, 0x3C00]))["invalid"]
    assert not one_sum(np.array([0x7E00, 0x3C00]))["invalid"]


def test_first_starts_anew_and_without_it_a_sum_goes_on():
    codes = halves([1, 2, 4, 8, 16])
    first, last = [0, 0, 0, 1, 0], [0, 1, 1, 0, 1]
    result = accumulate(codes, first, last, fmt=FP16, out=FP32)["result"]
    assert FP32.decode(result).tolist() == [3.0, 7.0, 24.0]


def test_flags_are_those_of_one_rounding():
    big = one_sum(halves([65504] * 3), out=FP16)
    assert (int(big["result"]), bool(big["overflow"]), bool(big["inexact"])) == (0x7C00, True, True)
    small = one_sum(halves([2.0**-24]), out=formats.parse("e4m3"))
    assert (bool(small["underflow"]), bool(small["inexact"])) == (True, True)
    exact = one_sum(halves([2.0**-24, 2.0**-24]), out=FP16)
    assert not (exact["underflow"] or exact["inexact"])


def test_flushed_numbers_are_zeros_of_their_sign():
    subnormal = np.array([0x8001])
    assert int(one_sum(subnormal, subnormals="flush")["result"]) == 0x80000000
    assert FP32.decode([int(one_sum(subnormal)["result"])])[0] == -(2.0**-24)
