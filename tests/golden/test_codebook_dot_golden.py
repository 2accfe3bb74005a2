"""Golden model of ``codebook-dot`` against sums of exact fractions of a weight format's values."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.weights import parse_weight_format
from hwgen.golden.codebook_dot import codebook_dot, weight_integers

FORMS = ["bitmod-fp3", "bitmod-fp4", "flint4", "pot4", "nf4", "e2m1", "int5", "uint4-zero"]
FORMS += ["bipolar3", "ternary", "olive4", "uint8-zero"]


def arrays_of(form, shape, random):
    return {
        name: random.integers(0, min(largest, 1 << 22) + 1, size).astype(dtype)
        for name, (dtype, size, largest) in form.array_limits(shape).items()
    }


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(FORMS), seed=st.integers(0, 2**32))
def test_a_sum_times_its_rows_scale_is_the_product_with_the_formats_values(name, seed):
    random = np.random.default_rng(seed)
    rows, groups, group, lanes = 3, 4, 8, 4
    form = parse_weight_format(f"group-{name}-uint8/{group}")
    shape = (rows, groups * group)
    arrays = arrays_of(form, shape, random)
    # the scale of a row is 1: what is left is exact in float64
    arrays["row_scales"] = np.full(rows, 0x3F800000, np.uint32)
    x = random.integers(-128, 128, shape[1])
    values = form.dequantize(arrays, shape)
    unit = Fraction(2) ** form.codebook.lsb_exponent
    expected = [
        sum(Fraction(float(w)) * int(each) for w, each in zip(row, x, strict=True)) / unit
        for row in values
    ]
    beats = group // lanes

    def repeated(array):
        return np.repeat(array.reshape(-1), beats)

    integers = weight_integers(
        arrays["codes"].reshape(-1, lanes),
        form.codebook,
        repeated(arrays["selectors"]) if "selectors" in arrays else None,
        repeated(arrays["zero_points"]) if "zero_points" in arrays else None,
    )
    count = len(integers)
    first, last = np.zeros((2, rows, groups * beats), int)
    first[:, beats - 1] = last[:, -1] = 1
    found = codebook_dot(
        np.tile(x, rows).reshape(count, lanes),
        integers,
        beats,
        repeated(arrays["scales"]),
        first.ravel(),
        last.ravel(),
    )
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("first", "last", "sums"),
    [
        ([0, 1, 0, 0], [0, 0, 0, 1], [2 * 3 + 5 * 7]),
        ([1, 1, 0, 1], [0, 1, 1, 1], [2 * 3, 5 * 7]),
        # marks and scales are those of a group's last token
        ([1, 1, 1, 1], [1, 1, 1, 1], [2 * 3, 5 * 7]),
    ],
)
def test_marks_and_scales_count_with_the_last_token_of_a_group(first, last, sums):
    x, integers = np.array([[1], [1], [2], [3]]), np.ones((4, 1), int)
    scale = np.array([99, 3, 99, 7])
    found = codebook_dot(x, integers, 2, scale, np.array(first), np.array(last))
    assert found.tolist() == sums


def test_each_group_is_a_row_without_marks_and_a_rest_is_ignored():
    x, integers = np.arange(5)[:, None], np.full((5, 1), -2)
    assert codebook_dot(x, integers, 2).tolist() == [-2, -10]


def test_a_selector_beyond_the_special_values_leaves_the_table():
    from hwgen.formats.codebook import parse_codebook

    codes = np.full((8, 1), 8)
    found = weight_integers(codes, parse_codebook("razer4"), np.arange(8))
    assert found.ravel().tolist() == [5, -5, 10, -10, 16, -16, 0, 0]
