"""Formats of weight matrices: names, sizes, checks, and values against plain sums."""

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.formats.weights import parse_weight_format

NAMES = (
    *("group-bitmod-fp4-uint8/128", "group-uint4-zero-fp16/32", "group-ternary-fp32/tensor"),
    *("group-olive4-bf16/row", "binary-3-fp16/32", "binary-2-uint8/row", "mxfp4-e2m1/32"),
    "nvfp4/16",
)


def random_arrays(form, shape, seed=1):
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, (dtype, wanted, largest) in form.array_limits(shape).items():
        if name in ("scales", "row_scales", "tensor_scale") and largest > 255:
            scale = form.scale if name == "scales" else parse_fp32()
            arrays[name] = scale.encode(rng.uniform(0.1, 2, wanted))
        else:
            arrays[name] = rng.integers(0, largest + 1, wanted).astype(dtype)
    return arrays


def parse_fp32():
    from hwgen import formats

    return formats.parse("fp32")


@pytest.mark.parametrize("name", NAMES)
def test_names_lead_back_to_their_format(name):
    assert parse_weight_format(name).name == name
    assert str(parse_weight_format(name)) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("group-int4-fp16", "must have the form group-CODEBOOK"),
        ("group-int4-fp16/0", r"group of .* must be 1..65536, 'row' or 'tensor', not '0'"),
        ("group-int4-fp16/column", "not 'column'"),
        ("group-e4m3-fp16/32", "special codes"),
        ("binary-9-fp16/32", "must have the form binary-N-SCALE/G"),
        ("binary-2-fp16/tensor", "must be a number or 'row'"),
        ("mxfp4x", "block format must be a known name"),
        (7, "weight format must be a name, not 7"),
    ],
)
def test_other_names_are_refused(name, message):
    with pytest.raises(UsageError, match=message):
        parse_weight_format(name)


def test_storage_counts_every_array_in_its_width():
    shape = (8, 256)
    assert parse_weight_format("group-bitmod-fp4-uint8/128").bits_per_weight(shape) == (
        4 + (8 + 2) / 128 + 32 / 256
    )
    assert parse_weight_format("group-uint3-zero-fp16/64").bits_per_weight(shape) == 3 + 19 / 64
    assert parse_weight_format("binary-3-fp16/32").bits_per_weight(shape) == 3 + 3 * 16 / 32
    assert parse_weight_format("binary-3-uint8/32").bits_per_weight(shape) == 3.75 + 32 / 256
    assert parse_weight_format("group-ternary-fp32/tensor").bits_per_weight(shape) == (
        2 + 32 / 2048
    )
    # a short last group has a scale of its own
    assert parse_weight_format("group-int4-fp16/64").bits_per_weight((1, 65)) == 4 + 2 * 16 / 65


def test_grouped_values_are_entries_less_zero_points_times_both_scales():
    form, shape = parse_weight_format("group-uint4-zero-uint8/3"), (2, 7)
    arrays = random_arrays(form, shape)
    arrays["row_scales"] = parse_fp32().encode(np.array([0.5, 3.0]))
    found = form.dequantize(arrays, shape)
    for row in range(2):
        for column in range(7):
            group = column // 3
            entry = int(arrays["codes"][row, column]) - int(arrays["zero_points"][row, group])
            scale = int(arrays["scales"][row, group]) * (0.5, 3.0)[row]
            assert found[row, column] == entry * scale


def test_special_values_are_those_of_the_group():
    form, shape = parse_weight_format("group-bitmod-fp3-fp32/2"), (1, 4)
    arrays = {
        "codes": np.array([[4, 1, 4, 7]], np.uint8),
        "selectors": np.array([[1, 2]], np.uint8),
        "scales": parse_fp32().encode(np.array([[1.0, 10.0]])),
    }
    assert form.dequantize(arrays, shape).tolist() == [[-3, 1, 60, -40]]


def test_binary_coded_values_are_sums_of_signed_scales():
    form, shape = parse_weight_format("binary-2-fp32/2"), (1, 4)
    arrays = {
        "codes": np.array([[0, 1, 2, 3]], np.uint8),
        "scales": parse_fp32().encode(np.array([[[1.0, 4.0], [0.5, 8.0]]])),
    }
    assert form.dequantize(arrays, shape).tolist() == [[-5, -3, 7.5, 8.5]]


def test_a_block_format_is_padded_to_whole_blocks():
    form, shape = parse_weight_format("mxint8/8"), (2, 11)
    limits = form.array_limits(shape)
    assert limits["codes"][1] == (2, 16)
    assert limits["scales"][1] == (2, 2)
    arrays = random_arrays(form, shape)
    arrays["scales"] = np.full((2, 2), 127 + 6, np.uint8)
    wanted = arrays["codes"].view(np.int8)[:, :11]
    np.testing.assert_array_equal(form.dequantize(arrays, shape), wanted)


@pytest.mark.parametrize("name", NAMES)
def test_arrays_of_another_shape_type_or_range_are_refused(name):
    form, shape = parse_weight_format(name), (4, 64)
    arrays = random_arrays(form, shape)
    form.check(arrays, shape)
    with pytest.raises(UsageError, match="arrays of"):
        form.check({key: value for key, value in arrays.items() if key != "scales"}, shape)
    with pytest.raises(UsageError, match=r"codes of .* must be uint8 of shape"):
        form.check({**arrays, "codes": arrays["codes"][:-1]}, shape)
    with pytest.raises(UsageError, match=r"codes of .* must be uint8 of shape"):
        form.check({**arrays, "codes": arrays["codes"].astype(np.int8)}, shape)
    wrong = arrays["codes"].copy()
    wrong[0, 0] = 255
    with pytest.raises(UsageError, match=r"codes of .* must be at most"):
        form.check({**arrays, "codes": wrong}, shape)
