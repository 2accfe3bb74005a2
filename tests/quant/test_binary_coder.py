"""Binary coding against brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.formats.weights import parse_weight_format
from hwgen.quant.binary_coding import binary_coded
from hwgen.quant.methods import parse_method

fp32 = formats.parse("fp32")


def squared_error(form, arrays, matrix):
    return ((form.dequantize(arrays, matrix.shape) - matrix) ** 2).sum()


def test_one_plane_is_the_sign_times_the_mean_magnitude():
    form = parse_weight_format("binary-1-fp32/row")
    matrix = np.array([[1.0, -2.0, 4.5], [-1.0, -1.0, 0.25]], np.float32)
    values = form.dequantize(binary_coded(matrix, form), matrix.shape)
    np.testing.assert_allclose(values, [[2.5, -2.5, 2.5], [-0.75, -0.75, 0.75]])


@pytest.mark.parametrize("planes", [1, 2, 3])
def test_sums_of_well_separated_planes_come_back_exactly(planes):
    form = parse_weight_format(f"binary-{planes}-fp32/16")
    scales = np.array([8.0, 4.0, 2.0, 1.0])[:planes]
    codes = np.random.default_rng(planes).integers(0, 1 << planes, (3, 32))
    matrix = ((codes[..., None] >> np.arange(planes) & 1) * 2.0 - 1) @ scales
    arrays = binary_coded(matrix, form)
    form.check(arrays, matrix.shape)
    np.testing.assert_allclose(form.dequantize(arrays, matrix.shape), matrix, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=6, max_size=6), st.integers(1, 3))
def test_every_weight_has_the_nearest_sum_of_its_scales(weights, planes):
    form = parse_weight_format(f"binary-{planes}-fp32/row")
    matrix = np.array([weights], np.float32)
    arrays = binary_coded(matrix, form)
    scales = fp32.decode(arrays["scales"])[0, 0]
    sums = [np.dot(signs, scales) for signs in product((-1, 1), repeat=planes)]
    values = form.dequantize(arrays, matrix.shape)[0]
    for weight, value in zip(weights, values, strict=True):
        assert abs(value - weight) <= min(abs(each - weight) for each in sums) + 1e-9
    assert (scales >= 0).all()


def test_improvement_after_the_greedy_start_lowers_the_error():
    matrix = np.random.default_rng(4).normal(size=(16, 128)).astype(np.float32)
    for planes in (2, 3, 4):
        form = parse_weight_format(f"binary-{planes}-fp32/64")
        start = squared_error(form, binary_coded(matrix, form, rounds=0), matrix)
        end = squared_error(form, binary_coded(matrix, form), matrix)
        assert end < 0.97 * start


def test_in_two_levels_scales_are_integers_and_codes_the_nearest_to_them():
    form = parse_weight_format("binary-3-uint8/16")
    matrix = np.random.default_rng(6).normal(size=(4, 40)).astype(np.float32)
    matrix[2] = 0
    arrays = binary_coded(matrix, form)
    form.check(arrays, matrix.shape)
    rows = fp32.decode(arrays["row_scales"])
    assert arrays["scales"].reshape(4, -1).max(axis=1).tolist() == [255, 255, 0, 255]
    values = form.dequantize(arrays, matrix.shape)
    integers = form.significands(arrays, matrix.shape)
    assert integers.dtype == np.int64
    np.testing.assert_array_equal(values, integers * rows[:, None])
    for row, column in np.ndindex(*matrix.shape):
        scales = arrays["scales"][row, column // 16].astype(int)
        sums = [np.dot(signs, scales) * rows[row] for signs in product((-1, 1), repeat=3)]
        distance = abs(values[row, column] - matrix[row, column])
        assert distance <= min(abs(each - matrix[row, column]) for each in sums) + 1e-9
    fine = binary_coded(matrix, parse_weight_format("binary-3-fp32/16"))
    wanted = squared_error(parse_weight_format("binary-3-fp32/16"), fine, matrix)
    assert squared_error(form, arrays, matrix) < 1.02 * wanted


def test_a_row_does_not_know_its_neighbors():
    matrix = np.random.default_rng(5).normal(size=(1200, 1024)).astype(np.float32)
    method = parse_method("bcq2", 256)
    whole = method.quantize(matrix)
    part = method.quantize(matrix[500:520])
    np.testing.assert_array_equal(whole.arrays["codes"][500:520], part.arrays["codes"])
