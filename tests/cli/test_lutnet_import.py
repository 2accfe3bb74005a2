"""``hwgen lutnet import``."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lutnet"))


def graph():
    pytest.importorskip("onnx")
    from qonnx_graphs import Graph

    random = np.random.default_rng(7)
    found = Graph(6)
    found.quant(0.5, bits=2)
    found.dense(random.normal(size=(6, 8)), 0.5, 2, random.normal(size=8))
    found.then(("relu",), "Relu")
    found.quant(0.5, bits=2, signed=0)
    found.dense(random.normal(size=(8, 4)), 0.5, 2, random.normal(size=4))
    return found


def test_a_model_becomes_a_network_whose_circuit_gives_its_classes(hwgen):
    from qonnx_graphs import reference, to_fraction

    from hwgen.lutnet.circuit import classes_by_circuit

    built = graph()
    built.save("model.onnx")
    document = json.loads(hwgen("lutnet import model.onnx --json").stdout)
    assert document["schema"] == "hwgen-lutnet-import/1"
    assert document["file"] == "model.safetensors"
    assert document["inputs"] == {"count": 6, "bits": 2, "signed": True}
    assert [each["kind"] for each in document["layers"][:3]] == ["matrix", "thresholds", "matrix"]
    codes = np.random.default_rng(8).integers(-2, 2, (300, 6))
    _, logits = reference(built.steps, to_fraction(codes) / 2)
    found = classes_by_circuit("model.safetensors", codes)
    assert (found == logits.argmax(axis=1)).all() and len(set(found)) > 1
    hwgen("lutnet report model.safetensors --report r.html")


def test_an_imported_network_is_evaluated_with_data_of_the_command_line(hwgen, fails):
    from qonnx_graphs import reference, to_fraction

    built = graph()
    built.save("model.onnx")
    hwgen("lutnet import model.onnx")
    codes = np.random.default_rng(8).integers(-2, 2, (300, 6))
    _, logits = reference(built.steps, to_fraction(codes) / 2)
    classes = logits.argmax(axis=1)
    wrong = classes.copy()
    wrong[:30] = (wrong[:30] + 1) % 4
    np.savez("codes.npz", X=codes, y=wrong)
    np.savetxt("codes.csv", np.hstack([codes, classes[:, None]]), fmt="%d", delimiter=",")
    found = hwgen("lutnet eval model.safetensors --data codes.npz").stdout
    assert found.strip() == "90.00 % of 300 vectors (test)"
    document = json.loads(
        hwgen("lutnet eval model.safetensors --data codes.csv --backend rtl --json").stdout
    )
    assert (document["accuracy"], document["data_of_training"]) == (100.0, None)
    assert "--data must name an .npz file" in fails("lutnet eval model.safetensors", 2)
    message = fails("lutnet eval model.safetensors --data codes.npz --part train", 2)
    assert message.startswith("--part must be test")
    message = fails("lutnet eval model.safetensors --data codes.npz --backend torch", 2)
    assert "functions" in message


@pytest.mark.parametrize(
    ("vectors", "classes", "words"),
    [
        (np.zeros((3, 5), int), [0, 1, 2], "must have 6 integers a vector, not 5"),
        (np.full((3, 6), 2), [0, 1, 2], "must hold integers from -2 to 1, not from 2 to 2"),
        (np.zeros((3, 6), int), [0, 1, 4], "class numbers from 0 to 3, not from 0 to 4"),
        (np.zeros((3, 6)) + 0.5, [0, 1, 2], "must hold integers, and has other numbers"),
        (np.zeros((3, 6), int), [0, 1], "one class number for every vector"),
        (np.zeros((3, 6), "U1"), [0, 1, 2], "must hold integers X and y"),
    ],
)
def test_data_that_an_imported_network_does_not_take_are_refused(
    hwgen, fails, vectors, classes, words
):
    graph().save("model.onnx")
    hwgen("lutnet import model.onnx")
    np.savez("codes.npz", X=vectors, y=classes)
    assert words in fails("lutnet eval model.safetensors --data codes.npz", 2)
    assert "cannot read 'no.csv'" in fails("lutnet eval model.safetensors --data no.csv", 2)
    assert "must be an .npz file" in fails("lutnet eval model.safetensors --data a.txt", 2)


def test_a_refused_model_leaves_no_file(hwgen, fails):
    built = graph()
    built.tensor = built.node("Softmax", built.tensor)
    built.save("model.onnx")
    message = fails("lutnet import model.onnx", 2)
    assert "(Softmax): a node must be one of Quant, BipolarQuant, Gemm" in message
    assert [each.name for each in Path().iterdir()] == ["model.onnx"]
    message = fails("lutnet import model.onnx --out model.onnx", 2)
    assert "--out must be another file than MODEL" in message


def test_without_onnx_the_command_that_helps_is_named(fails, monkeypatch):
    monkeypatch.setattr("hwgen.requirement.find_spec", lambda name: None)
    assert fails("lutnet import m.onnx", 4).endswith("pip install 'hwgen[onnx]'")
