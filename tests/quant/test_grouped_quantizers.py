"""Quantizers with a scale a group, against definitions in exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quant_reference import asymmetric_codes, best_special, nearest, ternary_trits

from hwgen import formats
from hwgen.formats.weights import parse_weight_format
from hwgen.quant.grouped import (
    NORMAL_RANGE,
    absmean,
    asymmetric,
    mean_scaled_signs,
    nearest_entry,
    outlier_victim,
    rms_scaled,
)
from hwgen.quant.methods import parse_method

BASES = {
    "bitmod-fp3": ([0, 1, 2, 4, -1, -2, -4], [3, -3, 6, -6], 0),
    "bitmod-fp4": ([0, *(sign * m for m in (1, 2, 3, 4, 6, 8, 12) for sign in (1, -1))],
                   [10, -10, 16, -16], -1),
}  # fmt: skip
# float32 numbers of a few bits: ties and equal magnitudes are frequent
coarse = st.integers(-40, 40).map(lambda each: each / 8)
rows = st.lists(coarse, min_size=6, max_size=6)
matrices = st.lists(rows, min_size=2, max_size=2)


def unit_of(largest, entry, lsb_exponent=0, scale="fp32"):
    """Return the value of the integer 1 as its scale is stored."""
    form, ideal = formats.parse(scale), (largest or entry) / entry
    return float(form.decode(form.encode(ideal * 2.0**-lsb_exponent))) * 2.0**lsb_exponent


@settings(max_examples=100, deadline=None)
@given(matrices, st.sampled_from(["int4", "int3", "e2m1", "flint4", "nf4", "bipolar3", "pot4"]))
def test_the_largest_weight_becomes_the_largest_entry_and_the_others_the_nearest(matrix, name):
    form = parse_weight_format(f"group-{name}-fp16/4")
    matrix = np.array(matrix, np.float32)
    arrays = nearest_entry(matrix, form)
    form.check(arrays, matrix.shape)
    integers, lsb = form.codebook.grid()[0].tolist(), form.codebook.lsb_exponent
    found = form.significands(arrays, matrix.shape)
    for row in range(2):
        for start, stop in ((0, 4), (4, 6)):
            weights = matrix[row, start:stop].tolist()
            largest = max(map(abs, weights)) or max(map(abs, integers))
            unit = unit_of(largest, max(map(abs, integers)), lsb, "fp16")
            wanted = [nearest(each, integers, unit) for each in weights]
            assert found[row, start:stop].tolist() == wanted


@settings(max_examples=100, deadline=None)
@given(matrices, st.sampled_from(list(BASES)))
def test_bitmod_keeps_the_first_special_value_with_the_least_error(matrix, name):
    base, specials, lsb = BASES[name]
    form = parse_weight_format(f"group-{name}-fp32/3")
    matrix = np.array(matrix, np.float32)
    arrays = nearest_entry(matrix, form)
    found = form.significands(arrays, matrix.shape)
    for row in range(2):
        for group in range(2):
            weights = matrix[row, 3 * group : 3 * group + 3].tolist()
            if not any(weights):
                continue
            index, wanted = best_special(
                weights, base, specials, lambda largest, entry: unit_of(largest, entry, lsb)
            )
            values = found[row, 3 * group : 3 * group + 3].tolist()
            same_error = _error(weights, values, specials, base, arrays, row, group, lsb)
            wanted_error = _ideal_error(weights, wanted, specials[index], base, lsb)
            # float64 sums may take two equal errors for different ones
            assert same_error == pytest.approx(wanted_error, rel=1e-12, abs=1e-18)


def _error(weights, values, specials, base, arrays, row, group, lsb):
    special = specials[arrays["selectors"][row, group]]
    return _ideal_error(weights, values, special, base, lsb)


def _ideal_error(weights, values, special, base, lsb):
    entry = max(map(abs, [*base, special]))
    unit = Fraction(unit_of(max(map(abs, weights)), entry, lsb))
    pairs = zip(weights, values, strict=True)
    return float(sum((value * unit - Fraction(each)) ** 2 for each, value in pairs))


@settings(max_examples=100, deadline=None)
@given(matrices, st.integers(2, 8))
def test_zero_points_and_codes_round_to_even(matrix, bits):
    form = parse_weight_format(f"group-uint{bits}-zero-fp32/3")
    matrix = np.array(matrix, np.float32)
    arrays = asymmetric(matrix, form)
    form.check(arrays, matrix.shape)
    for row in range(2):
        for group in range(2):
            weights = matrix[row, 3 * group : 3 * group + 3].tolist()
            span = max(0.0, *weights) - min(0.0, *weights)
            unit = unit_of(span, 2**bits - 1) if span else 1.0
            zero, codes = asymmetric_codes(weights, unit, bits)
            assert arrays["zero_points"][row, group] == zero
            assert arrays["codes"][row, 3 * group : 3 * group + 3].tolist() == codes


@settings(max_examples=100, deadline=None)
@given(matrices)
def test_ternary_weights_are_rounded_quotients_by_the_mean_magnitude(matrix):
    form = parse_weight_format("group-ternary-fp32/tensor")
    matrix = np.array(matrix, np.float32)
    arrays = absmean(matrix, form)
    weights = matrix.reshape(-1).tolist()
    mean = sum(map(abs, map(Fraction, weights))) / len(weights)
    unit = float(np.float32(max(float(mean), 1e-5)))
    wanted = ternary_trits(weights, unit)
    assert form.significands(arrays, matrix.shape).reshape(-1).tolist() == wanted


def test_signs_have_the_mean_magnitude_of_their_row():
    form = parse_weight_format("group-bipolar1-fp32/row")
    matrix = np.array([[1.0, -2.0, 0.0], [0.5, 0.5, -0.25]], np.float32)
    values = form.dequantize(mean_scaled_signs(matrix, form), (2, 3))
    third = float(np.float32(1.25 / 3))
    assert values.tolist() == [[1, -1, 1], [third, third, -third]]


def test_weights_beyond_three_deviations_take_the_place_of_their_neighbors():
    form = parse_weight_format("group-olive4-fp32/row")
    matrix = np.tile(np.array([[1.0, -7.0, 3.0, 2.0]], np.float32), (1, 50))
    matrix[0, 10], matrix[0, 13] = 60.0, -97.0
    values = form.dequantize(outlier_victim(matrix, form), matrix.shape)
    wanted = matrix.copy()
    wanted[0, [10, 11, 12, 13]] = [64.0, 0.0, 0.0, -96.0]
    np.testing.assert_array_equal(values, wanted)


@pytest.mark.parametrize("bits", NORMAL_RANGE)
def test_the_range_of_quest_is_the_best_for_a_normal_distribution(bits):
    # sample points of equal probability, errors of ranges around the one in the table
    from statistics import NormalDist

    points = np.array([NormalDist().inv_cdf((i + 0.5) / 20000) for i in range(20000)])
    codebook = formats.codebook.parse_codebook(f"bipolar{bits}")

    def error(half_range):
        unit = half_range / codebook.largest
        codes = codebook.encode(points, unit)
        return ((codebook.significands(codes) * unit - points) ** 2).mean()

    best = error(NORMAL_RANGE[bits])
    assert best < 1.01 * min(error(NORMAL_RANGE[bits] * factor) for factor in (0.93, 1.07))


def test_quest_scales_by_the_root_mean_square():
    form = parse_weight_format("group-bipolar2-fp32/row")
    matrix = np.array([[3.0, -4.0, 0.0, 5.0]], np.float32)
    unit = float(np.float32(1.4935 * np.sqrt(50 / 4) / 3))
    values = form.dequantize(rms_scaled(matrix, form), matrix.shape)
    np.testing.assert_allclose(values / unit, [[1, -3, -1, 3]])


def test_a_group_of_zeros_stays_zero_and_a_tiny_one_keeps_its_scale():
    matrix = np.array([[0.0] * 4 + [1e-9, -1e-9, 0, 0]], np.float32)
    for name in ("int4", "int4-asym", "bitmod4", "nf4", "fp3"):
        quantized = parse_method(name, 4).quantize(matrix)
        assert not quantized.dequantize()[0, :4].any(), name
        assert quantized.form.scale.decode(quantized.arrays["scales"]).min() > 0


def test_second_level_scales_are_eight_bits_of_the_largest_of_the_row():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(4, 64)).astype(np.float32)
    one, two = (parse_method("bitmod4", 16, each).quantize(matrix) for each in ("fp32", "uint8"))
    np.testing.assert_array_equal(one.arrays["codes"], two.arrays["codes"])
    np.testing.assert_array_equal(one.arrays["selectors"], two.arrays["selectors"])
    units = formats.parse("fp32").decode(one.arrays["scales"])
    rows = formats.parse("fp32").decode(two.arrays["row_scales"])
    np.testing.assert_allclose(rows, units.max(axis=1) / 255, rtol=2.0**-23)
    np.testing.assert_array_equal(two.arrays["scales"], np.rint(units / rows[:, None]))
    assert two.arrays["scales"].max() == 255
