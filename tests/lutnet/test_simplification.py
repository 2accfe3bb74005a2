"""Entries that training never meets: what was met stays, and less logic is left."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer, ThresholdLayer
from hwgen.golden.lutnet import elements_of, layer_outputs
from hwgen.lutnet.dont_cares import diagram_nodes, filled
from hwgen.lutnet.estimate import estimated_luts, live_elements
from hwgen.lutnet.simplification import simplified, visits


def ordered(column, names, width):
    """Return bits by address with the greatest variable in the highest bit of the address."""
    variables = [name * width + bit for name in names for bit in range(width)][::-1]
    axes = np.argsort([-each for each in variables], kind="stable")
    return column.reshape((2,) * len(axes)).transpose(axes).ravel()


@settings(deadline=None)
@given(
    width=st.integers(1, 3),
    fan_in=st.integers(1, 4),
    bits=st.integers(1, 4),
    part=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_seen_entries_stay_and_no_bit_has_more_nodes(width, fan_in, bits, part, seed):
    rng = np.random.default_rng(seed)
    names = rng.integers(0, 5, fan_in).tolist()
    codes = rng.integers(0, 1 << bits, 1 << width * fan_in)
    seen = rng.random(len(codes)) < part
    found = filled(codes, seen, names, width, bits)
    assert (found[seen] == codes[seen]).all()
    assert 0 <= found.min() <= found.max() < 1 << bits
    for bit in range(bits):
        before, after = (ordered(each >> bit & 1, names, width) for each in (codes, found))
        assert diagram_nodes(after) <= diagram_nodes(before)


def test_nodes_are_those_of_the_reduced_diagram():
    addresses = np.arange(256)
    parity = np.array([each.bit_count() & 1 for each in range(256)])
    assert diagram_nodes(parity) == 15
    assert diagram_nodes(addresses >> 7) == diagram_nodes(addresses & 1) == 1
    assert diagram_nodes((addresses & 15 == 15) * 1) == 4
    assert diagram_nodes(np.zeros(4, int)) == 0


def test_a_random_function_seen_on_a_fifth_of_its_addresses_has_less_than_half_the_nodes():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        codes, seen = rng.integers(0, 2, 1 << 10), rng.random(1 << 10) < 0.2
        found = filled(codes, seen, range(10), 1, 1)
        assert 2 * diagram_nodes(found) < diagram_nodes(codes)


def test_a_whole_input_that_may_be_ignored_is_ignored_by_all_bits():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 8, 64)
    # the second element has never been anything but 2
    seen = np.arange(64) >> 2 & 3 == 2
    cube = filled(codes, seen, [4, 1, 3], 2, 3).reshape(4, 4, 4)
    assert (cube == cube[:, :1]).all()
    assert (cube[:, 2] == codes.reshape(4, 4, 4)[:, 2]).all()


def test_bits_become_constant_or_equal_where_they_may():
    rng = np.random.default_rng(2)
    codes, seen = rng.integers(0, 8, 256), rng.random(256) < 0.5
    codes[seen] = (codes[seen] & 1) * 3 + 4
    found = filled(codes, seen, range(8), 1, 3)
    assert set(found.tolist()) == {4, 7}


def test_what_is_never_seen_at_all_is_constant():
    codes = np.random.default_rng(3).integers(0, 4, 64)
    assert len(set(filled(codes, np.zeros(64, bool), range(6), 1, 2).tolist())) == 1


def random_network(rng):
    """Return a network with layers of every kind but matrices, and vectors for it."""
    features = int(rng.integers(2, 6))
    given = Elements(features, 4, bool(rng.integers(2)))
    coding = ["binary", "thermometer"][rng.integers(2)]
    thresholds = np.sort(rng.integers(*given.bounds, (features, 3)), axis=1)
    layers = [ThresholdLayer(thresholds, coding)]
    before = layers[0].elements(given)
    for _ in range(rng.integers(1, 4)):
        fan_in, neurons = int(rng.integers(1, 8 // before.bits + 1)), int(rng.integers(2, 6))
        bits, signed = int(rng.integers(1, 4)), bool(rng.integers(2))
        low, high = Elements(1, bits, signed).bounds
        tables = rng.integers(low, high + 1, (neurons, 1 << fan_in * before.bits))
        inputs = rng.integers(0, before.count, (neurons, fan_in))
        layers.append(TableLayer(inputs, tables, bits, signed))
        before = layers[-1].elements(before)
        if rng.integers(2):
            layers.append(SumLayer(rng.integers(0, neurons, 6), [0, 2, 4, 6]))
            before = layers[-1].elements(before)
    return LutNetwork(given, tuple(layers)), rng.integers(given.bounds[0], 8, (30, features))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_vector_of_training_comes_through_every_layer_unchanged(seed):
    network, vectors = random_network(np.random.default_rng(seed))
    done = simplified(network, vectors)
    old, new = (list(layer_outputs(each, vectors)) for each in (network, done.network))
    for before, after in zip(old, new, strict=True):
        assert (before == after).all()
    assert done.entries == sum(each.tables.size for each in network.layers if each.kind == "tables")
    assert 0 <= done.free <= done.entries


def test_visits_are_counted_vector_by_vector():
    rng = np.random.default_rng(4)
    given = Elements(4, 2, True)
    layer = TableLayer(rng.integers(0, 4, (3, 2)), np.zeros((3, 16), int), 1)
    values = rng.integers(-2, 2, (50, 4))
    expected = np.zeros((3, 16), int)
    for row in values:
        for table, (low, high) in enumerate(layer.inputs):
            expected[table, row[low] % 4 + 4 * (row[high] % 4)] += 1
    assert (visits(layer, given, [values[:20], values[20:]]) == expected).all()
    assert expected.max() > 3


def test_entries_that_are_met_seldom_are_free_where_that_is_asked_for():
    # the address 3 is met once, all others more often
    vectors = np.array([[0, 0]] * 3 + [[1, 0]] * 3 + [[0, 1]] * 2 + [[1, 1]])
    layer = TableLayer([[0, 1]], [[0, 1, 0, 0]], 1)
    network = LutNetwork(Elements(2, 1), (layer,), "none")
    assert simplified(network, vectors).network.digest == network.digest
    once = simplified(network, vectors, seen=1)
    assert once.free == 1
    assert once.network.layers[0].tables.tolist() == [[0, 1, 0, 1]]
    assert live_elements(once.network)[0].tolist() == [True, False]


def test_moved_images_keep_their_classes_where_training_moved_them():
    rng = np.random.default_rng(5)
    images = np.zeros((40, 4, 4), int)
    images[:, 1:3, 1:3] = rng.integers(0, 4, (40, 2, 2))
    inputs = np.array([rng.permutation(16)[:4] for _ in range(12)])
    tables = rng.integers(0, 2, (12, 256))
    layers = (
        ThresholdLayer([[1, 2, 3]] * 16, "binary"),
        TableLayer(inputs, tables, 1),
        SumLayer(range(12), [0, 4, 8, 12]),
    )
    network = LutNetwork(Elements(16, 2), layers)
    at_rest, moved = (simplified(network, images.reshape(40, 16), shift=each) for each in (0, 1))
    assert moved.free < at_rest.free
    different = 0
    for down, right in np.ndindex(3, 3):
        vectors = np.roll(images, (down - 1, right - 1), (1, 2)).reshape(40, 16)
        wanted = elements_of(network, vectors)
        assert (elements_of(moved.network, vectors) == wanted).all()
        different += (elements_of(at_rest.network, vectors) != wanted).sum()
    assert different


def test_a_network_of_large_tables_becomes_smaller_by_estimate_and_as_mapped():
    pytest.importorskip("pyosys")
    from hwgen.lutnet.mapped import mapped_luts

    rng = np.random.default_rng(6)
    layers = (TableLayer(rng.integers(0, 12, (8, 8)), rng.integers(0, 2, (8, 256)), 1),)
    network = LutNetwork(Elements(12, 1), layers, "none")
    vectors = rng.integers(0, 2, (40, 12))
    vectors[:, 3:] = vectors[:, :1]
    done = simplified(network, vectors).network
    assert 2 * estimated_luts(done) < estimated_luts(network)
    assert 2 * mapped_luts(done, 6) < mapped_luts(network, 6)
    assert mapped_luts(network, 6) < mapped_luts(network, 4)
