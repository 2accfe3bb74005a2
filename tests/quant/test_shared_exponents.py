"""Block minifloat, block log and RaZeR on power-of-two scales, against their definitions."""

from fractions import Fraction
from math import ceil, floor, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.formats.codebook import parse_codebook
from hwgen.formats.weights import parse_weight_format
from hwgen.quant.methods import parse_method

FP4 = (0, 0.5, 1, 1.5, 2, 3, 4, 6)
# groups below the range of E8M0 take its least scale: not what is asked here
small = st.floats(-64, 64, width=32).map(lambda weight: weight if abs(weight) > 2.0**-60 else 0.0)
weights = st.lists(
    st.one_of(st.just(0.0), st.floats(2.0**-20, 2.0**20, width=32), small), min_size=8, max_size=8
)


def minifloat_numbers(exponent_bits, fraction_bits, largest):
    """Return the magnitudes of block minifloat with ``bias = 2^e - 1 - floor(log2 largest)``."""
    bias = 2**exponent_bits - 1 - floor(log2(largest))
    parts = 2**fraction_bits
    found = [Fraction(part, parts) * Fraction(2) ** (1 - bias) for part in range(parts)]
    for field in range(1, 2**exponent_bits):
        scale = Fraction(2) ** (field - bias)
        found += [(1 + Fraction(part, parts)) * scale for part in range(parts)]
    return found


@settings(max_examples=60, deadline=None)
@given(weights, st.sampled_from([(2, 1), (2, 3), (3, 2), (4, 3)]))
def test_block_minifloat_has_the_numbers_of_its_shared_bias(row, fields):
    exponent_bits, fraction_bits = fields
    matrix = np.array([row], np.float32)
    method = parse_method(f"minifloat-e{exponent_bits}m{fraction_bits}/8")
    found = method.quantize(matrix).dequantize()[0]
    largest = max(map(abs, matrix[0].tolist()))
    if not largest:
        assert not found.any()
        return
    numbers = minifloat_numbers(exponent_bits, fraction_bits, largest)
    for weight, value in zip(matrix[0].tolist(), found.tolist(), strict=True):
        distance = abs(abs(Fraction(value)) - abs(Fraction(weight)))
        assert abs(Fraction(value)) in numbers
        assert distance == min(abs(each - abs(Fraction(weight))) for each in numbers)
        assert value * weight >= 0


@settings(max_examples=60, deadline=None)
@given(weights, st.integers(2, 5))
def test_block_log_has_the_powers_of_two_of_its_shared_bias(row, bits):
    matrix = np.array([row], np.float32)
    found = parse_method(f"log{bits}", 8, "e8m0").quantize(matrix).dequantize()[0]
    largest = max(map(abs, matrix[0].tolist()))
    if not largest:
        assert np.abs(found).max() < 1e-20
        return
    most = 2 ** (bits - 1) - 1
    bias = most - ceil(log2(largest))
    powers = [Fraction(2) ** (field - bias) for field in range(most + 1)]
    for weight, value in zip(matrix[0].tolist(), found.tolist(), strict=True):
        assert abs(Fraction(value)) in powers
        numbers = [*powers, *(-each for each in powers)]
        nearest = min(abs(each - Fraction(weight)) for each in numbers)
        assert abs(Fraction(value) - Fraction(weight)) == nearest


def test_fp4_with_power_of_two_scales_is_mxfp4():
    matrix = np.random.default_rng(1).normal(size=(16, 128)).astype(np.float32)
    ours = parse_method("fp4", 32, "e8m0").quantize(matrix)
    standard = parse_method("mxfp4/32").quantize(matrix)
    np.testing.assert_array_equal(ours.dequantize(), standard.dequantize())
    np.testing.assert_array_equal(ours.arrays["scales"], standard.arrays["scales"])
    assert ours.bits_per_weight == standard.bits_per_weight


