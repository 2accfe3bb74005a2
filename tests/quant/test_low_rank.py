"""Low-rank corrections against their definitions, and their way through the container."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from test_container import rewritten

from hwgen.errors import UsageError
from hwgen.quant.calibration import InputStatistics
from hwgen.quant.container import QuantizedModel
from hwgen.quant.low_rank import KINDS, parse_correction
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model

ROWS, COLUMNS, RANK = 24, 32, 4


@pytest.fixture
def weights():
    return np.random.default_rng(1).normal(size=(ROWS, COLUMNS)).astype(np.float32)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(2)
    mixed = rng.normal(size=(400, COLUMNS)) @ rng.normal(size=(COLUMNS, COLUMNS))
    return mixed * np.exp(rng.normal(size=COLUMNS))


def statistics_of(inputs):
    return InputStatistics(inputs.T @ inputs / len(inputs), np.abs(inputs).mean(axis=0))


def square_root(matrix):
    """Return the symmetric square root by Newton's iteration (Denman and Beavers 1976)."""
    root, inverse = matrix, np.eye(len(matrix))
    for _ in range(40):
        root, inverse = (
            (root + np.linalg.inv(inverse)) / 2,
            (inverse + np.linalg.inv(root)) / 2,
        )
    return root


def weighting(kind, inputs):
    """Return S of the definition."""
    size = np.abs(inputs).mean(axis=0)
    return {
        "svd": np.eye(COLUMNS),
        "lqer": np.diag(size / np.sqrt(size.min() * size.max())),
        "qera-approx": np.diag(np.sqrt((inputs**2).mean(axis=0))),
        "qera-exact": square_root(inputs.T @ inputs / len(inputs)),
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_factors_are_those_of_the_definition(kind, weights, inputs):
    quantized = parse_method("int3", 16).quantize(weights)
    correction = parse_correction(kind, RANK, "mxint20")
    found = correction.low_rank(weights, quantized, statistics_of(inputs))
    assert (found.kind, found.rank, found.shape) == (kind, RANK, (ROWS, COLUMNS))
    scale = weighting(kind, inputs)
    left, sizes, right = np.linalg.svd(scale @ (weights - quantized.weights()).T)
    first, second = np.linalg.inv(scale) @ left[:, :RANK], sizes[:RANK, None] * right[:RANK]
    np.testing.assert_allclose(found.product(), (first @ second).T, atol=1e-4)


def test_no_correction_of_that_rank_has_less_output_error_than_the_exact_one(weights, inputs):
    statistics, quantized = statistics_of(inputs), parse_method("int3", 16).quantize(weights)
    made = {kind: _corrected(kind, weights, quantized, statistics, "mxint20") for kind in KINDS}
    errors = {kind: each.output_error(weights, statistics) for kind, each in made.items()}
    assert min(errors, key=errors.get) == "qera-exact"
    assert errors["svd"] < quantized.output_error(weights, statistics)
    # what is left of the weighted rest are the sizes that were not taken
    rest = (weights - quantized.weights()) @ square_root(statistics.second_moment)
    sizes = np.linalg.svd(rest, compute_uv=False)
    best = (sizes[RANK:] ** 2).sum() / statistics.output_square(weights)
    assert errors["qera-exact"] == pytest.approx(best, rel=1e-4)
    weight_errors = {kind: each.relative_error(weights) for kind, each in made.items()}
    assert min(weight_errors, key=weight_errors.get) == "svd"


def _corrected(kind, weights, quantized, statistics, factors):
    from dataclasses import replace

    low_rank = parse_correction(kind, RANK, factors).low_rank(weights, quantized, statistics)
    return replace(quantized, correction=low_rank)


@pytest.mark.parametrize("method", ["int3", "quest3"])
def test_errors_and_bits_count_the_correction_and_codes_do_not(method, weights, inputs):
    statistics, quantized = statistics_of(inputs), parse_method(method, 16).quantize(weights)
    made = _corrected("qera-exact", weights, quantized, statistics, "mxint8/4")
    np.testing.assert_array_equal(made.dequantize(), quantized.dequantize())
    np.testing.assert_array_equal(made.weights(), quantized.weights())
    total = made.corrected_weights()
    np.testing.assert_array_equal(total, made.weights() + made.correction.product())
    error = ((inputs @ (total - weights).T) ** 2).sum() / ((inputs @ weights.T) ** 2).sum()
    assert made.output_error(weights, statistics) == pytest.approx(error, rel=1e-5)
    factors = made.correction
    bits = 8 * RANK * (ROWS + COLUMNS) + 8 * (RANK * COLUMNS // 4 + ROWS * RANK // 4)
    assert made.bits_per_weight - quantized.bits_per_weight == pytest.approx(bits / weights.size)
    assert factors.bits_per_weight == pytest.approx(bits / weights.size)


def test_inputs_that_never_occur_do_no_harm(weights, inputs):
    inputs[:, 3] = inputs[:, 7] = 0
    statistics, quantized = statistics_of(inputs), parse_method("int3", 16).quantize(weights)
    plain = quantized.output_error(weights, statistics)
    for kind in KINDS:
        made = _corrected(kind, weights, quantized, statistics, "mxint8")
        assert made.output_error(weights, statistics) < plain, kind
    nothing = InputStatistics(np.zeros((COLUMNS, COLUMNS)), np.zeros(COLUMNS))
    made = _corrected("qera-exact", weights, quantized, nothing, "mxint8")
    assert made.relative_error(weights) < quantized.relative_error(weights)


def test_a_rank_above_that_of_the_matrix_is_the_whole_rest(weights):
    quantized = parse_method("int3", 16).quantize(weights)
    found = parse_correction("svd", 99, "mxint20").low_rank(weights, quantized)
    assert found.rank == ROWS
    np.testing.assert_allclose(found.product(), weights - quantized.weights(), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("qera",), "correction must be one of svd, lqer, .* not 'qera'; did you mean"),
        (("svd", 0), "rank must be at least 1, not 0"),
        (("svd", 4, "quest4"), "factors must be quantized without rotation or gptq"),
        (("svd", 4, "gptq-int4"), "factors must be quantized without rotation or gptq"),
        (("svd", 4, "int99"), "method must be one of"),
    ],
)
def test_wrong_corrections_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        parse_correction(*options)


