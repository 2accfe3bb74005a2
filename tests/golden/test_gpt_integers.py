"""The GPT machine's rounding, codes and products against exact fractions."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.formats.weight_stream import parse_weight_stream
from hwgen.golden.gpt.integers import bit_length, quantised, rounded
from hwgen.golden.gpt.matrix import FRACTION, Matrix, scaled, turned_pairs
from hwgen.quant.methods import parse_method

SIGNED = st.integers(-(1 << 61), 1 << 61)


def nearest(value):
    """Return a fraction as an integer, ties up."""
    return floor(value + Fraction(1, 2))


@given(SIGNED, st.integers(0, 62))
def test_a_shift_rounds_to_nearest_ties_up(value, shift):
    assert int(rounded(np.int64(value), shift)) == nearest(Fraction(value, 1 << shift))


@given(st.integers(-(1 << 30), 1 << 30), st.integers(0, 31))
def test_a_negative_shift_multiplies(value, shift):
    assert int(rounded(np.int64(value), -shift)) == value << shift


def test_a_negative_shift_stays_within_63_bits():
    assert abs(int(rounded(np.int64(-(1 << 50)), -40))) <= 1 << 62


@given(st.integers(0, (1 << 63) - 1))
def test_bit_lengths_are_those_of_python(value):
    assert int(bit_length(np.int64(value))) == value.bit_length()


@given(
    st.lists(st.integers(-(1 << 47), 1 << 47), min_size=32, max_size=32), st.sampled_from([8, 16])
)
def test_codes_of_a_block_are_nearest_with_the_least_exponent(values, bits):
    codes, exponent = quantised(np.array(values), bits)
    largest = (1 << bits - 1) - 1
    top = max(abs(each) for each in values)
    assert int(exponent) == max(0, top.bit_length() - (bits - 1))
    wanted = [nearest(Fraction(each, 1 << int(exponent))) for each in values]
    assert codes.tolist() == [
        min(each, largest) if each > 0 else max(each, -largest) for each in wanted
    ]


@pytest.mark.parametrize(
    "method",
    [
        ("int8", 32, "fp16"),
        ("int4-asym", 32, "fp16"),
        ("nvfp4", None, "fp16"),
        ("bcq3", 32, "uint8"),
    ],
    ids=lambda method: method[0],
)
def test_sums_are_those_of_exact_fractions_each_group_rounded_once(method):
    rng = np.random.default_rng(3)
    rows, columns, tokens = 5, 96, 4
    weights = rng.normal(size=(rows, columns)).astype(np.float32)
    made = parse_method(*method).quantize(weights)
    stream = parse_weight_stream(made.form.name)
    packed = stream.pack(made.arrays, (rows, columns))
    matrix = Matrix(stream.name, packed.records, packed.base)
    codes = rng.integers(-127, 128, (tokens, 3, 32))
    exponents = rng.integers(-12, 3, (tokens, 3))
    found = matrix.sums(codes, exponents)
    integers, significands, places = stream.unpack(packed.records)
    size = stream.group
    for token in range(tokens):
        for row in range(rows):
            total = 0
            for group in range(columns // size):
                part = slice(group * size, (group + 1) * size)
                dot = int(integers[row, part] @ codes[token].ravel()[part])
                power = int(places[row, group]) + packed.base
                power += int(exponents[token, group * size // 32]) + FRACTION
                total += nearest(dot * int(significands[row, group]) * Fraction(2) ** power)
            assert found[token, row] == total
    values = made.dequantize()
    whole = np.ldexp(codes.astype(float), exponents[..., None]).reshape(tokens, -1)
    # units have 12 bits
    most = 2.0**-12 * (np.abs(whole) @ np.abs(values.T)) + 1e-5
    assert (np.abs(found / 2.0**FRACTION - whole @ values.T) < most).all()


def test_large_sums_are_limited():
    stream = parse_weight_stream("group-int8-fp32/32")
    arrays = {
        "codes": np.full((1, 32), 127, np.uint8),
        "scales": np.full((1, 1), 2.0**60, np.float32).view(np.uint32),
    }
    packed = stream.pack(arrays, (1, 32))
    matrix = Matrix(stream.name, packed.records, packed.base)
    codes = np.full((1, 1, 32), -127)
    assert matrix.sums(codes, np.zeros((1, 1), int)).tolist() == [[-((1 << 45) - 1)]]
    assert scaled(matrix.sums(codes, np.zeros((1, 1), int)), (1 << 17) - 1, 0) == -((1 << 45) - 1)


def test_pairs_turn_by_their_angles():
    angles = np.array([[0.0, np.pi / 2, 1.0]])
    cosines, sines = (np.rint(65536 * each(angles)).astype(int) for each in (np.cos, np.sin))
    values = np.array([[5, 6, 100, 200, 65536, 0, 7, 8, 1 << 30, 3, 0, 65536]])
    found = turned_pairs(values, cosines, sines)[0].tolist()
    assert found[:4] == [5, 6, -200, 100]
    assert found[4:6] == [cosines[0, 2], sines[0, 2]]
    assert found[6:10] == [7, 8, -3, 1 << 30]
    assert found[10:] == [-sines[0, 2], cosines[0, 2]]
