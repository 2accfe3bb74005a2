"""Golden models of the cores that answer with a block, against section 6.3 in fractions."""

from fractions import Fraction

import block_reference as reference
import ml_dtypes
import numpy as np
import pytest
from block_reference import assert_block, element_value
from exact_reference import INFINITY, NAN, power
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.errors import UsageError
from hwgen.formats import BlockFormat, Quantization
from hwgen.golden.mx_convert import convert
from hwgen.golden.mx_elementwise import add_blocks, multiply_blocks
from hwgen.golden.mx_quantise import quantise

ELEMENTS = (
    *("e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "q1.6", "q1.3", "int4", "e2m0", "e3m4"),
    *("e4m3fnuz", "e5m2fnuz", "e1m2"),
)
SCALARS = ("bf16", "fp16", "fp32", "e5m2", "e4m3", "int8", "uint6", "q3.12", "e3m4nosub")
ML_DTYPES = {
    "e2m1": ml_dtypes.float4_e2m1fn,
    "e2m3": ml_dtypes.float6_e2m3fn,
    "e3m2": ml_dtypes.float6_e3m2fn,
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e5m2": ml_dtypes.float8_e5m2,
}


SCALES = ("e8m0", "e8m0", "e4m3", "e4m3fnuz", "ue5m3fn", "e5m2")


def block_format(element, size, rules=None, scale="e8m0"):
    rules = rules or Quantization()
    return BlockFormat(formats.parse(element), formats.parse(scale), size, quantization=rules)


@st.composite
def rules_of_blocks(draw):
    return Quantization(
        **{name: draw(st.sampled_from(list(found))) for name, found in formats.CHOICES.items()},
        symmetric=draw(st.booleans()),
        flush_subnormals=draw(st.booleans()),
    )


def random_words(rules, random, shape):
    if rules.rounding != "stochastic":
        return None
    return random.integers(0, 256, shape, dtype=np.uint8)


def randoms_of(words, row):
    return None if words is None else (8, words[row].tolist())


def codes_of(number, random, shape):
    """Return random codes; in half of the rows the exponents are near each other."""
    codes = random.integers(0, 1 << number.width, shape, dtype=np.uint64)
    near = np.exp2(random.integers(-12, 12, (shape[0], 1)) - random.integers(0, 6, shape))
    near = near * random.choice([1.0, -1.0, 1.25, 1.5, 1.9375], shape)
    chosen = random.random(shape[0]) < 0.5
    codes[chosen] = number.encode(near)[chosen]
    return codes


def assert_blocks(result, expected, block):
    codes = result["elements"].reshape(len(expected), -1)
    assert result["scale"].reshape(len(expected), -1)[:, 0].tolist() == [s for s, _ in expected]
    for row, (_, elements) in zip(codes, expected, strict=True):
        assert_block(block.element, row.tolist(), elements)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ELEMENTS), st.sampled_from(SCALARS), rules_of_blocks(), st.integers(0, 1 << 30)
)
def test_quantised_block_is_that_of_the_definition(element, scalar, rules, seed):
    random = np.random.default_rng(seed)
    block, number = block_format(element, 4, rules), formats.parse(scalar)
    codes = codes_of(number, random, (12, 4))
    words = random_words(rules, random, codes.shape)
    result = quantise(codes, number=number, block=block, random=words)
    values = [[element_value(number, code) for code in row] for row in codes.tolist()]
    expected = [
        reference.block(row, block.element, rules, random=randoms_of(words, index))
        for index, row in enumerate(values)
    ]
    assert_blocks(result, expected, block)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ELEMENTS),
    st.sampled_from(("e4m3", "ue5m3fn", "e4m3fnuz", "e3m4", "e5m2")),
    st.sampled_from(SCALARS),
    rules_of_blocks(),
    st.integers(0, 1 << 30),
)
def test_block_with_a_float_scale_is_that_of_the_definition(element, scale, scalar, rules, seed):
    random = np.random.default_rng(seed)
    element, scale, number = (formats.parse(each) for each in (element, scale, scalar))
    block = BlockFormat(element, scale, 4, quantization=rules)
    codes = codes_of(number, random, (12, 4))
    words = random_words(rules, random, codes.shape)
    result = quantise(codes, number=number, block=block, random=words)
    expected = [
        reference.block(
            [element_value(number, code) for code in row],
            element,
            rules,
            random=randoms_of(words, index),
            scale_format=scale,
        )
        for index, row in enumerate(codes.tolist())
    ]
    assert_blocks(result, expected, block)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SCALARS), rules_of_blocks(), st.integers(0, 1 << 30))
