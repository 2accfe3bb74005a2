"""Names of quantizers, what they refuse, and the published errors."""

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.quant.methods import parse_method

NAMES = (
    *("int3", "int8", "int4-asym", "fp3", "fp4", "bitmod3", "bitmod4", "flint4", "pot4", "nf4"),
    *("ant4", "olive4", "bcq1", "bcq4", "ternary", "xnor", "bipolar2", "bipolar8", "quest2"),
    *(
        "mxfp4",
        "mxfp6",
        "mxint8",
        "nvfp4",
        "block-int4-fp16/64",
        "razer4",
        "log4",
        "minifloat-e2m3",
    ),
)


@pytest.mark.parametrize("name", NAMES)
def test_every_quantizer_gives_what_its_format_needs(name):
    matrix = np.random.default_rng(1).normal(size=(8, 200)).astype(np.float32)
    quantized = parse_method(name).quantize(matrix)
    assert quantized.dequantize().shape == quantized.weights().shape == (8, 200)
    assert 0 < quantized.relative_error(matrix) < 0.5
    again = parse_method(name).quantize(matrix)
    for array, values in quantized.arrays.items():
        np.testing.assert_array_equal(values, again.arrays[array])


@pytest.mark.parametrize("name", NAMES)
def test_some_rows_at_a_time_give_the_same_codes(name, monkeypatch):
    matrix = np.random.default_rng(6).normal(size=(9, 96)).astype(np.float32)
    matrix[4, 3] = 20
    whole = parse_method(name).quantize(matrix)
    error, values = whole.relative_error(matrix), whole.dequantize()
    monkeypatch.setattr("hwgen.quant.matrix.PART", 2 * 96)
    parts = parse_method(name).quantize(matrix)
    np.testing.assert_array_equal(parts.dequantize(), values)
    for array, values in whole.arrays.items():
        np.testing.assert_array_equal(values, parts.arrays[array])
    assert parts.relative_error(matrix) == pytest.approx(error, rel=1e-12)


def test_ant_takes_the_type_with_the_least_error():
    rng = np.random.default_rng(2)
    near_powers = np.exp2(rng.integers(0, 7, (16, 64))) * rng.choice([-1.0, 1.0], (16, 64))
    assert parse_method("ant4").quantize(near_powers).form.codebook.name == "pot4"
    integers = rng.integers(-7, 8, (16, 64)).astype(np.float32)
    integers[:, 0] = 7
    assert parse_method("ant4").quantize(integers).form.codebook.name == "int4"


def test_quest_rotates_and_rotates_back():
    matrix = np.random.default_rng(3).normal(size=(4, 192)).astype(np.float32)
    matrix[:, 5] *= 30
    plain, turned = (parse_method(each, 64).quantize(matrix) for each in ("bipolar4", "quest4"))
    assert turned.rotation == 64
    assert turned.relative_error(matrix) < plain.relative_error(matrix) / 2
    inputs = np.random.default_rng(4).normal(size=192)
    blocks = inputs.reshape(-1, 64) @ _hadamard(64)
    np.testing.assert_allclose(
        turned.dequantize() @ blocks.reshape(-1), turned.weights() @ inputs, rtol=1e-5
    )


def _hadamard(size):
    columns = np.arange(size)
    parity = [[bin(row & column).count("1") % 2 for column in columns] for row in columns]
    return (1 - 2 * np.array(parity)) / np.sqrt(size)


@pytest.mark.parametrize(
    ("name", "group", "message"),
    [
        ("bitmod5", None, "not 'bitmod5'; did you mean 'bitmod4'"),
        ("int9", None, "method must be one of"),
        ("bcq5", None, "not 'bcq5'"),
        ("group-int4-fp16/32", None, "the name of a quantizer, not of the format"),
        ("mxfp4", 16, "must be part of the name of a block format: mxfp4/16"),
        ("gptq-mxfp4", None, "method that gives every weight a code of a codebook"),
        ("gptq-olive4", None, "gptq must go with a method"),
        ("gptq-bcq3", None, "gptq must go with a method"),
        ("gptq-gptq-int4", None, "must have gptq- once"),
        ("gptq-gptq-int9", None, "method must be one of"),
        ("int4", "all", "must be 1..65536, 'row' or 'tensor', not 'all'"),
    ],
)
def test_wrong_names_and_groups_are_refused(name, group, message):
    with pytest.raises(UsageError, match=message):
        parse_method(name, group)


def test_gptq_without_statistics_or_with_two_levels_is_refused():
    for scale in ("uint8", "e4m3-fp32"):
        with pytest.raises(UsageError, match="gptq must have scales of one level"):
            parse_method("gptq-int4", 32, scale)
    with pytest.raises(UsageError, match="gptq-int4 must have calibration data; give --calib"):
        parse_method("gptq-int4").quantize(np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((2, 3, 4), np.float32),
        np.zeros((0, 4), np.float32),
        np.zeros((2, 2), np.int8),
        np.array([[np.nan, 1.0]], np.float32),
        np.array([[1e300, 1.0]]),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_what_is_no_matrix_of_finite_floats_is_refused(matrix):
    with pytest.raises(UsageError, match="matrix must"):
        parse_method("int4").quantize(matrix)
