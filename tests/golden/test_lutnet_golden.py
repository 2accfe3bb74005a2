"""Networks of look-up tables, against plain Python."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.lut_network import (
    Elements,
    LutNetwork,
    MatrixLayer,
    SumLayer,
    TableLayer,
    ThresholdLayer,
)
from hwgen.golden.lutnet import classes_of, elements_of, layer_outputs


def _thresholds(layer, given, values):
    counts = [[int(x >= t) for t in row] for x, row in zip(values, layer.thresholds, strict=True)]
    if layer.coding == "thermometer":
        return [bit for row in counts for bit in row]
    return [sum(row) for row in counts]


def _tables(layer, given, values):
    found = []
    for numbers, table in zip(layer.inputs, layer.tables, strict=True):
        text = "".join(f"{values[each] % 2**given.bits:0{given.bits}b}" for each in numbers[::-1])
        found.append(int(table[int(text, 2)]))
    return found


def _sums(layer, given, values):
    return [sum(values[each] for each in group) for group in layer.groups]


def _matrix(layer, given, values):
    rows = zip(layer.weights.tolist(), layer.bias.tolist(), strict=True)
    return [bias + sum(w * x for w, x in zip(row, values, strict=True)) for row, bias in rows]


PLAIN = {"thresholds": _thresholds, "tables": _tables, "sums": _sums, "matrix": _matrix}


def _random_layer(kind, given, rng):
    neurons = int(rng.integers(1, 6))
    if kind == "thresholds" or given.bits > 8:
        low, high = given.bounds
        rows = np.sort(rng.integers(low, high + 2, (given.count, int(rng.integers(1, 5)))), axis=1)
        return ThresholdLayer(rows, str(rng.choice(["binary", "thermometer"])))
    if kind == "tables":
        fan_in, signed = int(rng.integers(1, 1 + 8 // given.bits)), bool(rng.integers(2))
        bits = int(rng.integers(1, 4))
        low, high = Elements(1, bits, signed).bounds
        tables = rng.integers(low, high + 1, (neurons, 1 << fan_in * given.bits))
        return TableLayer(rng.integers(0, given.count, (neurons, fan_in)), tables, bits, signed)
    if kind == "sums":
        starts = np.concatenate([[0], np.cumsum(rng.integers(1, 5, neurons))])
        return SumLayer(rng.integers(0, given.count, starts[-1]), starts)
    weights = rng.integers(-3, 4, (neurons, given.count))
    return MatrixLayer(weights, rng.integers(-9, 10, neurons))


def random_network(rng, kinds, head):
    """Return a network of layers of these kinds; thresholds stand in for what does not fit."""
    inputs = Elements(int(rng.integers(1, 6)), int(rng.integers(1, 6)), bool(rng.integers(2)))
    given, layers = inputs, []
    for kind in kinds:
        layers.append(_random_layer(kind, given, rng))
        given = layers[-1].elements(given)
    return LutNetwork(inputs, tuple(layers), head)


@given(
    seed=st.integers(0, 2**32 - 1),
    kinds=st.lists(st.sampled_from(sorted(PLAIN)), min_size=1, max_size=5),
)
@settings(deadline=None)
def test_every_layer_computes_what_its_definition_says(seed, kinds):
    rng = np.random.default_rng(seed)
    network = random_network(rng, kinds, "argmax")
    low, high = network.inputs.bounds
    inputs = rng.integers(low, high + 1, (7, network.inputs.count))
    outputs = list(layer_outputs(network, inputs))
    for number, vector in enumerate(inputs.tolist()):
        values = vector
        for layer, before, after, output in zip(
            network.layers, network.elements, network.elements[1:], outputs, strict=False
        ):
            values = PLAIN[layer.kind](layer, before, values)
            assert output[number].tolist() == values
            assert len(values) == after.count
            assert all(after.bounds[0] <= each <= after.bounds[1] for each in values)
        assert classes_of(network, inputs)[number] == values.index(max(values))


def test_the_first_input_is_the_lowest_part_of_an_address():
    layer = TableLayer([[1, 0]], [np.arange(16)], 4)
    network = LutNetwork(Elements(2, 2, True), (layer,), "none")
    assert elements_of(network, [[-1, 1]]).tolist() == [[0b11_01]]


def test_equal_elements_give_the_lowest_class():
    network = LutNetwork(Elements(3, 4), (SumLayer([0, 1, 2], [0, 1, 2, 3]),))
    assert classes_of(network, [[5, 5, 1], [0, 7, 7], [0, 0, 0]]).tolist() == [0, 1, 0]