def test_statistics_that_are_missing_are_asked_for(weights, tmp_path):
    correction = parse_correction("lqer", RANK)
    with pytest.raises(UsageError, match="lqer must have calibration data; give --calib"):
        correction.low_rank(weights, parse_method("int4").quantize(weights))
    save_file({"a": weights}, tmp_path / "m.safetensors")
    with pytest.raises(UsageError, match="lqer must have calibration data; give --calib"):
        quantize_model(
            tmp_path / "m.safetensors",
            tmp_path / "q.safetensors",
            parse_method("int4"),
            correction=correction,
        )


@pytest.fixture
def container(weights, tmp_path):
    save_file({"layers.0.wq.weight": weights, "norm": weights[0]}, tmp_path / "m.safetensors")
    target = tmp_path / "q.safetensors"
    correction = parse_correction("svd", RANK, "mxint8/4")
    [result] = quantize_model(
        tmp_path / "m.safetensors", target, parse_method("int3", 16), correction=correction
    )
    return target, result


def test_factors_come_back_as_they_were_made(container, weights):
    target, result = container
    found = QuantizedModel(target).matrix("layers.0.wq.weight")
    quantized = parse_method("int3", 16).quantize(weights)
    wanted = parse_correction("svd", RANK, "mxint8/4").low_rank(weights, quantized)
    np.testing.assert_array_equal(found.dequantize(), quantized.dequantize())
    np.testing.assert_array_equal(found.correction.product(), wanted.product())
    assert found.correction.kind == "svd"
    assert found.correction.into.form.name == "mxint8/4"
    assert found.relative_error(weights) == result.relative_error
    assert found.bits_per_weight == result.bits_per_weight
    assert QuantizedModel(target).tensors == ("norm",)
    assert "layers.0.wq.weight.into.codes" in load_file(target)


def _of_rank_zero(tensors, document):
    document["matrices"]["layers.0.wq.weight"]["correction"]["rank"] = 0


def _of_another_rank(tensors, document):
    document["matrices"]["layers.0.wq.weight"]["correction"]["rank"] = RANK + 4


def _with_a_strange_key(tensors, document):
    document["matrices"]["layers.0.wq.weight"]["correction"]["x"] = 1


def _without_a_factor(tensors, document):
    del tensors["layers.0.wq.weight.out.scales"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_of_rank_zero, "correction.rank: Input should be greater than or equal to 1"),
        (_of_another_rank, "matrix 'layers.0.wq.weight' .* must be uint8 of shape"),
        (_with_a_strange_key, "correction.x: Extra inputs"),
        (_without_a_factor, "must hold tensor 'layers.0.wq.weight.out.scales'"),
    ],
)
def test_corrections_that_do_not_fit_are_refused(change, message, container):
    with pytest.raises(UsageError, match=message):
        QuantizedModel(rewritten(container[0], change)).matrix("layers.0.wq.weight")


def test_the_entry_says_how_the_factors_were_found(container):
    from safetensors import safe_open

    with safe_open(container[0], "numpy") as file:
        document = json.loads(file.metadata()["hwgen"])
    entry = document["matrices"]["layers.0.wq.weight"]["correction"]
    assert entry == {"kind": "svd", "rank": RANK, "into": "mxint8/4", "out": "mxint8/4"}