@settings(max_examples=60, deadline=None)
@given(weights)
def test_razer_on_mxfp4_takes_the_special_value_with_the_least_error(row):
    matrix = np.array([row], np.float32)
    made = parse_method("razer4", 8, "e8m0").quantize(matrix)
    largest = max(map(abs, matrix[0].tolist()))
    if not largest:
        assert not made.dequantize().any()
        return
    scale = Fraction(2) ** (floor(log2(largest)) - 2)
    errors = []
    for special in (2.5, -2.5, 5, -5, 8, -8):
        numbers = [Fraction(sign * each) * scale for each in FP4 for sign in (1, -1)]
        numbers.append(Fraction(special) * scale)
        nearest = [min(abs(each - Fraction(w)) for each in numbers) for w in matrix[0].tolist()]
        errors.append(sum(each**2 for each in nearest))
    pairs = zip(made.dequantize()[0].tolist(), matrix[0].tolist(), strict=True)
    found = sum((Fraction(value) - Fraction(weight)) ** 2 for value, weight in pairs)
    assert float(found) == pytest.approx(float(min(errors)), rel=1e-12)


def test_fp4_with_scales_in_the_way_of_nvfp4_is_nvfp4():
    matrix = np.random.default_rng(1).normal(size=(16, 128)).astype(np.float32) * 0.01
    ours = parse_method("fp4", 16, "e4m3-fp32").quantize(matrix)
    standard = parse_method("nvfp4").quantize(matrix)
    np.testing.assert_array_equal(ours.dequantize(), standard.dequantize())
    np.testing.assert_array_equal(ours.arrays["tensor_scale"], standard.arrays["tensor_scale"])
    assert ours.bits_per_weight == standard.bits_per_weight
    assert ours.form.name == "group-e2m1-e4m3-fp32/16"
    assert parse_weight_format(ours.form.name) == ours.form


def test_a_matrix_of_zeros_has_a_scale_of_one_in_the_way_of_nvfp4():
    made = parse_method("razer4", 16, "e4m3-fp32").quantize(np.zeros((2, 32), np.float32))
    assert not made.dequantize().any()
    assert np.uint32(made.arrays["tensor_scale"][0]).view(np.float32) == 1.0


@pytest.mark.parametrize(
    ("group", "scale", "plain"), [(32, "e8m0", "mxfp4"), (16, "e4m3-fp32", "nvfp4")]
)
@pytest.mark.parametrize("size", [1.0, 0.001])
def test_razer_has_less_error_than_what_it_is_on(group, scale, plain, size, monkeypatch):
    matrix = np.random.default_rng(2).normal(size=(64, 256)).astype(np.float32) * np.float32(size)
    made = parse_method("razer4", group, scale).quantize(matrix)
    errors = [each.relative_error(matrix) for each in (made, parse_method(plain).quantize(matrix))]
    assert errors[0] < 0.9 * errors[1]
    monkeypatch.setattr("hwgen.quant.matrix.PART", 5 * 256)
    parts = parse_method("razer4", group, scale).quantize(matrix)
    np.testing.assert_array_equal(parts.dequantize(), made.dequantize())


@pytest.mark.parametrize("name", ["bipolar3", "xnor", "log4"])
@pytest.mark.parametrize("scale", ["fp16", "bf16", "uint8"])
def test_a_group_of_zeros_stays_small_where_no_entry_is_zero(name, scale):
    matrix = np.zeros((2, 8), np.float32)
    matrix[1, 4:] = 3
    values = parse_method(name, 4, scale).quantize(matrix).dequantize()
    assert np.abs(values[0]).max() < 1e-4
    assert np.abs(values[1, :4]).max() < 1e-4


def test_logarithmic_codebooks_hold_powers_of_two():
    assert parse_codebook("log3").entries == (1, 2, 4, 8, -1, -2, -4, -8)
    assert parse_codebook("log6").largest == 2**31
    with pytest.raises(UsageError, match="logN"):
        parse_codebook("log7")


@pytest.mark.parametrize("name", ["int4-asym", "quest4", "ternary", "xnor", "olive4"])
@pytest.mark.parametrize("scale", ["e8m0", "e4m3-fp32"])
def test_block_scales_of_methods_with_other_rules_are_refused(name, scale):
    with pytest.raises(UsageError, match=f"scale of {name} must be a float format, not {scale}"):
        parse_method(name, scale=scale)
