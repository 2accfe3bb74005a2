"""Binary-coded weights: words worked out by hand, round trips, and uniform integers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hwgen.errors import UsageError
from hwgen.formats.binary_coding import (
    binary_planes,
    pack_planes,
    uniform_coefficients,
    unpack_planes,
)


def test_the_first_column_is_the_lowest_bit_and_plus_one_is_1():
    planes = -np.ones((1, 3, 32), np.int8)
    planes[0, 0, 0] = 1
    planes[0, 1, [1, 4, 31]] = 1
    planes[0, 2] = 1
    assert pack_planes(planes).tolist() == [[[0x00000001, 0x80000012, 0xFFFFFFFF]]]


def test_words_lie_by_columns_then_planes_then_rows():
    planes = -np.ones((2, 3, 64), np.int8)
    planes[1, 2, 32 + 5] = 1
    planes[0, 1, 7] = 1
    words = pack_planes(planes)
    assert words.shape == (2, 2, 3)
    assert words.dtype == np.uint32
    # in memory: twice two planes of three rows
    assert words.ravel().tolist() == [0, 1 << 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 << 5]


def test_words_are_read_as_they_are_written_in_any_integer_type():
    words = [[[0x00000001, 0x80000012]]]
    planes = unpack_planes(np.array(words, np.int64))
    assert planes.dtype == np.int8
    assert np.flatnonzero(planes[0, 0] == 1).tolist() == [0]
    assert np.flatnonzero(planes[0, 1] == 1).tolist() == [1, 4, 31]
    assert set(planes.ravel().tolist()) == {-1, 1}


shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 4))


@settings(max_examples=100, deadline=None)
@given(words=shapes.flatmap(lambda shape: arrays.arrays(np.uint32, shape)))
def test_packing_undoes_unpacking(words):
    planes = unpack_planes(words)
    assert np.array_equal(pack_planes(planes), words)
    assert planes.shape == (words.shape[1], words.shape[2], 32 * words.shape[0])
    assert np.array_equal(unpack_planes(pack_planes(planes)), planes)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), bits=st.integers(1, 8), group=st.integers(1, 4))
def test_uniform_integers_are_binary_planes_with_these_coefficients_exactly(data, bits, group):
    codes = data.draw(arrays.arrays(np.int64, (3, 8), elements=st.integers(0, 2**bits - 1)))
    groups = -(-8 // group)
    zeros = data.draw(arrays.arrays(np.int64, (groups, 3), elements=st.integers(-20, 2**bits)))
    planes = binary_planes(codes, bits)
    alpha, bias = uniform_coefficients(zeros, bits)
    for row in range(3):
        for column in range(8):
            part = column // group
            coded = sum(int(alpha[part, b, row]) * int(planes[b, row, column]) for b in range(bits))
            # in units of half a scale
            wanted = 2 * (int(codes[row, column]) - int(zeros[part, row]))
            assert coded + int(bias[part, row]) == wanted


def test_the_coefficients_of_two_bits_are_these():
    alpha, bias = uniform_coefficients([[0, 3]], 2)
    assert alpha.tolist() == [[[1, 1], [2, 2]]]
    assert bias.tolist() == [[3, -3]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pack_planes(np.ones((2, 32))), r"planes must have the shape .* not \(2, 32\)"),
        (lambda: pack_planes(np.ones((1, 1, 33))), "columns a multiple of 32"),
        (lambda: pack_planes(np.zeros((1, 1, 32), int)), r"must hold \+1 and -1 only, not 0"),
        (lambda: unpack_planes(np.zeros((2, 2), int)), r"words must have the shape .* not \(2, 2"),
        (lambda: unpack_planes(np.zeros((1, 1, 1))), "words must be integers, not float64"),
        (lambda: unpack_planes([[[1 << 32]]]), r"words must be 0 to 2\*\*32 - 1, not 4294967296"),
        (lambda: unpack_planes([[[-1]]]), r"words must be 0 to 2\*\*32 - 1, not -1"),
        (lambda: binary_planes([[4]], 2), r"codes must be 0 to 2\*\*2 - 1, not 4"),
        (lambda: binary_planes([[0.0]], 2), "codes must be integers of the shape"),
        (lambda: binary_planes([[0]], 0), "bits must be 1 to 32, not 0"),
        (lambda: uniform_coefficients([[0]], 33), "bits must be 1 to 32, not 33"),
        (lambda: uniform_coefficients([0], 2), "zero_points must be integers of the shape"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(UsageError, match=message):
        call()
