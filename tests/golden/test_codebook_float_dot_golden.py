"""Golden model of ``codebook-dot`` with floats against fractions and NumPy's float16."""

from bisect import bisect_left
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats import parse
from hwgen.formats.codebook import parse_codebook
from hwgen.golden.codebook_dot import weight_integers
from hwgen.golden.codebook_float_dot import codebook_float_dot

FP16 = parse("fp16")
BITMOD = parse_codebook("bitmod-fp4")
# the values of BitMoD's FP4, written down from the paper: sign, then {0 .. 6}; here doubled
MAGNITUDES = [0, 1, 2, 3, 4, 6, 8, 12]
SPECIALS = [10, -10, 16, -16]
# all finite non-negative numbers of float16 with their codes, and the one after the last
FINITE = [Fraction(float(each)) for each in np.arange(0x7C00, dtype=np.uint16).view(np.float16)]
BEYOND = Fraction(65536)
FAR = 300
CODES = st.integers(0, 0xFFFF).filter(lambda code: code & 0x7C00 != 0x7C00)
PLUS, MINUS, NAN, QUIET, ONE = 0x7C00, 0xFC00, 0x7E01, 0x7E00, 0x3C00
UNIT = Fraction(1, 1 << 25)


def value_of_weight(code, selector):
    """Return the value of a weight, by the paper's table."""
    if code == 8:
        return Fraction(SPECIALS[selector], 2)
    return Fraction(-1 if code & 8 else 1) * Fraction(MAGNITUDES[code & 7], 2)


def nearest_float16(value):
    """Return the code of the float16 nearest to a fraction, ties to the even code."""
    grid = [*FINITE, BEYOND]
    size = abs(value)
    above = min(bisect_left(grid, size), len(grid) - 1)
    below = max(above - 1, 0)
    if size >= BEYOND or grid[above] - size < size - grid[below]:
        code = above
    elif grid[above] - size > size - grid[below]:
        code = below
    else:
        code = above if above % 2 == 0 else below
    # the code after the largest number's is that of infinity
    return code | (0x8000 if value < 0 else 0)


def computed(x, codes, selector, beats, out=FP16, rounding="nearest-even", **marks):
    count = len(x)
    selectors = np.full(count, selector)
    integers = weight_integers(np.array(codes), BITMOD, selectors)
    return codebook_float_dot(
        np.array(x),
        FP16,
        integers,
        BITMOD.lsb_exponent,
        beats,
        **{name: np.array(each) for name, each in marks.items()},
        out=out,
        rounding=rounding,
    )


@st.composite
def groups(draw):
    """Draw (elements, codes of weights, selector, scale) of a group, some of which cancel."""
    size = draw(st.integers(1, 6))
    elements = draw(st.lists(CODES, min_size=size, max_size=size))
    weights = draw(st.lists(st.integers(0, 15), min_size=size, max_size=size))
    if draw(st.booleans()):
        elements += [code ^ 0x8000 for code in elements]
        weights += weights
        elements[0] = draw(CODES)
    return elements, weights, draw(st.integers(0, 3)), draw(st.integers(0, 255))


@settings(max_examples=300, deadline=None)
@given(group=groups())
def test_a_group_is_the_nearest_float16_of_the_exact_sum(group):
    x, codes, selector, scale = group
    values = np.array(x, np.uint16).view(np.float16)
    exact = scale * sum(
        value_of_weight(code, selector) * Fraction(float(value))
        for code, value in zip(codes, values, strict=True)
    )
    columns = [[each] for each in x], [[each] for each in codes]
    scales = [scale] * len(x)
    found = computed(*columns, selector, len(x), scale=scales)
    assert found["result"].tolist() == [nearest_float16(exact)]
    whole = computed(*columns, selector, len(x), scale=scales, out=FAR)
    assert whole["sum"].tolist() == [int(exact / UNIT) % (1 << FAR)]
    assert exact / UNIT == int(exact / UNIT)


@pytest.mark.parametrize(
    ("x", "codes", "scale", "expected"),
    [
        # 1 and half a step of 1: a tie, to the even one; a subnormal number more and it is none
        ([ONE, 0x1000], [2, 2], 1, 0x3C00),
        ([ONE | 1, 0x1000], [2, 2], 1, 0x3C02),
        ([ONE, 0x1000, 0x0001], [2, 2, 2], 1, 0x3C01),
        ([ONE, 0x1000, 0x8001], [2, 2, 2], 1, 0x3C00),
        # the largest number, less than half a step beyond it, and half a step
        ([0x7BFF, 0x4BFF], [2, 2], 1, 0x7BFF),
        ([0x7BFF, 0x4C00], [2, 2], 1, PLUS),
        ([0xFBFF, 0xCC00], [2, 2], 1, MINUS),
        ([0x7BFF, 0x7BFF, 0xFBFF], [2, 2, 2], 1, 0x7BFF),
        # half of the smallest number, and a sum that cancels: +0
        ([0x0001], [1], 1, 0x0000),
        ([0x8001], [1], 1, 0x8000),
        ([0x0001], [1], 3, 0x0002),
        ([ONE, ONE], [2, 10], 255, 0x0000),
        ([0x8000], [2], 1, 0x0000),
        ([ONE], [2], 0, 0x0000),
        # what is no number
        ([PLUS, MINUS], [2, 2], 1, QUIET),
        ([PLUS, MINUS], [2, 10], 1, PLUS),
        ([PLUS], [10], 1, MINUS),
        ([MINUS], [10], 1, PLUS),
        ([PLUS, ONE], [0, 2], 1, QUIET),
        ([PLUS, ONE], [2, 2], 0, QUIET),
        ([NAN, ONE], [0, 2], 1, QUIET),
        ([NAN, ONE], [2, 2], 0, QUIET),
        ([PLUS, 0xFBFF], [1, 7], 1, PLUS),
    ],
)
def test_corners_of_a_group(x, codes, scale, expected):
    found = computed([x], [codes], 0, 1, scale=[scale])
    assert found["result"].tolist() == [expected]


def test_the_result_is_rounded_once_however_many_groups_a_row_has():
    # 1, then twice a quarter of its step: each alone would be lost
    x, codes = [[ONE], [0x0C00], [0x0C00], [0x0001]], [[2]] * 4
    first, last = [1, 0, 0, 0], [0, 0, 0, 1]
    marks = {"scale": [1] * 4, "first": first, "last": last}
    assert computed(x, codes, 0, 1, **marks)["result"].tolist() == [0x3C01]
    assert computed(x, codes, 0, 1, rounding="down", **marks)["result"].tolist() == [0x3C00]


def test_infinities_last_until_a_rows_first_group():
    x, codes = [[PLUS], [ONE], [ONE], [MINUS]], [[2]] * 4
    marks = {"scale": [1] * 4, "first": [1, 0, 1, 0], "last": [0, 1, 1, 1]}
    found = computed(x, codes, 0, 1, out=FAR, **marks)
    assert found["inf_positive"].tolist() == [True, False, False]
    assert found["inf_negative"].tolist() == [False, False, True]
    assert found["nan"].tolist() == [False] * 3
    assert found["sum"].tolist() == [0, 1 << 25, 0]


def test_integers_are_rounded_too():
    found = codebook_float_dot(
        np.array([[127, 127]]), parse("int8"), np.array([[16, 1]]), 0, 1, out=FP16, rounding="up"
    )
    # 127 * 17 = 2159 lies between 2158 and 2160
    assert found["result"].view(np.uint64).astype(np.uint16).view(np.float16) == 2160
