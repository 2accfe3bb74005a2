"""The container: whole and broken files, and runs that stop in the middle."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from hwgen.errors import UsageError
from hwgen.quant.container import QuantizedModel, write_part
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model
from hwgen.quant.tensor_file import write_tensors

LAYERS = ("layers.0.wq.weight", "layers.0.wo.weight", "layers.1.wq.weight")


@pytest.fixture
def model(tmp_path):
    rng = np.random.default_rng(1)
    tensors = {name: rng.normal(size=(16, 64)).astype(np.float32) for name in LAYERS}
    tensors["tok_embeddings.weight"] = rng.normal(size=(10, 64)).astype(np.float32)
    tensors["norm.weight"] = np.ones(64, np.float32)
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    return path


def rewritten(path, change):
    """Write a container again with its tensors and metadata changed; return its path."""
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        document = json.loads(file.metadata()["hwgen"])
    tensors = load_file(path)
    text = change(tensors, document)
    other = path.with_name("changed.safetensors")
    save_file(tensors, other, {"hwgen": text if text is not None else json.dumps(document)})
    return other


def test_codes_come_back_as_they_were_made_and_other_tensors_as_they_were(model, tmp_path):
    method = parse_method("bitmod4", 32, "uint8")
    results = quantize_model(model, tmp_path / "q.safetensors", method)
    source = load_file(model)
    found = QuantizedModel(tmp_path / "q.safetensors")
    assert sorted(found.matrices) == sorted(LAYERS)
    assert found.tensors == ("norm.weight", "tok_embeddings.weight")
    for name in found.tensors:
        np.testing.assert_array_equal(found.tensor(name), source[name])
    for result in results:
        wanted, matrix = method.quantize(source[result.name]), found.matrix(result.name)
        assert (matrix.form, matrix.shape, matrix.method) == (wanted.form, (16, 64), "bitmod4")
        for array, values in wanted.arrays.items():
            np.testing.assert_array_equal(matrix.arrays[array], values)
        assert result.relative_error == wanted.relative_error(source[result.name])
        assert result.bits_per_weight == wanted.bits_per_weight
    assert not list(tmp_path.glob("*.parts"))


def test_arrays_that_lie_column_by_column_are_written_row_by_row(tmp_path):
    quantized = parse_method("mxint8/8").quantize(np.asfortranarray(np.eye(16, dtype=np.float32)))
    turned = {name: np.asfortranarray(values) for name, values in quantized.arrays.items()}
    other = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    path = tmp_path / "q.safetensors"
    write_part(path, {"a": replace(quantized, arrays=turned)}, {"b": other})
    found = QuantizedModel(path)
    np.testing.assert_array_equal(found.matrix("a").dequantize(), quantized.dequantize())
    np.testing.assert_array_equal(found.tensor("b"), other)


def test_half_precision_models_are_read(model, tmp_path):
    import ml_dtypes

    source = load_file(model)
    bf16 = {name: values.astype(ml_dtypes.bfloat16) for name, values in source.items()}
    path = tmp_path / "half.safetensors"
    save_file(bf16, path)
    quantize_model(path, tmp_path / "q.safetensors", parse_method("int8", "row"))
    found = QuantizedModel(tmp_path / "q.safetensors")
    values = bf16[LAYERS[0]].astype(np.float64)
    np.testing.assert_allclose(found.matrix(LAYERS[0]).weights(), values, atol=0.02)
    assert found.tensor("norm.weight").dtype == ml_dtypes.bfloat16


def test_an_interrupted_run_goes_on_where_it_was(model, tmp_path):
    seen, target = [], tmp_path / "q.safetensors"

    class Stop(Exception):
        pass

    def stop_at_the_third(name, done, total):
        if done == 2:
            raise Stop

    class Counting:
        def __init__(self, method):
            self._method = method

        def __getattr__(self, name):
            return getattr(self._method, name)

        def quantize(self, matrix, statistics):
            seen.append(matrix.shape)
            return self._method.quantize(matrix, statistics)

    with pytest.raises(Stop):
        quantize_model(model, target, Counting(parse_method("int4")), progress=stop_at_the_third)
    assert not target.exists()
    before = len(seen)
    assert before == 2
    results = quantize_model(model, target, Counting(parse_method("int4")))
    assert (len(seen), len(results)) == (3, 3)
    whole = tmp_path / "whole.safetensors"
    assert quantize_model(model, whole, parse_method("int4")) == results
    assert whole.read_bytes() == target.read_bytes()


def test_parts_of_another_request_are_thrown_away(model, tmp_path):
    target = tmp_path / "q.safetensors"

    def stop(name, done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantize_model(model, target, parse_method("int4"), progress=stop)
    quantize_model(model, target, parse_method("int8"))
    assert {QuantizedModel(target).matrix(each).method for each in LAYERS} == {"int8"}


def test_names_decide_what_becomes_codes(model, tmp_path):
    method, target = parse_method("int4"), tmp_path / "q.safetensors"
    quantize_model(model, target, method, include=r"wq", exclude=None)
    assert sorted(QuantizedModel(target).matrices) == [LAYERS[0], LAYERS[2]]
    quantize_model(model, target, method, exclude=r"layers")
    assert QuantizedModel(target).matrices == ("tok_embeddings.weight",)
    with pytest.raises(UsageError, match=r"no matrix of .* is left"):
        quantize_model(model, target, method, include="nothing")
    with pytest.raises(UsageError, match="must be regular expressions"):
        quantize_model(model, target, method, include="(")


def test_a_layer_that_is_not_finite_is_named(model, tmp_path):
    tensors = load_file(model)
    tensors[LAYERS[1]][3, 4] = np.inf
    save_file(tensors, model)
    with pytest.raises(UsageError, match=f"tensor '{LAYERS[1]}': matrix must hold finite"):
        quantize_model(model, tmp_path / "q.safetensors", parse_method("int4"))


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x08" + bytes(7) + b"{broken}", b"x" * 99])
def test_files_that_are_no_safetensors_are_refused(content, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="must be a safetensors file"):
        QuantizedModel(path)
    with pytest.raises(UsageError, match="must be a safetensors file"):
        quantize_model(path, tmp_path / "q.safetensors", parse_method("int4"))


def test_a_pickle_is_refused_and_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UsageError, match="must be a safetensors file"):
        quantize_model(path, tmp_path / "q.safetensors", parse_method("int4"))
    assert not (tmp_path / "sprung").exists()


def _without_metadata(tensors, document):
    return ""


def _of_another_schema(tensors, document):
    document["schema"] = "other/1"


def _with_a_strange_key(tensors, document):
    document["matrices"][LAYERS[0]]["evil"] = 1


def _without_shape(tensors, document):
    del document["matrices"][LAYERS[0]]["shape"]


def _of_a_huge_shape(tensors, document):
    document["matrices"][LAYERS[0]]["shape"] = [1 << 40, 64]


def _of_an_unknown_format(tensors, document):
    document["matrices"][LAYERS[0]]["format"] = "group-int99-fp16/4"


def _without_scales(tensors, document):
    del tensors[f"{LAYERS[0]}.scales"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without_metadata, "must be a hwgen-weights/1 document"),
        (_of_another_schema, "hwgen-weights/1 document: schema"),
        (_with_a_strange_key, "evil"),
        (_without_shape, "shape: Field required"),
        (_of_a_huge_shape, "must be positive|shape of"),
        (_of_an_unknown_format, "must have at most 8 bits|int99"),
        (_without_scales, "must hold tensor 'layers.0.wq.weight.scales'"),
    ],
)
def test_metadata_that_do_not_fit_are_refused(change, message, model, tmp_path):
    target = tmp_path / "q.safetensors"
    quantize_model(model, target, parse_method("int4", 32))
    with pytest.raises(UsageError, match=message):
        QuantizedModel(rewritten(target, change))


def test_codes_that_do_not_fit_are_refused_with_the_name_of_the_matrix(model, tmp_path):
    target = tmp_path / "q.safetensors"
    quantize_model(model, target, parse_method("int4", 32))

    def change(tensors, document):
        tensors[f"{LAYERS[0]}.codes"][0, 0] = 16

    found = QuantizedModel(rewritten(target, change))
    with pytest.raises(UsageError, match=f"matrix '{LAYERS[0]}' .* must be at most 15, not 16"):
        found.matrix(LAYERS[0])
    with pytest.raises(UsageError, match="did you mean"):
        found.matrix("layers.0.wq.weigh")


def test_a_model_without_codes_is_refused(model):
    with pytest.raises(UsageError, match="must hold quantized weights, and has none"):
        QuantizedModel(model)


def test_tensors_of_eight_bit_floats_stay_as_they_are(tmp_path):
    from ml_dtypes import float8_e4m3fn

    weights = np.random.default_rng(1).normal(size=(4, 32)).astype(np.float32)
    tensors = {"layer": weights, "other": np.ones((2, 3), float8_e4m3fn)}
    write_tensors(tmp_path / "m.safetensors", tensors)
    quantize_model(
        tmp_path / "m.safetensors", tmp_path / "q.safetensors", parse_method("int4"), exclude=None
    )
    found = QuantizedModel(tmp_path / "q.safetensors").tensor("other")
    assert found.dtype == float8_e4m3fn
    np.testing.assert_array_equal(found, tensors["other"])
