"""Constants go into what reads them, and nothing else changes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer
from hwgen.golden.lutnet import layer_outputs
from hwgen.lutnet.estimate import estimated_luts, estimated_registers
from hwgen.lutnet.folding import folded


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_layer_gives_the_same_integers(seed):
    rng = np.random.default_rng(seed)
    given = Elements(4, int(rng.integers(1, 3)), bool(rng.integers(2)))
    layers, before = [], given
    for _ in range(rng.integers(1, 5)):
        fan_in, neurons = int(rng.integers(1, 8 // before.bits + 1)), int(rng.integers(2, 6))
        bits, signed = int(rng.integers(1, 3)), bool(rng.integers(2))
        low, high = Elements(1, bits, signed).bounds
        tables = rng.integers(low, high + 1, (neurons, 1 << fan_in * before.bits))
        constant = rng.integers(0, 2, neurons).astype(bool)
        tables[constant] = rng.integers(low, high + 1, (constant.sum(), 1))
        inputs = rng.integers(0, before.count, (neurons, fan_in))
        layers.append(TableLayer(inputs, tables, bits, signed))
        before = layers[-1].elements(before)
        if rng.integers(2):
            layers.append(SumLayer(rng.integers(0, neurons, 6), [0, 2, 4, 6]))
            before = layers[-1].elements(before)
    network = LutNetwork(given, tuple(layers), ["argmax", "none"][rng.integers(2)])
    found = folded(network)
    assert found.outputs == network.outputs
    vectors = rng.integers(given.bounds[0], given.bounds[1] + 1, (50, 4))
    for old, new in zip(*(layer_outputs(each, vectors) for each in (network, found)), strict=True):
        assert (old == new).all()
    assert estimated_luts(found) <= estimated_luts(network)
    assert estimated_registers(found) <= estimated_registers(network)


def test_a_constant_is_read_by_nothing_and_a_zero_is_not_added():
    first = TableLayer([[0], [1], [1]], [[0, 0], [0, 1], [1, 0]], 1)
    second = TableLayer([[0, 1], [0, 0], [1, 2], [2, 1]], [[0, 1, 1, 0]] * 4, 1)
    sums = SumLayer([0, 1, 2, 3], [0, 2, 4])
    found = folded(LutNetwork(Elements(2, 1), (first, second, sums)))
    assert found.layers[1].tables[0].tolist() == [0, 0, 1, 1]
    assert found.layers[1].tables[1].tolist() == [0, 0, 0, 0]
    assert [group.tolist() for group in found.layers[2].groups] == [[0], [2, 3]]
    kept = folded(LutNetwork(Elements(2, 1), (first, second, sums), "none"))
    assert kept.outputs == Elements(2, 2)
