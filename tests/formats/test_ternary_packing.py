"""Packed ternary weights: bytes worked out by hand, and there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.formats import ternary

NAMES = list(ternary.PACKINGS)


def row(length, **weights):
    """Return zeros but for ``w5=-1`` and the like."""
    trits = np.zeros(length, int)
    for name, value in weights.items():
        trits[int(name[1:])] = value
    return trits


def test_two_bit_zeros_are_four_codes_of_one():
    assert ternary.pack(np.zeros(128, int), "two-bit").tolist() == [0b01010101] * 32


def test_two_bit_byte_holds_weights_32_apart_from_the_top():
    packed = ternary.pack(row(128, w5=-1, w37=1, w69=0, w101=1), "two-bit")
    assert packed[5] == 0b00_10_01_10
    assert packed[4] == packed[6] == 0b01010101


def test_two_bit_blocks_follow_each_other():
    packed = ternary.pack(row(256, w128=1, w255=-1), "two-bit")
    assert packed[32] == 0b10_01_01_01
    assert packed[63] == 0b01_01_01_00


@pytest.mark.parametrize(
    ("three", "magnitude", "sign"),
    [
        ((0, 0, 0), 0, 0),
        ((1, 1, 1), 13, 0),
        ((-1, -1, -1), 13, 1),
        ((1, -1, 0), 6, 0),
        ((-1, 1, 1), 5, 1),
        ((0, -1, 1), 2, 1),
        ((0, 0, -1), 1, 1),
    ],
)
def test_tl2_code_is_the_magnitude_of_a_number_to_base_three(three, magnitude, sign):
    for code in range(8):
        trits = np.zeros(24, int)
        trits[3 * code : 3 * code + 3] = three
        expected = [0] * 5
        expected[code // 2] = magnitude << 4 * (code % 2)
        expected[4] = sign << code
        assert ternary.pack(trits, "tl2").tolist() == expected


def test_tq1_0_zeros_are_five_ones_to_base_three():
    # 11111 is 121, 256 * 121 / 243 is 127.47; 11110 is 120, 126.4
    packed = ternary.pack(np.zeros(256, int), "tq1_0", scale=1.0)
    assert packed.tolist() == [128] * 48 + [127] * 4 + [0x00, 0x3C]


def test_tq1_0_first_weight_of_a_byte_is_the_most_significant_digit():
    # 21111 is 202, 256 * 202 / 243 = 212.8; 01111 is 40, 42.1
    assert ternary.pack(row(256, w0=1), "tq1_0")[0] == 213
    assert ternary.pack(row(256, w0=-1), "tq1_0")[0] == 43


@pytest.mark.parametrize(
    ("weight", "byte", "code"),
    [
        # 11112 is 122: 128.5; 11121 is 124: 130.6; 21111 as above; 11120 is 123: 129.6
        (128, 0, 129),
        (96 + 31, 31, 131),
        (160, 32, 213),
        (239, 47, 129),
        (240, 48, 212),
        (255, 51, 130),
    ],
)
def test_tq1_0_weights_stand_in_three_sections(weight, byte, code):
    # 21110 is 201: 211.8
    packed = ternary.pack(row(256, **{f"w{weight}": 1}), "tq1_0")
    zeros = ternary.pack(np.zeros(256, int), "tq1_0")
    assert np.flatnonzero(packed != zeros).tolist() == [byte]
    assert packed[byte] == code


def test_tq1_0_extremes_are_the_extreme_bytes():
    # 22222 is 242: 254.9; 22220 is 240: 252.8
    assert ternary.pack(np.ones(256, int), "tq1_0")[:52].tolist() == [255] * 48 + [253] * 4
    assert ternary.pack(-np.ones(256, int), "tq1_0")[:52].tolist() == [0] * 52


def test_tq1_0_keeps_a_scale_in_every_block():
    packed = ternary.pack(np.zeros((3, 512), int), "tq1_0", scale=0.75)
    assert ternary.scales(packed).tolist() == [[0.75, 0.75]] * 3


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(NAMES), blocks=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_unpacked_weights_are_those_that_were_packed(name, blocks, seed):
    layout = ternary.packing(name)
    trits = np.random.default_rng(seed).integers(-1, 2, (2, blocks * layout.weights))
    packed = ternary.pack(trits, name)
    assert packed.dtype == np.uint8
    assert packed.shape == (2, blocks * layout.size)
    assert np.array_equal(ternary.unpack(packed, name), trits)


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(NAMES), where=st.integers(0, 767), value=st.sampled_from([-1, 1]))
def test_a_weight_stands_in_the_word_that_the_table_of_slots_names(name, where, value):
    layout = ternary.packing(name)
    trits = np.zeros(768, int)
    trits[where] = value
    changed = ternary.pack(trits, name) != ternary.pack(np.zeros(768, int), name)
    word = changed.reshape(-1, layout.word).any(axis=1)
    slots = ternary.columns_of_slots(name, 768)
    assert np.flatnonzero(word).tolist() == np.flatnonzero((slots == where).any(axis=1)).tolist()
    assert sorted(slots[slots >= 0].tolist()) == list(range(768))


@pytest.mark.parametrize("name", NAMES)
def test_lengths_other_than_whole_blocks_are_refused(name):
    layout = ternary.packing(name)
    with pytest.raises(UsageError, match=f"weights must be a multiple of {layout.weights}"):
        ternary.pack(np.zeros(layout.weights + 1, int), name)
    with pytest.raises(UsageError, match=f"bytes must be a multiple of {layout.size}"):
        ternary.unpack(np.zeros(layout.size - 1, np.uint8), name)
    with pytest.raises(UsageError, match="columns must be a multiple"):
        ternary.columns_of_slots(name, layout.weights + 1)


def test_values_that_are_no_trits_are_refused():
    with pytest.raises(UsageError, match="weights must be -1, 0 or 1, not 2"):
        ternary.pack(row(128, w3=2), "two-bit")


def test_codes_without_weights_are_refused_or_count_as_zeros():
    wrong = np.full(32, 0b11_00_01_10, np.uint8)
    with pytest.raises(UsageError, match="codes must be 0, 1 or 2, not 3"):
        ternary.unpack(wrong, "two-bit")
    assert ternary.unpack(wrong, "two-bit", strict=False)[::32].tolist() == [0, -1, 0, 1]
    wrong = np.array([0x1E, 0xF1, 0, 0, 0xFF], np.uint8)
    with pytest.raises(UsageError, match="tl2 magnitudes must be at most 13, not 14"):
        ternary.unpack(wrong, "tl2")
    loose = ternary.unpack(wrong, "tl2", strict=False).reshape(8, 3)
    assert loose[:4].tolist() == [[0, 0, 0], [0, 0, -1], [0, 0, -1], [0, 0, 0]]
    assert not loose[4:].any()


def test_unknown_packing_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'tl2'"):
        ternary.packing("tl22")
