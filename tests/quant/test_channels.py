"""Scales of input channels, and AdaDim's choice between them and those of output channels."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file
from test_gptq import correlated, statistics_of

from hwgen.errors import UsageError
from hwgen.quant.calibration import InputStatistics
from hwgen.quant.container import QuantizedModel
from hwgen.quant.low_rank import parse_correction
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model


@pytest.fixture
def matrix():
    return np.random.default_rng(1).normal(size=(24, 40)).astype(np.float32)


METHODS = ("int4", "int4-asym", "bitmod3", "ant4", "olive4", "bcq2", "xnor", "mxfp4/16")


@pytest.mark.parametrize("method", METHODS)
def test_codes_of_input_channels_are_those_of_the_transposed_matrix(method, matrix):
    group = None if "/" in method else 16
    found = parse_method(method, group, channel="input").quantize(matrix)
    wanted = parse_method(method, group).quantize(np.ascontiguousarray(matrix.T))
    assert (found.shape, found.stored_shape, found.transposed) == ((24, 40), (40, 24), True)
    assert found.form == wanted.form
    for name, values in wanted.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], values)
    np.testing.assert_array_equal(found.dequantize(), wanted.dequantize().T)
    assert found.bits_per_weight == wanted.bits_per_weight
    assert found.relative_error(matrix) == pytest.approx(wanted.relative_error(matrix.T))


def both(matrix, statistics=None):
    return [
        parse_method("int4", "row", channel=each).quantize(matrix, statistics)
        for each in ("output", "input")
    ]


def test_adadim_takes_the_channels_with_the_less_weight_error(matrix):
    method, chosen = parse_method("int4", "row", channel="adadim"), []
    for place in (np.s_[3], np.s_[:, 3]):
        # what is alone in its group is exact, and it is all of the error otherwise
        changed = matrix.copy()
        changed[place] *= 100
        errors = [each.relative_error(changed) for each in both(changed)]
        made = method.quantize(changed)
        assert made.relative_error(changed) == min(errors)
        assert made.transposed == (errors[1] < errors[0])
        chosen.append(made.transposed)
    assert chosen == [True, False]


def test_errors_of_input_channels_are_those_of_all_rows_at_once(matrix, monkeypatch):
    made = parse_method("int4-asym", 16, channel="input").quantize(matrix)
    made = replace(made, correction=parse_correction("svd", 3).low_rank(matrix, made))
    statistics = statistics_of(correlated(np.random.default_rng(1), 90, 40))
    rest, moment = made.corrected_weights() - matrix, statistics.second_moment
    outputs = np.trace(rest @ moment @ rest.T) / np.trace(matrix @ moment @ matrix.T)
    monkeypatch.setattr("hwgen.quant.matrix.PART", 5 * 40)
    assert made.relative_error(matrix) == pytest.approx((rest**2).sum() / (matrix**2).sum())
    assert made.output_error(matrix, statistics) == pytest.approx(outputs, rel=1e-5)
    np.testing.assert_array_equal(made.corrected_weights() - matrix, rest)


def test_of_equal_errors_adadim_takes_output_channels():
    matrix = np.eye(8, dtype=np.float32)
    statistics = InputStatistics(np.eye(8), np.ones(8))
    method = parse_method("int4", "row", channel="adadim")
    assert not method.quantize(matrix).transposed
    assert not method.quantize(matrix, statistics).transposed


def test_with_statistics_adadim_takes_the_less_output_error(matrix):
    # weights say that an input channel of large weights must not have a scale of its own; where
    # that input is never used, outputs say the opposite
    matrix[:, 3] *= 100
    squares = np.ones(40)
    squares[3] = 0
    statistics = InputStatistics(np.diag(squares), np.sqrt(squares))
    errors = [each.output_error(matrix, statistics) for each in both(matrix)]
    assert errors[1] < errors[0]
    method = parse_method("int4", "row", channel="adadim")
    assert not method.quantize(matrix).transposed
    assert method.quantize(matrix, statistics).transposed


def test_gptq_of_input_channels_is_elimination_with_a_scale_for_every_input():
    rng = np.random.default_rng(5)
    # wider than a block of columns
    matrix = rng.normal(size=(6, 150)).astype(np.float32)
    statistics = statistics_of(correlated(rng, 400, 150))
    found = parse_method("gptq-int4", "row", channel="input").quantize(matrix, statistics)
    moment, weights = statistics.second_moment, matrix.astype(np.float64)
    inverse = np.linalg.inv(moment + 0.01 * np.trace(moment) / 150 * np.eye(150))
    for column in range(150):
        values = weights[:, column]
        unit = float(np.float16(np.abs(values).max() / 7))
        wanted = np.array(
            [min(range(-7, 8), key=lambda q, v=v: (abs(q * unit - v), q)) for v in values]
        )
        np.testing.assert_array_equal(found.dequantize()[:, column], wanted * unit)
        error = (values - wanted * unit) / inverse[column, column]
        weights = weights - np.outer(error, inverse[column])
        inverse = inverse - np.outer(inverse[:, column], inverse[column]) / inverse[column, column]
    plain = parse_method("int4", "row", channel="input").quantize(matrix)
    errors = [each.output_error(matrix, statistics) for each in (found, plain)]
    assert errors[0] < errors[1]


@pytest.mark.parametrize("channel", ["input", "adadim"])
def test_methods_without_channels_are_refused(channel):
    with pytest.raises(UsageError, match="channel must be 'output' with quest4, whose rotation"):
        parse_method("quest4", channel=channel)
    with pytest.raises(UsageError, match="with ternary, which has one scale for all"):
        parse_method("ternary", channel=channel)
    with pytest.raises(UsageError, match="must be one of output, input, adadim, not 'both'"):
        parse_method("int4", channel="both")


def test_matrices_of_either_kind_come_back_as_they_were_made(matrix, tmp_path):
    matrices = {"a": matrix.copy(), "b": matrix.copy()}
    matrices["a"][3] *= 100
    matrices["b"][:, 3] *= 100
    save_file(matrices, tmp_path / "m.safetensors")
    method = parse_method("bitmod4", "row", channel="adadim")
    results = quantize_model(
        tmp_path / "m.safetensors",
        tmp_path / "q.safetensors",
        method,
        correction=parse_correction("svd", 4),
    )
    assert [each.channel for each in results] == ["input", "output"]
    found = QuantizedModel(tmp_path / "q.safetensors")
    for name, result in zip("ab", results, strict=True):
        wanted, made = method.quantize(matrices[name]), found.matrix(name)
        assert (made.transposed, made.shape) == (wanted.transposed, (24, 40))
        np.testing.assert_array_equal(made.dequantize(), wanted.dequantize())
        assert made.relative_error(matrices[name]) == result.relative_error
        assert result.relative_error < wanted.relative_error(matrices[name])
