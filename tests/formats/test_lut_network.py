"""Networks of look-up tables: what fits together, and their file."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from hwgen.errors import UsageError
from hwgen.formats.lut_network import (
    Elements,
    LutNetwork,
    MatrixLayer,
    SumLayer,
    TableLayer,
    ThresholdLayer,
)
from hwgen.formats.lut_network_file import network_bytes, read_network, read_network_facts


def _network(**changes):
    given = {
        "thresholds": ThresholdLayer([[1, 2, 3], [4, 4, 9]], "thermometer"),
        "tables": TableLayer([[0, 5], [4, 1]], [[0, 1, -2, 1], [1, 1, 0, -1]], 2, True),
        "sums": SumLayer([0, 1, 1], [0, 2, 3]),
        "matrix": MatrixLayer([[3, -4], [1, 0]], [5, -6]),
        **changes,
    }
    return LutNetwork(Elements(2, 4), tuple(given.values()))


def _file(tmp_path, arrays=(), document=(), drop=()):
    """Write the file of a network with some of it changed."""
    whole = network_bytes(_network(), {"accuracy": 0.5})
    tensors = {**load(whole), **dict(arrays)}
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    text = {**json.loads(header["__metadata__"]["hwgen"]), **dict(document)}
    path = tmp_path / "net.safetensors"
    kept = {name: array for name, array in tensors.items() if name not in drop}
    path.write_bytes(save(kept, {"hwgen": json.dumps(text)}))
    return path


def test_a_network_that_is_written_and_read_is_the_same(tmp_path):
    network, path = _network(), tmp_path / "net.safetensors"
    path.write_bytes(network_bytes(network, {"accuracy": 0.5}))
    found = read_network(path)
    assert found.digest == network.digest
    assert (found.elements, found.head) == (network.elements, network.head)
    assert read_network_facts(path) == {"accuracy": 0.5}


def test_the_digest_changes_with_every_part():
    digests = {
        _network().digest,
        _network(thresholds=ThresholdLayer([[1, 2, 3], [4, 4, 8]], "thermometer")).digest,
        _network(
            tables=TableLayer([[0, 5], [4, 1]], [[0, 1, -2, 1], [1, 1, 0, 0]], 2, True)
        ).digest,
        _network(sums=SumLayer([0, 1, 0], [0, 2, 3])).digest,
        _network(matrix=MatrixLayer([[3, -4], [1, 0]], [5, -5])).digest,
    }
    assert len(digests) == 5


def test_elements_are_as_wide_as_their_greatest_integer():
    widths = [(each.count, each.bits, each.signed) for each in _network().elements]
    assert widths == [(2, 4, False), (6, 1, False), (2, 2, True), (2, 3, True), (2, 6, True)]
    assert _network().outputs == Elements(1, 1)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({"thresholds": ThresholdLayer([[1]])}, "layer 0: thresholds must have 2 rows"),
        ({"tables": TableLayer([[0, 6]], [[0] * 4], 1)}, "layer 1: inputs of tables must be from"),
        ({"tables": TableLayer([[0, 5]], [[0] * 8], 1)}, "layer 1: tables must have 4 entries"),
        ({"tables": TableLayer([[0] * 17], [[0] * 4], 1)}, "layer 1: tables must have at most 16"),
        ({"sums": SumLayer([2], [0, 1])}, "layer 2: inputs of sums must be from 0 to 1"),
        ({"matrix": MatrixLayer([[1]], [1])}, "layer 3: weights must have 2 columns"),
        ({"matrix": MatrixLayer([[2**30] * 2], [1])}, "layer 3: matrix must have at most 32 bits"),
    ],
)
def test_layers_that_do_not_fit_are_named(layers, message):
    with pytest.raises(UsageError, match=message):
        _network(**layers)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ThresholdLayer([[2, 1]]), "ascend"),
        (lambda: ThresholdLayer([[1]], "gray"), "coding must be one of binary, thermometer"),
        (lambda: ThresholdLayer([[1.5]]), "must be integers in 2 dimensions, not float64"),
        (lambda: TableLayer([[0]], [[0, 2]], 1), "hold integers from 0 to 1"),
        (lambda: TableLayer([[0]], [[0, 1]], 17), "bits must be from 1 to 16"),
        (lambda: TableLayer([[0], [1]], [[0, 1]], 1), "tables must be 2"),
        (lambda: SumLayer([0, 1], [0, 1]), "end with 2"),
        (lambda: SumLayer([0, 1], [0, 2, 2]), "starts of sums must ascend"),
        (lambda: MatrixLayer([[1]], [1, 2]), "bias must have 1 entries"),
        (lambda: LutNetwork(Elements(1, 1), ()), "a layer or more"),
        (lambda: LutNetwork(Elements(1, 1), (ThresholdLayer([[1]]),), "max"), "head must be one"),
    ],
)
def test_a_wrong_part_is_named(make, message):
    with pytest.raises(UsageError, match=message):
        make()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drop": ["1.tables"]}, "tensor 1.tables is missing"),
        ({"arrays": {"1.tables": np.zeros((2, 4), np.float32)}.items()}, "not float32"),
        ({"document": {"head": "softmax"}.items()}, "head must be one of argmax, none"),
        ({"document": {"layers": [{"kind": "spline"}]}.items()}, "layers.0"),
        ({"document": {"schema": "hwgen-lutnet/9"}.items()}, "schema"),
        ({"document": {"input": {"count": 0, "bits": 4}}.items()}, "input.count"),
    ],
)
def test_an_inconsistent_file_ends_in_one_line_that_names_it(tmp_path, changes, message):
    path = _file(tmp_path, **changes)
    with pytest.raises(UsageError, match=message) as caught:
        read_network(path)
    assert "net.safetensors" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 8 + b"{}", None])
def test_a_file_that_is_something_else_ends_in_one_line(tmp_path, content):
    path = tmp_path / "net.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match="safetensors") as caught:
        read_network(path)
    assert "\n" not in str(caught.value)


def test_weights_of_another_kind_are_no_network(tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_bytes(save({"w": np.zeros(3)}))
    with pytest.raises(UsageError, match="must hold a network of look-up tables"):
        read_network(path)
