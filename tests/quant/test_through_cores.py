"""A real layer, quantized, through the core that takes its codes: the container's own products."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.formats import parse, ternary
from hwgen.formats.binary_coding import binary_planes, uniform_coefficients
from hwgen.formats.bit_planes import Operand, product_matrix, product_tokens
from hwgen.quant.container import QuantizedModel
from hwgen.quant.llama import read_checkpoint
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model
from hwgen.sim.model import CompiledModel

MODEL = Path(__file__).parents[1] / "data" / "stories260K" / "stories260K.bin"
# 64 outputs, 172 inputs
LAYER = "layers.2.feed_forward.w2.weight"


@pytest.fixture(scope="module")
def layer():
    return read_checkpoint(MODEL).tensors[LAYER]


def quantized(layer, folder, method, group=None, scale="fp16"):
    """Return the matrix after a way through the container."""
    save_file({LAYER: np.ascontiguousarray(layer)}, folder / "model.safetensors")
    chosen = parse_method(method, group, scale)
    quantize_model(folder / "model.safetensors", folder / "q.safetensors", chosen)
    return QuantizedModel(folder / "q.safetensors").matrix(LAYER)


def answers(name, options, tokens, folder, results=None):
    """Return what the emitted core answers, simulated with stalls, as signed integers.

    ``results``: how many tokens come out, where they may be more than go in.
    """
    core = catalogue.get(name)
    config = core.configure(options)
    emitted = emit(core, config, folder / name)
    interface = json.loads(emitted.interface.read_text())
    circuit = CompiledModel(emitted.verilog, interface, folder / name)
    expected = None if results is None else {"o": results}
    outputs = circuit({"i": tokens}, stalls=0.2, expected_tokens=expected)
    [(field, codes)] = outputs["o"].items()
    [stream] = [each for each in interface["streams"] if each["direction"] == "output"]
    width = next(each["width"] for each in stream["fields"] if each["name"] == field)
    codes = codes.astype(np.int64)
    return np.where(codes >= 1 << width - 1, codes - (1 << width), codes)


def padded(matrix, columns):
    return np.pad(matrix, ((0, 0), (0, columns - matrix.shape[1])))


@pytest.mark.parametrize("packing", ["two-bit", "tq1_0"])
def test_a_ternary_layer_gives_the_sums_of_its_container(packing, layer, tmp_path):
    matrix = quantized(layer, tmp_path, "ternary")
    trits = matrix.form.significands(matrix.arrays, matrix.shape)
    x = np.random.default_rng(1).integers(-128, 128, 172)
    columns, lanes = 256, {"two-bit": 32, "tq1_0": 10}[packing]
    slots = ternary.columns_of_slots(packing, columns).ravel()
    vector = padded(x[None], columns)[0]
    elements = np.where(slots >= 0, vector[slots], 0).reshape(-1, lanes)
    words = ternary.pack(padded(trits, columns), packing).reshape(len(trits), len(elements), -1)
    words = words.reshape(-1, words.shape[-1])
    count = len(elements) + len(words)
    tokens = {
        "activations": np.zeros((count, lanes), np.uint64),
        "weights": np.zeros((count, words.shape[1]), np.uint64),
        "load": np.arange(count) < len(elements),
        "compute": np.arange(count) >= len(elements),
    }
    tokens["activations"][: len(elements)] = elements & 255
    tokens["weights"][len(elements) :] = words
    tokens = {key: each.astype(np.uint64) for key, each in tokens.items()}
    options = {"packing": packing, "columns": columns, "rows": 64, "lanes": lanes, "freq": 100}
    found = answers("ternary-matvec", options, tokens, tmp_path)
    np.testing.assert_array_equal(found, trits @ x)


def tile_tokens(x, planes, alpha, bias, lanes):
    """Return the tokens of ``lut-gemm``: a tile of x comes in, then all weights that meet it.

    ``planes`` has the shape (planes, rows, columns), ``alpha`` (tiles, planes, rows), ``bias``
    (tiles, rows) or is None.
    """
    bits, rows, columns = planes.shape
    tiles, uses, place = columns // lanes, bits * rows, 0
    weights = planes.reshape(bits, rows, tiles, lanes).transpose(2, 0, 1, 3).reshape(-1, lanes)
    count = columns + len(weights)
    names = ("x", "alpha", "load", "compute") + ("bias",) * (bias is not None)
    tokens = {name: np.zeros(count, np.int64) for name in names}
    tokens["weights"] = np.zeros((count, lanes), np.int64)
    for tile in range(tiles):
        part = slice(place, place + lanes)
        tokens["x"][part] = x[tile * lanes : (tile + 1) * lanes] & 255
        tokens["load"][part] = 1
        part = slice(place + lanes, place + lanes + uses)
        tokens["weights"][part] = weights[tile * uses : (tile + 1) * uses] > 0
        tokens["alpha"][part] = alpha[tile].reshape(-1)
        if bias is not None:
            tokens["bias"][part] = np.tile(bias[tile], bits) & 0xFF
        tokens["compute"][part] = 1
        place += lanes + uses
    return {key: each.astype(np.uint64) for key, each in tokens.items()}


def test_a_layer_of_integers_with_zero_points_gives_the_sums_of_its_container(layer, tmp_path):
    matrix = quantized(layer, tmp_path, "int4-asym", 32)
    integers = matrix.form.significands(matrix.arrays, matrix.shape)
    x = np.random.default_rng(2).integers(-128, 128, 172)
    columns, lanes, bits, rows = 192, 32, 4, 64
    planes = binary_planes(padded(matrix.arrays["codes"], columns), bits)
    alpha, bias = uniform_coefficients(matrix.arrays["zero_points"].T, bits)
    tokens = tile_tokens(padded(x[None], columns)[0], planes, alpha, bias, lanes)
    options = {"columns": columns, "rows": rows, "bits": bits, "lanes": lanes}
    options |= {"alpha_width": 4, "bias_width": 8, "freq": 100}
    found = answers("lut-gemm", options, tokens, tmp_path)
    # in units of half a scale; padding has x = 0
    np.testing.assert_array_equal(found, 2 * (integers @ x))


def codebook_tokens(matrix, x, columns, lanes):
    """Return the tokens of ``codebook-dot`` for a matrix with scales in two levels."""
    form, arrays, rows = matrix.form, matrix.arrays, matrix.shape[0]
    beats, groups = form.group // lanes, columns // form.group

    def repeated(array):
        return np.repeat(array, beats, axis=1).reshape(-1)

    place = np.arange(rows * groups * beats) % (groups * beats)
    tokens = {
        "x": np.tile(padded(x[None] & 255, columns)[0], rows).reshape(-1, lanes),
        "weights": padded(arrays["codes"], columns).reshape(-1, lanes),
        "scale": repeated(arrays["scales"]),
        "first": place == beats - 1,
        "last": place == groups * beats - 1,
    }
    # the group that is not full is padded: its elements are zero
    for name, array in (("selector", "selectors"), ("zero", "zero_points")):
        if array in arrays:
            tokens[name] = repeated(arrays[array])
    return {name: each.astype(np.uint64) for name, each in tokens.items()}


@pytest.mark.parametrize(
    ("method", "architecture"),
    [
        ("bitmod4", "multiply"),
        ("bitmod4", "serial"),
        ("bitmod3", "serial"),
        ("flint4", "serial"),
        ("nf4", "multiply"),
        ("int4", "serial"),
        ("int4-asym", "multiply"),
        ("olive4", "serial"),
    ],
)
def test_a_layer_of_codebook_weights_gives_the_sums_of_its_container(
    method, architecture, layer, tmp_path
):
    group, columns, lanes = 32, 192, 8
    matrix = quantized(layer, tmp_path, method, group, "uint8")
    x = np.random.default_rng(3).integers(-128, 128, 172)
    tokens = codebook_tokens(matrix, x, columns, lanes)
    options = {"weights": matrix.form.codebook.name, "zero_points": matrix.form.zero_points}
    options |= {"group": group, "max_groups": columns // group, "lanes": lanes, "freq": 100}
    found = answers("codebook-dot", {**options, "architecture": architecture}, tokens, tmp_path)
    # the product with the exact values, the scales of the rows left out
    integers = matrix.form.significands(matrix.arrays, matrix.shape)
    scales = matrix.form.spread(matrix.arrays["scales"].astype(np.int64), matrix.shape)
    np.testing.assert_array_equal(found, (integers * scales) @ x)
    units = matrix.form.codebook.lsb_exponent
    rows = np.ldexp(matrix.arrays["row_scales"].view(np.float32).astype(np.float64), units)
    np.testing.assert_allclose(found * rows, matrix.dequantize() @ x, rtol=1e-12, atol=1e-12)


def test_a_binary_coded_layer_gives_the_sums_of_its_container(layer, tmp_path):
    matrix = quantized(layer, tmp_path, "bcq3", 32, "uint8")
    x = np.random.default_rng(3).integers(-128, 128, 172)
    columns, lanes, rows = 192, 32, 64
    # signs and coefficients as they lie in the container
    planes = binary_planes(padded(matrix.arrays["codes"], columns), 3)
    alpha = matrix.arrays["scales"].transpose(1, 2, 0)
    tokens = tile_tokens(padded(x[None], columns)[0], planes, alpha, None, lanes)
    options = {"columns": columns, "rows": rows, "bits": 3, "lanes": lanes}
    options |= {"alpha_width": 8, "bias_width": 0, "freq": 100}
    found = answers("lut-gemm", options, tokens, tmp_path)
    integers = matrix.form.significands(matrix.arrays, matrix.shape)
    np.testing.assert_array_equal(found, integers @ x)
    units = parse("fp32").decode(matrix.arrays["row_scales"])
    # each weight is one product of an integer and a scale, so float64 loses next to nothing
    np.testing.assert_allclose(units * found, matrix.dequantize() @ x, rtol=1e-12, atol=1e-9)


# method of the weights, their operand, that of the activations
PLANES = [
    pytest.param("int4", ("signed", 4), ("signed", 8), id="int4"),
    pytest.param("ternary", ("ternary", 2), ("signed", 8), id="ternary"),
    pytest.param("bipolar3", ("bipolar", 3), ("signed", 8), marks=pytest.mark.slow, id="bipolar3"),
    pytest.param("xnor", ("bipolar", 1), ("bipolar", 1), marks=pytest.mark.slow, id="xnor"),
]


@pytest.mark.parametrize(("method", "weight", "activation"), PLANES)
def test_a_layer_in_bit_planes_gives_the_sums_of_its_container(
    method, weight, activation, layer, tmp_path
):
    matrix = quantized(layer, tmp_path, method)
    integers = matrix.form.significands(matrix.arrays, matrix.shape).astype(np.int64)
    operands = Operand(*weight), Operand(*activation)
    low, high = operands[1].bounds
    step = 2 if activation[0] == "bipolar" else 1
    x = np.random.default_rng(3).choice(np.arange(low, high + 1, step), (172, 6))
    options = {"buffer": 32, "freq": 100}
    config = catalogue.get("bitserial-matmul").configure(options)
    tokens = product_tokens(integers, x, *operands, config)
    fields = {each.name: tokens[each.name] for each in config.input_fields}
    rows_of_tiles = -(-64 // config.rows) * config.rows * -(-6 // config.columns)
    rows = answers("bitserial-matmul", options, fields, tmp_path, rows_of_tiles)
    np.testing.assert_array_equal(product_matrix(rows, (64, 6), config), integers @ x)


@pytest.mark.parametrize("method", ["bitmod4", "bitmod3"])
def test_a_layer_times_two_vectors_at_a_time_gives_the_sums_of_its_container(
    method, layer, tmp_path
):
    group, size, (rows, columns, lanes) = 32, 192, (2, 4, 4)
    matrix = quantized(layer, tmp_path, method, group, "uint8")
    form, arrays, outputs = matrix.form, matrix.arrays, matrix.shape[0]
    x = np.random.default_rng(3).integers(-128, 128, (rows, 172))
    beats, groups, tiles = size // lanes, size // group, outputs // columns

    def by_token(array):
        """Split rows of the matrix into tiles; a tile's tokens come before its rows."""
        parts = array.reshape(tiles, columns, beats, -1)
        return np.moveaxis(parts, 1, 2).reshape(tiles * beats, -1)

    words = {
        "weights": by_token(padded(arrays["codes"], size)),
        "selector": by_token(np.repeat(arrays["selectors"], group // lanes, axis=1)),
        "scale": by_token(np.repeat(arrays["scales"], group // lanes, axis=1)),
    }
    vectors = padded(x & 255, size).reshape(rows, beats, lanes)
    tokens = {
        name: np.concatenate([np.zeros((beats, each.shape[1]), int), each])
        for name, each in words.items()
    }
    tokens["x"] = np.zeros((len(tokens["weights"]), rows * lanes), int)
    tokens["x"][:beats] = np.moveaxis(vectors, 0, 1).reshape(beats, -1)
    tokens["load"] = np.arange(len(tokens["x"])) < beats
    tokens["compute"] = ~tokens["load"]
    tokens = {name: each.astype(np.uint64) for name, each in tokens.items()}
    options = {"weights": form.codebook.name, "rows": rows, "columns": columns, "group": group}
    options |= {"groups": groups, "tiles": tiles, "freq": 100}
    found = answers("bitmod-array", options, tokens, tmp_path)
    sums = np.moveaxis(found.reshape(tiles, rows, columns), 0, 1).reshape(rows, outputs)
    integers = form.significands(arrays, matrix.shape)
    scales = form.spread(arrays["scales"].astype(np.int64), matrix.shape)
    np.testing.assert_array_equal(sums, x @ (integers * scales).T)
