"""Neurons that are trees of small tables."""

from itertools import product

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, ThresholdLayer
from hwgen.formats.lut_network_file import read_network
from hwgen.golden.lutnet import elements_of
from hwgen.lutnet.config import checked_configuration
from hwgen.lutnet.data import DataSet
from hwgen.lutnet.network import Network
from hwgen.lutnet.trainer import train


def configuration(layers, **training):
    values = {"data": {"set": "csv"}, "encoder": {"thresholds": [1]}, "layers": layers}
    return checked_configuration({**values, "training": training})


def network_of(layer, features=8):
    """Return a network of one layer of two neurons whose normalizations have seen values."""
    torch.manual_seed(11)
    encoder = ThresholdLayer([[1]] * features, "thermometer")
    given = Elements(features, 1)
    chosen = configuration([{"neurons": 2, **layer}])
    network = Network(chosen, encoder, given, torch.arange(features), 2)
    for _ in range(20):
        network(torch.randint(0, 2, (features, 300)).float())
    return network.eval().double()


TREES = [
    {"kind": "linear", "fan_in": 4, "bits": 3, "tree": {"fan_in": [2], "bits": 2}},
    {"kind": "linear", "fan_in": 2, "signed": True, "tree": {"fan_in": [2, 2], "bits": [2, 3]}},
    {"kind": "mlp", "fan_in": 2, "connect": "learned", "tree": {"fan_in": [2, 3], "bits": 1}},
    {"kind": "polynomial", "fan_in": 3, "tree": {"fan_in": [1, 3], "bits": [3, 1]}},
    {"kind": "spline", "fan_in": 2, "tree": {"fan_in": [3], "bits": 3}},
    {"kind": "learned_table", "fan_in": 3, "connect": "learned", "tree": {"fan_in": [3, 2]}},
]


@pytest.mark.parametrize("layer", TREES, ids=lambda each: each["kind"])
def test_the_tables_are_the_tree_for_every_input(layer):
    network = network_of(layer)
    integers, margin = network.tabulated()
    vectors = np.array(list(product((0, 1), repeat=8)))
    codes = torch.from_numpy(elements_of(integers, vectors).T)
    with torch.no_grad():
        found = network(torch.from_numpy(vectors.T).double())
    assert torch.equal(found, network.layers[-1].levels(codes))
    assert len(codes.unique()) > 1
    assert margin > 0


@pytest.mark.parametrize("layer", TREES, ids=lambda each: each["kind"])
def test_a_neuron_is_a_tree_whose_leaves_alone_choose_their_inputs(layer):
    integers, _ = network_of(layer).tabulated()
    fan_in = layer["tree"]["fan_in"]
    tables = integers.layers[1:]
    assert len(tables) == len(fan_in) + 1
    assert tables[0].inputs.shape == (2 * np.prod(fan_in), layer["fan_in"])
    for level, each in enumerate(tables[1:]):
        assert each.inputs.shape == (2 * np.prod(fan_in[level + 1 :]), fan_in[level])
        assert each.inputs.ravel().tolist() == list(range(len(tables[level].tables)))


def test_inside_a_tree_there_is_a_quantizer_with_a_sign_and_no_other_activation():
    integers, _ = network_of(TREES[1]).tabulated()
    leaves, nodes, roots = integers.layers[1:]
    assert [(each.bits, each.signed) for each in (leaves, nodes, roots)] == [
        (2, True),
        (3, True),
        (2, True),
    ]
    assert leaves.tables.min() < 0 < leaves.tables.max()
    assert nodes.tables.min() < 0 < nodes.tables.max()
    assert not network_of(TREES[2]).layers[0].elements.signed


def test_a_tree_of_tables_of_four_inputs_learns_a_function_of_sixteen(tmp_path):
    vectors = (np.random.default_rng(3).random((3000, 16)) < 0.05).astype(np.int64)
    classes = vectors.any(axis=1).astype(np.int64)
    parts = (vectors[:2000], classes[:2000], vectors[2000:], classes[2000:])
    data = DataSet("or", Elements(16, 1), *parts, ["none", "some"])
    found = {}
    for name, tree in (("flat", {}), ("tree", {"tree": {"fan_in": [4], "bits": 2}})):
        layer = {"kind": "linear", "neurons": 2, "fan_in": 4, "bits": 4, "signed": True, **tree}
        chosen = configuration([layer], epochs=15, batch=50, rate=0.03)
        train(chosen, data, tmp_path / f"{name}.safetensors")
        integers = read_network(tmp_path / f"{name}.safetensors")
        found[name] = (elements_of(integers, data.test).argmax(1) == data.test_classes).mean()
    assert found["flat"] < 0.85
    assert found["tree"] > 0.95


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"terms": 2}, "terms must be 1 with a tree, not 2"),
        ({"tree": {"fan_in": [2, 2], "bits": [1]}}, "bits of tree must be 2, one for every fan_in"),
        ({"tree": {"fan_in": [2], "bits": 9}}, "bits of tree must be from 1 to 8, not 9"),
        ({"tree": {"fan_in": []}}, "fan_in: list should have at least 1 item"),
        ({"tree": {"fan_in": [17]}}, "fan_in"),
        ({"tree": {"levels": 2}}, "key 'fan_in' is missing"),
        ({"neurons": 1 << 16}, "a layer of trees must have at most 65536 leaves"),
    ],
)
def test_a_tree_that_cannot_be_is_refused(changes, message):
    layer = {"kind": "linear", "neurons": 2, "fan_in": 2, "tree": {"fan_in": [2]}}
    with pytest.raises(UsageError, match=message) as caught:
        configuration([layer | changes])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            {"kind": "linear", "fan_in": 2, "tree": {"fan_in": [6], "bits": 3}},
            "layers.0: fan_in times the bits of an element must be at most 16, not 6 times 3",
        ),
        (
            {"kind": "learned_table", "tree": {"fan_in": [2], "bits": 2}},
            "layers.0: kind learned_table must follow elements of 1 bit, not 2 and a sign",
        ),
        (
            {"kind": "linear", "fan_in": 3, "connect": "consecutive"},
            "layers.0: neurons times terms times fan_in must be 8, .* consecutive, not 6",
        ),
    ],
)
def test_trees_that_do_not_fit_give_one_line(layer, message):
    with pytest.raises(UsageError, match=message):
        network_of(layer)
