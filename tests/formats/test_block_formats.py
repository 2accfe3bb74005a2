"""Arrays to blocks and back: OCP MX v1.0 section 6.3 and every choice it leaves open."""

from dataclasses import replace
from fractions import Fraction

import gfloat
import gfloat.formats
import ml_dtypes
import numpy as np
import pytest
from exact_reference import encode, floor_log2, power
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.errors import UsageError

ELEMENTS = {
    "mxfp8-e5m2": (ml_dtypes.float8_e5m2, 15),
    "mxfp8-e4m3": (ml_dtypes.float8_e4m3fn, 8),
    "mxfp6-e3m2": (ml_dtypes.float6_e3m2fn, 4),
    "mxfp6-e2m3": (ml_dtypes.float6_e2m3fn, 2),
    "mxfp4-e2m1": (ml_dtypes.float4_e2m1fn, 2),
}
GFLOAT_BLOCKS = {
    "mxfp8-e5m2": gfloat.formats.format_info_mxfp8_e5m2,
    "mxfp6-e2m3": gfloat.formats.format_info_mxfp6_e2m3,
    "mxfp4-e2m1": gfloat.formats.format_info_mxfp4_e2m1,
}


def choose(name, **choices):
    block = formats.parse_block(name)
    return replace(block, quantization=formats.Quantization(**choices))


def random_array(seed, shape=(40, 64)):
    random = np.random.default_rng(seed)
    spread = np.exp2(random.integers(-30, 30, (*shape[:-1], 1)))
    return (random.standard_normal(shape) * spread).astype(np.float32)


@pytest.mark.parametrize("name", ELEMENTS)
def test_quantize_equals_the_rule_of_the_standard_with_ml_dtypes_elements(name):
    block, (dtype, emax) = formats.parse_block(name), ELEMENTS[name]
    array = random_array(1)
    scales, codes = block.quantize(array)
    rows = array.astype(np.float64).reshape(40, 2, 32)
    shared = np.floor(np.log2(np.abs(rows).max(axis=-1))) - emax
    np.testing.assert_array_equal(scales, shared + 127)
    quotient = rows / np.exp2(shared)[..., None]
    limit = block.element.max_value
    expected = np.clip(quotient, -limit, limit).astype(dtype).view(np.uint8)
    np.testing.assert_array_equal(codes.reshape(40, 2, 32), expected)


@pytest.mark.parametrize("name", GFLOAT_BLOCKS)
def test_quantize_equals_gfloat(name):
    array = random_array(2, (1, 32 * 20)).astype(np.float64)[0]
    block = formats.parse_block(name)
    actual = block.dequantize(*block.quantize(array))
    for start in range(0, array.size, 32):
        part = slice(start, start + 32)
        expected = gfloat.quantize_block(
            GFLOAT_BLOCKS[name], array[part], gfloat.compute_scale_amax
        )
        np.testing.assert_array_equal(actual[part], expected)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4),
    rounding=st.sampled_from([r for r in formats.ROUNDINGS if r != "stochastic"]),
)
def test_every_element_is_the_exact_quotient_rounded_once(values, rounding):
    block = choose("mxfp6-e3m2/4", rounding=rounding)
    scales, codes = block.quantize(np.array(values))
    largest = max(map(abs, values))
    exponent = max(floor_log2(Fraction(largest)) - 4, -127) if largest else -127
    assert scales.tolist() == [exponent + 127]
    for value, code in zip(values, codes, strict=True):
        negative = value < 0 or str(value) == "-0.0"
        expected = encode(
            block.element, Fraction(value) / power(exponent), rounding, negative_zero=negative
        )
        decoded = block.element.decode(code)
        assert (bool(np.signbit(decoded)), abs(Fraction(float(decoded)))) == expected