def test_block_in_units_of_a_tensor_scale_is_that_of_exact_quotients(scalar, rules, seed):
    random = np.random.default_rng(seed)
    number, nvfp4 = formats.parse(scalar), formats.parse_block("nvfp4/4")
    block = BlockFormat(nvfp4.element, nvfp4.scale, 4, nvfp4.tensor_scale, rules)
    codes = codes_of(number, random, (12, 4))
    units = np.exp2(random.integers(-140, 127, 12)) * (1 + random.random(12))
    near = np.exp2(random.integers(-4, 5, 12)) * random.choice([1.0, 1.1, 1.75], 12)
    units = nvfp4.tensor_scale.encode(np.where(random.random(12) < 0.7, near, units))
    units[:4] = 0, nvfp4.tensor_scale.nan_code, nvfp4.tensor_scale.infinity_code, 0xBF800000
    words = random_words(rules, random, codes.shape)
    result = quantise(codes, units, number=number, block=block, random=words)
    expected = []
    for index, row in enumerate(codes.tolist()):
        negative, unit = element_value(nvfp4.tensor_scale, int(units[index]))
        broken = negative or unit in (0, NAN, INFINITY)
        values = [element_value(number, code) for code in row]
        if not broken:
            values = [(s, size if size in (NAN, INFINITY) else size / unit) for s, size in values]
        expected.append(
            reference.block(
                values, block.element, rules, broken, randoms_of(words, index), block.scale
            )
        )
    assert_blocks(result, expected, block)


def test_nvfp4_scale_is_the_largest_magnitude_over_six():
    block, number = formats.parse_block("nvfp4/4"), formats.parse("fp32")
    values = np.float32([[6, -3, 1, 0.25], [2688, 6, 0, 0], [0, -0.0, 0, 0], [1e9, 0, 0, 1]])
    result = quantise(values.view(np.uint32), number=number, block=block)
    assert block.scale.decode(result["scale"]).tolist() == [1, 448, 0, 448]
    found = block.element.decode(result["elements"]).tolist()
    assert found == [[6, -3, 1, 0], [6, 0, 0, 0], [0] * 4, [6, 0, 0, 0]]


def scaled(block, codes, scale):
    """Return the values of one block; those of a NaN scale do not matter."""
    if block.scale.name == "e8m0":
        factor = False, power(min(scale, 254) - 127)
    else:
        factor = element_value(block.scale, scale)
    return [ieee_product(element_value(block.element, code), factor) for code in codes]


def scales(block, random, count):
    one = int(block.scale.encode(1.0))
    near = one + random.integers(-7, 7, count)
    anything = random.integers(0, 1 << block.scale.width, count)
    return np.where(random.random(count) < 0.7, near, anything)


def result_scale(block):
    return None if block.scale.name == "e8m0" else block.scale


