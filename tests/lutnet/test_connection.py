"""Connections and quantizers of the trainer."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hwgen.formats.lut_network import Elements
from hwgen.formats.lut_network_file import read_network
from hwgen.lutnet.config import checked_configuration
from hwgen.lutnet.connection import connection
from hwgen.lutnet.data import DataSet
from hwgen.lutnet.quantizer import Quantizer
from hwgen.lutnet.trainer import train


@pytest.mark.parametrize(("neurons", "fan_in", "elements"), [(50, 6, 40), (7, 3, 100), (4, 5, 3)])
def test_random_connections_are_distinct_and_even(neurons, fan_in, elements):
    torch.manual_seed(1)
    inputs = connection("random", neurons, fan_in, elements).inputs
    assert inputs.shape == (neurons, fan_in)
    assert all(len(set(row.tolist())) == min(fan_in, elements) for row in inputs)
    uses = np.bincount(inputs.ravel(), minlength=elements)
    assert uses.max() - uses.min() <= 2
    assert not torch.equal(inputs, connection("random", neurons, fan_in, elements).inputs)


def test_learned_connections_choose_the_greatest_score_and_all_scores_have_a_gradient():
    torch.manual_seed(2)
    learned = connection("learned", 3, 2, 5)
    values = torch.randn(5, 8, requires_grad=True)
    found = learned(values)
    gradient = torch.randn(3, 2, 8)
    (found * gradient).sum().backward()
    expected = torch.zeros(5, 8)
    for neuron, place in np.ndindex(3, 2):
        scores = learned.scores[2 * neuron + place]
        best = int(scores.argmax())
        assert learned.inputs[neuron, place] == best
        assert torch.equal(found[neuron, place], values[best])
        expected[best] += gradient[neuron, place]
        slopes = learned.scores.grad[2 * neuron + place]
        # the product may be taken in bfloat16
        assert torch.allclose(slopes, values.detach() @ gradient[neuron, place], atol=0.1)
    assert torch.allclose(values.grad, expected)


def test_learned_connections_find_the_inputs_that_matter(tmp_path):
    vectors = np.random.default_rng(3).integers(0, 2, (2000, 60))
    classes = vectors[:, 17] | vectors[:, 44]
    parts = (vectors[:1500], classes[:1500], vectors[1500:], classes[1500:])
    data = DataSet("or", Elements(60, 1), *parts, ["none", "some"])
    layer = {"kind": "learned_table", "neurons": 6, "fan_in": 2, "connect": "learned"}
    chosen = checked_configuration(
        {
            "data": {"set": "csv"},
            "encoder": {"thresholds": [1]},
            "layers": [layer],
            "head": {"kind": "popcount"},
            "training": {"epochs": 15, "batch": 50, "rate": 0.03, "connect_rate": 0.03},
        }
    )
    facts = train(chosen, data, tmp_path / "net.safetensors")
    network = read_network(tmp_path / "net.safetensors")
    assert facts["accuracy"]["test"] > 95
    assert {17, 44} <= set(network.layers[1].inputs.ravel().tolist())


@pytest.mark.parametrize(("bits", "signed"), [(1, False), (1, True), (2, False), (3, True)])
def test_levels_of_codes_are_what_training_sees(bits, signed):
    quantizer = Quantizer(bits, signed).double()
    values = torch.linspace(-4, 4, 999, dtype=torch.float64)
    with torch.no_grad():
        codes, margin = quantizer.codes(values)
        assert torch.equal(quantizer.levels(codes), quantizer(values))
    low = -(1 << bits - 1) if signed else 0
    assert codes.unique().tolist() == list(range(low, low + (1 << bits)))
    assert 0 <= margin < 0.01
