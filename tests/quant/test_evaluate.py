"""The loss of a container is that of the model with its weights put in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.quant.evaluate import loss_before_and_after
from hwgen.quant.llama import read_checkpoint
from hwgen.quant.low_rank import parse_correction
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model

MODEL = Path(__file__).parents[1] / "data" / "stories260K" / "stories260K.bin"
WINDOWS = ((1, 80, 4, 300, 17, 9), (1, 33, 44, 55))


@pytest.mark.parametrize(("method", "channel"), [("int3", "adadim"), ("quest3", "output")])
def test_the_loss_is_that_of_corrected_weights(method, channel, tmp_path):
    llama, target = read_checkpoint(MODEL), tmp_path / "q.safetensors"
    method, correction = parse_method(method, 32, channel=channel), parse_correction("svd", 2)
    quantize_model(MODEL, target, method, include="w1|wo", correction=correction)
    found = loss_before_and_after(MODEL, target, WINDOWS)
    tensors = dict(llama.tensors)
    for name, values in llama.tensors.items():
        if "w1" in name or "wo" in name:
            made = method.quantize(values)
            tensors[name] = replace(
                made, correction=correction.low_rank(values, made)
            ).corrected_weights()
    changed = replace(llama, tensors=tensors)
    assert found["before"] == pytest.approx(np.mean([llama.loss(each) for each in WINDOWS]))
    assert found["after"] == pytest.approx(np.mean([changed.loss(each) for each in WINDOWS]))
    assert found["after"] != pytest.approx(found["before"], rel=1e-3)
    assert found["tokens"] == 8