@settings(max_examples=160, deadline=None)
@given(data=st.data(), rules=rules_of_blocks(), seed=st.integers(0, 1 << 30))
def test_converted_block_is_that_of_the_definition(data, rules, seed):
    random = np.random.default_rng(seed)
    scale_in, scale_out = (data.draw(st.sampled_from(SCALES)) for _ in range(2))
    source = block_format(data.draw(st.sampled_from((*ELEMENTS, "uint4"))), 3, scale=scale_in)
    block = block_format(data.draw(st.sampled_from(ELEMENTS)), 3, rules, scale_out)
    codes = codes_of(source.element, random, (12, 3))
    scale = scales(source, random, 12)
    words = random_words(rules, random, codes.shape)
    result = convert(codes, scale, source=source, block=block, random=words)
    expected = [
        reference.block(
            scaled(source, row, shared),
            block.element,
            rules,
            bool(source.scale.is_nan(shared)),
            randoms_of(words, index),
            result_scale(block),
        )
        for index, (row, shared) in enumerate(zip(codes.tolist(), scale.tolist(), strict=True))
    ]
    assert_blocks(result, expected, block)


def ieee_sum(x, y, rounding):
    (sign_x, size_x), (sign_y, size_y) = x, y
    if NAN in (size_x, size_y):
        return None, NAN
    if INFINITY in (size_x, size_y):
        if size_x == size_y and sign_x != sign_y:
            return None, NAN
        return (sign_x if size_x == INFINITY else sign_y), INFINITY
    total = (-size_x if sign_x else size_x) + (-size_y if sign_y else size_y)
    if total:
        return total < 0, abs(total)
    return (sign_x or sign_y if rounding == "down" else sign_x and sign_y), Fraction(0)


def ieee_product(x, y, rounding=None):
    sizes = x[1], y[1]
    if NAN in sizes or (INFINITY in sizes and 0 in sizes):
        return None, NAN
    size = INFINITY if INFINITY in sizes else sizes[0] * sizes[1]
    return x[0] != y[0], size


@pytest.mark.parametrize(
    ("golden", "exact"), [(add_blocks, ieee_sum), (multiply_blocks, ieee_product)]
)
@settings(max_examples=160, deadline=None)
@given(data=st.data(), rules=rules_of_blocks(), seed=st.integers(0, 1 << 30))
def test_elementwise_block_is_that_of_the_definition(golden, exact, data, rules, seed):
    random = np.random.default_rng(seed)
    scale_a, scale_b, scale_out = (data.draw(st.sampled_from(SCALES)) for _ in range(3))
    names = [data.draw(st.sampled_from((*ELEMENTS, "uint4"))) for _ in "ab"]
    a, b = block_format(names[0], 3, scale=scale_a), block_format(names[1], 3, scale=scale_b)
    block = block_format(data.draw(st.sampled_from(ELEMENTS)), 3, rules, scale_out)
    codes = [codes_of(each.element, random, (10, 3)) for each in (a, b)]
    shared = [scales(each, random, 10) for each in (a, b)]
    words = random_words(rules, random, codes[0].shape)
    result = golden(*codes, *shared, format_a=a, format_b=b, block=block, random=words)
    expected = []
    for row in range(10):
        operands = [
            scaled(each, code[row].tolist(), int(scale[row]))
            for each, code, scale in zip((a, b), codes, shared, strict=True)
        ]
        values = [exact(x, y, rules.rounding) for x, y in zip(*operands, strict=True)]
        broken = a.scale.is_nan(shared[0][row]) or b.scale.is_nan(shared[1][row])
        answer = reference.block(
            values, block.element, rules, broken, randoms_of(words, row), result_scale(block)
        )
        expected.append(answer)
    assert_blocks(result, expected, block)


@pytest.mark.parametrize("name", ML_DTYPES)
def test_elements_are_those_that_ml_dtypes_rounds_to(name):
    random = np.random.default_rng(3)
    block = block_format(name, 32)
    values = random.normal(size=(200, 32)) * np.exp2(random.integers(-20, 20, (200, 1)))
    values = values.astype(ml_dtypes.bfloat16)
    result = quantise(
        values.view(np.uint16).reshape(-1, 8), number=formats.parse("bf16"), block=block
    )
    wide = values.astype(np.float64)
    largest = np.abs(wide).max(axis=1)
    shared = np.floor(np.log2(largest)) - block.element.max_exponent
    np.testing.assert_array_equal(result["scale"][::4], shared + 127)
    quotient = wide / np.exp2(shared)[:, None]
    limit = block.element.max_value
    expected = np.clip(quotient, -limit, limit).astype(ML_DTYPES[name]).view(np.uint8)
    np.testing.assert_array_equal(result["elements"].reshape(-1, 32), expected)