def test_dequantize_inverts_quantize_on_representable_arrays():
    for name in [*ELEMENTS, "mxint8", "mxint5/16"]:
        block = choose(name, infinity="element")
        random = np.random.default_rng(3)
        codes = random.integers(0, 2**block.element.width, (5, block.block_size))
        # The most negative integer, without a counterpart, would raise the scale.
        codes[~(np.abs(block.element.decode(codes)) <= block.element.max_value)] = 0
        codes[:, 0] = block.element.max_code
        array = block.dequantize(random.integers(100, 150, (5, 1)), codes)
        np.testing.assert_array_equal(block.dequantize(*block.quantize(array)), array)


@pytest.mark.parametrize(
    ("scale_rule", "exponents"),
    [
        ("floor", [0, 0, 0, 0, -1]),
        ("ceil", [0, 1, 1, 1, 0]),
        ("even", [0, 0, 1, 1, -1]),
        ("fit", [0, 0, 1, 1, 0]),
    ],
)
def test_scale_rules(scale_rule, exponents):
    # e2m1 reaches 6 = 1.5 * 2**2, and has one fraction bit: 7 is a tie to 8, 3.25 rounds to 3.
    block = choose("fp4/1", scale_rule=scale_rule)
    scales, _ = block.quantize(np.array([4.0, 6.0, 7.0, 7.5, 3.25]))
    assert (scales.astype(int) - 127).tolist() == exponents


@settings(max_examples=100, deadline=None)
@given(st.floats(2.0**-60, 2.0**60), st.sampled_from([*ELEMENTS, "mxint8"]))
def test_scale_rule_fit_is_the_smallest_scale_that_does_not_saturate(value, name):
    block = choose(f"{name}/1", scale_rule="fit")
    scales, _ = block.quantize(np.array([value]))
    scale = block.scale.decode(scales)[0]
    assert value <= block.element.max_value * scale
    assert value > block.element.max_value * scale / 2


def test_nan_makes_the_block_nan_and_leaves_others_alone():
    array = np.ones((3, 4))
    array[1, 2] = np.nan
    block = choose("mxfp8-e4m3/4")
    scales, codes = block.quantize(array)
    assert scales[:, 0].tolist() == [119, 255, 119]
    np.testing.assert_array_equal(
        np.isnan(block.dequantize(scales, codes)), [[0] * 4, [1] * 4, [0] * 4]
    )


def test_nan_stays_in_its_element_on_request_where_the_format_has_one():
    array = np.array([1.0, np.nan, 2.0, -np.inf])
    block = choose("mxfp8-e4m3/4", nan="element")
    values = block.dequantize(*block.quantize(array))
    np.testing.assert_array_equal(values, [1.0, np.nan, 2.0, np.nan])
    assert choose("mxfp4/4", nan="element").quantize(array)[0] == 255


def test_infinity_is_an_element_on_request():
    array = np.array([1.0, np.inf, -np.inf, 2.0])
    saturated = choose("mxfp4/4", infinity="element")
    np.testing.assert_array_equal(saturated.dequantize(*saturated.quantize(array)), [1, 3, -3, 2])
    infinite = choose("mxfp8-e5m2/4", infinity="element", overflow="infinity")
    np.testing.assert_array_equal(
        infinite.dequantize(*infinite.quantize(array)), [1, np.inf, -np.inf, 2]
    )
    assert choose("mxfp4/4").quantize(array)[0] == 255


def test_zero_blocks_get_the_chosen_scale():
    zeros = np.array([0.0, -0.0])
    assert choose("fp4/2").quantize(zeros)[0] == 0
    assert choose("fp4/2", zero_scale="one").quantize(zeros)[0] == 127
    assert choose("fp4/2").quantize(zeros)[1].tolist() == [0, 8]


def test_most_negative_integer_is_left_out_unless_asked_for():
    array = np.array([-1.999, 1.0])
    assert choose("mxint8/2").quantize(array)[1].tolist() == [0x81, 64]
    assert choose("mxint8/2", symmetric=False).quantize(array)[1].tolist() == [0x80, 64]


