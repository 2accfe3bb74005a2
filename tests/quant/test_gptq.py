"""GPTQ against its definition written out with the inverse itself, and on a real model."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.quant.calibration import InputStatistics, measure
from hwgen.quant.llama import read_checkpoint
from hwgen.quant.methods import parse_method
from hwgen.quant.tokenizer import read_tokenizer

DATA = Path(__file__).parents[1] / "data" / "stories260K"


def statistics_of(inputs):
    moment = inputs.T @ inputs / len(inputs)
    return InputStatistics(moment, np.abs(inputs).mean(axis=0))


def correlated(rng, tokens, count):
    return rng.normal(size=(tokens, count)) @ rng.normal(size=(count, count))


def by_elimination(matrix, method, moment, size):
    """Return the integers less their zero points: optimal brain quantization, columns in order.

    After every column its row and column are eliminated from the inverse moment. Scales of a group
    come from the quantizer itself, applied to the weights of the group as they are by then.
    """
    count = len(moment)
    weights = np.array(matrix, np.float64)
    damping = 0.01 * sum(moment[i, i] for i in range(count)) / count
    inverse = np.linalg.inv(moment + damping * np.eye(count))
    found = np.zeros(weights.shape)
    for column in range(count):
        if column % size == 0:
            group = parse_method(method, "row").quantize(weights[:, column : column + size])
            form, shape = group.form, group.shape
            unit = form.scale.decode(group.arrays["scales"])[:, 0]
            unit = unit * 2.0**form.codebook.lsb_exponent
            zero = group.arrays.get("zero_points", np.zeros((len(weights), 1)))[:, 0].astype(int)
            selectors = group.arrays.get("selectors")
        for row in range(shape[0]):
            value = weights[row, column]
            if zero.any() or form.zero_points:
                code = round(value / unit[row]) + zero[row]
                integer = min(max(code, 0), form.codebook.largest) - zero[row]
            else:
                selector = None if selectors is None else int(selectors[row, 0])
                grid = form.codebook.grid(selector)[0].tolist()
                integer = min(grid, key=lambda each: (abs(each * unit[row] - value), each))
            found[row, column] = integer
            error = (value - integer * unit[row]) / inverse[column, column]
            for later in range(column + 1, count):
                weights[row, later] -= error * inverse[column, later]
        eliminated = np.outer(inverse[:, column], inverse[column]) / inverse[column, column]
        inverse = inverse - eliminated
    return found


@pytest.mark.parametrize(
    ("method", "group", "columns"),
    [
        ("int4", 8, 30),
        ("int4-asym", 8, 30),
        ("bitmod4", 10, 40),
        ("bitmod3", 4, 24),
        ("flint4", 16, 32),
        ("nf4", "row", 20),
        # groups that do not end where blocks of columns do, shorter and longer than one
        ("int3", 48, 200),
        ("fp4", 150, 310),
    ],
)
def test_codes_are_those_of_elimination_column_by_column(method, group, columns):
    rng = np.random.default_rng(columns)
    matrix = rng.normal(size=(5, columns)).astype(np.float32)
    statistics = statistics_of(correlated(rng, 3 * columns, columns))
    made = parse_method(f"gptq-{method}", group).quantize(matrix, statistics)
    size = columns if group == "row" else group
    wanted = by_elimination(matrix, method, statistics.second_moment, size)
    np.testing.assert_array_equal(made.form.significands(made.arrays, made.shape), wanted)
    assert made.form == parse_method(method, group).forms[0]
    plain = parse_method(method, group).quantize(matrix)
    better, worse = (each.output_error(matrix, statistics) for each in (made, plain))
    assert better < worse


@pytest.mark.parametrize("method", ["int4", "int4-asym", "bitmod4", "ternary", "xnor", "quest4"])
def test_inputs_without_correlation_leave_the_nearest_codes(method):
    # equal powers: after the rotation of QuEST they are without correlation as well
    matrix = np.random.default_rng(1).normal(size=(6, 64)).astype(np.float32)
    statistics = InputStatistics(np.eye(64), np.ones(64))
    plain = parse_method(method).quantize(matrix)
    made = parse_method(f"gptq-{method}").quantize(matrix, statistics)
    for name, values in plain.arrays.items():
        np.testing.assert_array_equal(made.arrays[name], values)


def test_inputs_that_are_all_zero_leave_the_nearest_codes():
    matrix = np.random.default_rng(1).normal(size=(4, 32)).astype(np.float32)
    statistics = InputStatistics(np.zeros((32, 32)), np.zeros(32))
    made = parse_method("gptq-int4", 8).quantize(matrix, statistics)
    np.testing.assert_array_equal(
        made.arrays["codes"], parse_method("int4", 8).quantize(matrix).arrays["codes"]
    )
    assert made.output_error(matrix, statistics) == 0


def test_statistics_that_no_inputs_have_are_refused():
    matrix = np.random.default_rng(1).normal(size=(4, 2)).astype(np.float32)
    statistics = InputStatistics(np.array([[1.0, 5.0], [5.0, 1.0]]), np.ones(2))
    with pytest.raises(UsageError, match="must have no negative eigenvalues"):
        parse_method("gptq-int4", 2).quantize(matrix, statistics)


@pytest.mark.parametrize("method", ["int4", "quest4", "ant4"])
def test_some_rows_at_a_time_give_the_same_codes(method, monkeypatch):
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(9, 64)).astype(np.float32)
    statistics = statistics_of(correlated(rng, 200, 64))
    whole = parse_method(f"gptq-{method}", 16).quantize(matrix, statistics)
    error = whole.output_error(matrix, statistics)
    monkeypatch.setattr("hwgen.quant.matrix.PART", 2 * 64)
    parts = parse_method(f"gptq-{method}", 16).quantize(matrix, statistics)
    np.testing.assert_array_equal(whole.arrays["codes"], parts.arrays["codes"])
    assert parts.output_error(matrix, statistics) == pytest.approx(error, rel=1e-9)


def test_gptq_with_a_rotation_has_less_output_error_than_without_gptq():
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(16, 64)).astype(np.float32)
    inputs = correlated(rng, 500, 64)
    statistics = statistics_of(inputs)
    made, plain = (
        parse_method(each, 32).quantize(matrix, statistics) for each in ("gptq-quest3", "quest3")
    )
    assert made.rotation == plain.rotation == 64
    errors = [((inputs @ (each.weights() - matrix).T) ** 2).sum() for each in (made, plain)]
    assert errors[0] < 0.8 * errors[1]
    total = ((inputs @ matrix.T) ** 2).sum()
    assert made.output_error(matrix, statistics) == pytest.approx(errors[0] / total, rel=1e-6)


def test_outputs_of_every_layer_of_a_real_model_are_nearer_than_by_rounding(tmp_path):
    llama = read_checkpoint(DATA / "stories260K.bin")
    tokens = [1, *read_tokenizer(DATA / "tok512.bin").encode((DATA / "story.txt").read_text())]
    calibration = measure(llama, [tokens[:257]], tmp_path / "s.safetensors")
    for name, matrix in llama.tensors.items():
        if not name.startswith("layers.") or matrix.ndim != 2:
            continue
        statistics = calibration.statistics(name, matrix.shape[1])
        for method in ("int4", "bitmod3"):
            plain, made = (
                parse_method(each, 32).quantize(matrix, statistics)
                for each in (method, f"gptq-{method}")
            )
            errors = [each.output_error(matrix, statistics) for each in (made, plain)]
            assert errors[0] < errors[1], name