def test_nvfp4_becomes_mxfp8_as_float64_arithmetic_says():
    random = np.random.default_rng(5)
    source, block = formats.parse_block("nvfp4/16"), block_format("e4m3", 16)
    codes, scale = random.integers(0, 16, (300, 16)), random.integers(1, 127, 300)
    factor = scale.astype(np.uint8).view(ml_dtypes.float8_e4m3fn).astype(np.float64)
    values = codes.astype(np.uint8).view(ml_dtypes.float4_e2m1fn).astype(np.float64)
    values = values * factor[:, None]
    result = convert(codes, scale, source=source, block=block)
    shared = np.floor(np.log2(np.abs(values).max(axis=1))) - 8
    np.testing.assert_array_equal(result["scale"], shared + 127)
    quotient = np.clip(values / np.exp2(shared)[:, None], -448, 448)
    expected = quotient.astype(ml_dtypes.float8_e4m3fn).view(np.uint8)
    np.testing.assert_array_equal(result["elements"], expected)


def test_mxfp8_becomes_nvfp4_as_float64_arithmetic_says():
    random = np.random.default_rng(6)
    source, block = block_format("e4m3", 16), formats.parse_block("nvfp4/16")
    codes, scale = random.integers(0, 127, (300, 16)), random.integers(122, 136, 300)
    values = codes.astype(np.uint8).view(ml_dtypes.float8_e4m3fn).astype(np.float64)
    values = values * np.exp2(scale - 127.0)[:, None]
    result = convert(codes, scale, source=source, block=block)
    ratio = np.minimum(values.max(axis=1) / 6, 448)
    shared = ratio.astype(ml_dtypes.float8_e4m3fn)
    np.testing.assert_array_equal(result["scale"], shared.view(np.uint8))
    quotient = np.minimum(values / shared.astype(np.float64)[:, None], 6)
    expected = quotient.astype(ml_dtypes.float4_e2m1fn).view(np.uint8)
    np.testing.assert_array_equal(result["elements"], expected)


def test_subnormal_inputs_are_zeros_on_request():
    block, number = block_format("e4m3", 2), formats.parse("bf16")
    codes = np.array([[0x0001, 0x8040]])
    full = quantise(codes, number=number, block=block)
    flushed = quantise(codes, number=number, block=block, input_subnormals="flush")
    assert full["elements"].tolist() != [[0, 0x80]]
    assert flushed["elements"].tolist() == [[0, 0x80]]


def test_scales_that_differ_within_a_block_are_refused():
    source = block_format("e2m1", 2)
    with pytest.raises(UsageError, match="scale must be the same in all beats of a block"):
        convert(np.array([1, 2]), np.array([127, 128]), source=source, block=source)


@pytest.mark.parametrize("lanes", [1, 2, 4])
def test_beats_do_not_change_the_block(lanes):
    random = np.random.default_rng(1)
    block, number = block_format("e3m2", 4), formats.parse("fp16")
    codes = random.integers(0, 1 << 15, (20, 4))
    whole = quantise(codes, number=number, block=block)
    beats = codes.reshape(-1, lanes) if lanes > 1 else codes.reshape(-1)
    split = quantise(beats, number=number, block=block)
    np.testing.assert_array_equal(split["elements"].reshape(-1, 4), whole["elements"])
    np.testing.assert_array_equal(split["scale"], np.repeat(whole["scale"], 4 // lanes))