def test_subnormal_elements_are_flushed_on_request():
    array = np.array([4.0, 0.5, -0.5, 1.0])
    assert choose("fp4/4").quantize(array)[1].tolist() == [6, 1, 9, 2]
    assert choose("fp4/4", flush_subnormals=True).quantize(array)[1].tolist() == [6, 0, 8, 2]


def test_scales_are_clamped_to_their_format():
    block = choose("fp4/1")
    scales, codes = block.quantize(np.array([2.0**-140, 2.0**900]))
    assert scales.tolist() == [0, 254]
    assert codes.tolist() == [0, 7]


def test_directed_rounding_sees_values_that_underflow_float64():
    block = choose("fp4/2", rounding="up")
    _, codes = block.quantize(np.array([2.0**120, 5e-324]))
    assert codes.tolist() == [6, 1]


def test_stochastic_rounding_takes_random_bits_in_the_shape_of_the_array():
    block = choose("fp4/2", rounding="stochastic")
    array = np.array([[4.0, 2.25], [4.0, 2.25]])
    random = np.array([[0, 191], [0, 192]], np.uint8)
    assert block.quantize(array, random=random)[1].tolist() == [[6, 4], [6, 5]]


def test_nvfp4_scales_in_two_levels():
    block = formats.parse_block("nvfp4")
    array = random_array(4, (8, 32)) * 2.0**-10
    tensor_scale = block.choose_tensor_scale(array)
    scales, codes = block.quantize(array, tensor_scale)
    outer = np.float32(np.abs(array).max() / np.float64(6 * 448))
    assert tensor_scale == outer.view(np.uint32)
    rows = array.astype(np.float64).reshape(8, 2, 16)
    wanted = (np.abs(rows).max(axis=-1) / np.float64(outer) / 6).astype(ml_dtypes.float8_e4m3fn)
    np.testing.assert_array_equal(scales, wanted.view(np.uint8))
    divisor = wanted.astype(np.float64)[..., None] * np.float64(outer)
    quotient = np.divide(rows, divisor, where=divisor > 0, out=np.zeros_like(rows))
    expected = quotient.astype(ml_dtypes.float4_e2m1fn)
    positive = expected.astype(np.float64) != 0
    np.testing.assert_array_equal(
        codes.reshape(rows.shape)[positive], expected.view(np.uint8)[positive]
    )
    restored = block.dequantize(scales, codes, tensor_scale).reshape(rows.shape)
    np.testing.assert_array_equal(restored, expected.astype(np.float64) * divisor)


def test_tensor_scale_of_zeros_is_one():
    block = formats.parse_block("nvfp4")
    assert block.tensor_scale.decode(block.choose_tensor_scale(np.zeros((2, 16)))) == 1.0


def test_scales_that_are_not_powers_of_two_map_the_largest_to_the_largest():
    block = formats.parse_block("block-int4-fp16/4")
    scales, codes = block.quantize(np.array([7.0, -3.0, 1.5, 0.0]))
    assert block.scale.decode(scales) == 1.0
    assert codes.tolist() == [7, 13, 2, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda block: block.quantize(np.ones(33)), "multiple of the block size 32"),
        (lambda block: block.quantize(np.ones(32, int)), "must be float16, float32 or float64"),
        (lambda block: block.quantize(np.ones(32), 5), "cannot be given a tensor scale"),
        (lambda block: block.choose_tensor_scale(np.ones(32)), "has none"),
        (lambda block: block.dequantize([0, 0], np.zeros(32, int)), r"must have shape \(1,\)"),
        (lambda _: formats.parse("nvfp4").quantize(np.ones(16)), "must be given a tensor scale"),
        (lambda _: formats.Quantization(scale_rule="flor"), "did you mean 'floor'"),
        (lambda _: formats.Quantization(symmetric="yes"), "symmetric must be one of True, False"),
    ],
)
def test_wrong_use_is_refused(call, message):
    with pytest.raises(UsageError, match=message):
        call(formats.parse_block("mxfp4"))
