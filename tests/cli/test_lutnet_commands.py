"""``hwgen lutnet train``, ``eval`` and ``report``."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.formats.lut_network import Elements, LutNetwork, TableLayer
from hwgen.formats.lut_network_file import network_bytes

EXAMPLES = Path(__file__).parents[2] / "examples"

CONFIG = """\
data: {set: digits}
encoder: {thresholds: [8]}
layers:
  - {kind: learned_table, neurons: 100, connect: learned}
head: {kind: popcount}
training: {epochs: 4, batch: 64, rate: 0.03}
"""


@pytest.fixture
def trained(hwgen):
    pytest.importorskip("torch")
    Path("small.yaml").write_text(CONFIG)
    return json.loads(hwgen("lutnet train small.yaml --json").stdout)


def test_training_writes_a_network_that_is_evaluated_the_same_by_both_backends(trained, hwgen):
    assert trained["schema"] == "hwgen-lutnet-train/1"
    assert trained["file"] == "small.safetensors"
    assert trained["accuracy"]["test"] > 50
    for backend in ("table", "torch"):
        found = json.loads(
            hwgen(f"lutnet eval small.safetensors --backend {backend} --json").stdout
        )
        assert found["accuracy"] == pytest.approx(trained["accuracy"]["test"], abs=1e-3)
        assert (found["vectors"], found["data_of_training"]) == (359, True)
    assert "of 1,438 vectors (train)" in hwgen("lutnet eval small.safetensors --part train").stdout


def test_a_table_that_differs_from_the_function_is_found(trained, hwgen, fails):
    from hwgen.formats.lut_network_file import read_network, read_network_facts

    network, facts = (each("small.safetensors") for each in (read_network, read_network_facts))
    first, tables, sums = network.layers
    other = TableLayer(tables.inputs, 1 - tables.tables, 1)
    changed = LutNetwork(network.inputs, (first, other, sums))
    Path("small.safetensors").write_bytes(network_bytes(changed, facts))
    message = fails("lutnet eval small.safetensors --backend torch", 3)
    assert "of 359 vectors have another class by the tables than by the functions" in message


def test_parameters_that_are_not_there_are_asked_for(trained, fails):
    Path(trained["parameters"]).unlink()
    message = fails("lutnet eval small.safetensors --backend torch", 2)
    assert "must have the parameters 'small.parameters.safetensors'" in message


def test_a_report_needs_no_data_and_counts_everything(trained, hwgen):
    found = json.loads(hwgen("lutnet report small.safetensors --json").stdout)
    assert [each["kind"] for each in found["layers"]] == ["thresholds", "tables", "sums"]
    counted = sum(each["luts"] for each in found["layers"]) + found["head"]["luts"]
    assert found["estimated_lut6"] == counted == trained["estimated_lut6"]
    text = hwgen("lutnet report small.safetensors").stdout
    assert "64 inputs of 5 bits, unsigned" in text
    assert f"test {trained['accuracy']['test']:.2f} %" in text


def test_without_pytorch_the_command_that_helps_is_named(hwgen, fails, monkeypatch):
    monkeypatch.setattr("hwgen.lutnet.requirement.find_spec", lambda name: None)
    message = fails("lutnet train c.yaml", 4)
    assert message.endswith("pip install 'hwgen[lutnet]'")


def test_a_network_without_facts_cannot_say_its_data(hwgen, fails):
    network = LutNetwork(Elements(2, 1), (TableLayer([[0, 1]], [[0, 1, 1, 0]], 1),), "none")
    Path("bare.safetensors").write_bytes(network_bytes(network))
    assert "must say with which data it was trained" in fails("lutnet eval bare.safetensors", 2)
    assert json.loads(hwgen("lutnet report bare.safetensors --json").stdout)["accuracy"] is None


def test_other_data_are_noticed(trained, hwgen, fails):
    rows = np.random.default_rng(1).integers(0, 17, (50, 65))
    rows[:, -1] %= 10
    np.savetxt("other.csv", rows, "%d", ",")
    found = hwgen("lutnet eval small.safetensors --data other.csv").stdout
    assert "these are not the data that the network was trained with" in found
    assert "no command 'trian'; did you mean 'train'" in fails("lutnet trian", 2)


@pytest.mark.slow
def test_the_example_of_digits_is_right_in_93_percent(hwgen):
    pytest.importorskip("torch")
    found = json.loads(hwgen(f"lutnet train {EXAMPLES / 'digits.yaml'} --json").stdout)
    assert found["accuracy"]["test"] >= 93
