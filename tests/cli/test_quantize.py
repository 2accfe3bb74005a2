"""``hwgen quantize`` and ``hwgen list methods``."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from hwgen.quant.container import QuantizedModel


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(1).normal(size=(4, 64)).astype(np.float32)
    save_file({"layer.weight": values, "norm.weight": np.ones(64, np.float32)}, "tiny.safetensors")


def test_a_model_becomes_codes_and_a_table(model, hwgen):
    result = hwgen("quantize tiny.safetensors --method bitmod4 --group 32")
    assert result.stdout.splitlines()[-1] == "tiny-bitmod4.safetensors"
    assert "layer.weight" in result.stdout
    assert QuantizedModel("tiny-bitmod4.safetensors").matrices == ("layer.weight",)


def test_the_document_has_every_layer(model, hwgen):
    result = hwgen("quantize tiny.safetensors --method mxfp4 --out q.safetensors --json")
    document = json.loads(result.stdout)
    assert (document["schema"], document["file"]) == ("hwgen-quantize/1", "q.safetensors")
    assert document["bits_per_weight"] == 4.25
    [layer] = document["layers"]
    assert (layer["name"], layer["format"]) == ("layer.weight", "mxfp4-e2m1/32")
    assert 0 < layer["relative_error"] < 0.05


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("quantize no.safetensors --method int4", "'no.safetensors': there is no such file"),
        ("quantize tiny.safetensors --method itn4", "not 'itn4'; did you mean 'int4'?"),
        ("quantize tiny.safetensors --method int4 --group 0", "must be 1..65536"),
        ("quantize tiny.safetensors --method int4 --exclude (", "must be regular expressions"),
        ("quantize tiny.safetensors --method int4 --include x", "is left to quantize"),
        ("quantize tiny.safetensors --method int4 --out /proc/q.safetensors", "cannot write"),
        ("quantize tiny.safetensors --method int4 --scale e9m9", "must be an integer in 1..8"),
    ],
)
def test_wrong_requests_are_one_line_and_code_2(model, fails, line, message):
    assert message in fails(line, 2)


def test_methods_are_listed(hwgen):
    document = json.loads(hwgen("list methods --json").stdout)
    assert "bitmod3, bitmod4" in [each["name"] for each in document["items"]]
