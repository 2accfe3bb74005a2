"""Golden model of ``mx-dequantise`` against fractions and ml_dtypes."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from block_reference import element_value
from exact_reference import INFINITY, NAN, encode, largest_magnitude, power, rounds_away, value_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.golden.mx_dequantise import dequantise

BLOCKS = (
    *("mxfp4", "mxfp6-e2m3", "mxfp6-e3m2", "mxfp8", "mxfp8-e5m2", "mxint8", "mx-int4", "nvfp4"),
    *("mx-e4m3fnuz", "block-e2m1-e5m2", "mx-uint4"),
)
OUTPUTS = ("bf16", "fp16", "e5m2", "e4m3", "e4m3fnuz")
ROUNDINGS = [name for name in formats.ROUNDINGS if name != "stochastic"]


def factor_value(number, code):
    if number.name == "e8m0":
        return False, NAN if code == 255 else power(code - 127)
    return element_value(number, code)


def product(factors):
    """Return (negative, magnitude) of a product of values."""
    sizes = [size for _, size in factors]
    negative = sum(sign for sign, _ in factors) % 2 == 1
    if NAN in sizes or (INFINITY in sizes and 0 in sizes):
        return None, NAN
    if INFINITY in sizes:
        return negative, INFINITY
    total = Fraction(1)
    for size in sizes:
        total *= size
    return negative, total


def as_integer(output, value, rounding):
    """Return a value in units of an integer or fixed-point format, by definition."""
    negative, size = value
    highest = 2 ** (output.width - 1) - 1
    if size == NAN:
        return highest
    if size == INFINITY:
        return -highest - 1 if negative else highest
    kept, rest = divmod(size / power(output.lsb_exponent), 1)
    kept += rounds_away(rest, negative, kept % 2 == 1, rounding, None)
    return min(max(-kept if negative else kept, -highest - 1), highest)


def as_output(output, value, rounding, overflow):
    negative, size = value
    if size == NAN:
        return None, NAN
    if size != INFINITY:
        return encode(output, -size if negative else size, rounding, overflow, negative)
    if overflow == "saturate":
        return negative, largest_magnitude(output)
    return negative, INFINITY if output.specials == "ieee" else NAN


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(BLOCKS),
    st.sampled_from(("int8", "int2", "q3.12", "q-2.9", "int32")),
    st.sampled_from(ROUNDINGS),
    st.integers(0, 1 << 30),
)
def test_integer_is_the_exact_product_rounded_and_saturated(name, out, rounding, seed):
    random = np.random.default_rng(seed)
    block, output = formats.parse_block(f"{name}/4"), formats.parse(out)
    elements = random.integers(0, 1 << block.element.width, (12, 2))
    one = int(block.scale.encode(1.0))
    scale = random.integers(one - 12, min(one + 13, 1 << block.scale.width), 12)
    scale[:3] = block.scale.nan_code, 0, block.scale.max_code
    tensor = np.full(12, 0x3F800000) if block.tensor_scale is not None else None
    result = dequantise(elements, scale, tensor, block=block, output=output, rounding=rounding)[
        "values"
    ]
    expected = [
        [
            as_integer(
                output,
                product(
                    [factor_value(block.element, code), factor_value(block.scale, int(shared))]
                ),
                rounding,
            )
            for code in row
        ]
        for row, shared in zip(elements.tolist(), scale, strict=True)
    ]
    assert output.finite_parts(result)[0].tolist() == expected


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(BLOCKS),
    st.sampled_from(OUTPUTS),
    st.sampled_from(ROUNDINGS),
    st.sampled_from(["infinity", "saturate"]),
    st.integers(0, 1 << 30),
)
def test_value_is_the_exact_product_rounded_once(name, out, rounding, overflow, seed):
    random = np.random.default_rng(seed)
    block, output = formats.parse_block(f"{name}/4"), formats.parse(out)
    elements = random.integers(0, 1 << block.element.width, (12, 2))
    scale = random.integers(0, 1 << block.scale.width, 12)
    tensor = None
    if block.tensor_scale is not None:
        drawn = np.exp2(random.integers(-140, 127, 12)) * (1 + random.random(12))
        tensor = block.tensor_scale.encode(drawn)
        tensor[:2] = block.tensor_scale.nan_code, block.tensor_scale.infinity_code
    result = dequantise(
        elements, scale, tensor, block=block, output=output, rounding=rounding, overflow=overflow
    )["values"]
    for beat in range(12):
        common = [factor_value(block.scale, int(scale[beat]))]
        if tensor is not None:
            common.append(factor_value(block.tensor_scale, int(tensor[beat])))
        for lane in range(2):
            value = product([factor_value(block.element, int(elements[beat, lane])), *common])
            negative, size = as_output(output, value, rounding, overflow)
            code = int(result[beat, lane])
            found_negative, found = value_of(output, code)
            assert found == size
            if negative is None:
                assert code == output.nan_code
            elif size != 0 or output.specials != "fnuz":
                assert size == NAN or found_negative == negative


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("mxfp8-e4m3", ml_dtypes.float8_e4m3fn), ("mxfp8-e5m2", ml_dtypes.float8_e5m2)],
)
def test_bf16_values_are_those_of_ml_dtypes(name, dtype):
    codes, scales = np.meshgrid(np.arange(256), np.arange(30, 220))
    codes, scales = codes.ravel(), scales.ravel()
    values = codes.astype(np.uint8).view(dtype).astype(np.float64) * np.exp2(scales - 127.0)
    expected = values.astype(ml_dtypes.bfloat16).view(np.uint16)
    block = formats.parse_block(f"{name}/1")
    result = dequantise(codes, scales, block=block, output=formats.parse("bf16"))["values"]
    number = ~np.isnan(values)
    np.testing.assert_array_equal(result[number], expected[number])
    assert (result[~number] == formats.parse("bf16").nan_code).all()


def test_nvfp4_in_fp32_equals_float64_arithmetic_which_is_exact_there():
    random = np.random.default_rng(2)
    block, count = formats.parse_block("nvfp4/16"), 5000
    elements, scale = random.integers(0, 16, count), random.integers(0, 127, count)
    tensor = np.exp2(random.integers(-150, 120, count)) * (1 + random.random(count))
    tensor = tensor.astype(np.float32)
    exact = block.element.decode(elements) * block.scale.decode(scale) * tensor.astype(np.float64)
    with np.errstate(over="ignore"):
        expected = exact.astype(np.float32).view(np.uint32)
    result = dequantise(
        elements, scale, tensor.view(np.uint32), block=block, output=formats.parse("fp32")
    )
    np.testing.assert_array_equal(result["values"], expected)
