"""Which elements read which, by trying all values; accuracy against size, by definition."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.formats.lut_network import (
    Elements,
    LutNetwork,
    MatrixLayer,
    SumLayer,
    TableLayer,
    ThresholdLayer,
)
from hwgen.golden.lutnet import elements_of
from hwgen.lutnet.connectivity import binned, connections, readers
from hwgen.lutnet.pareto import Point, front, points
from hwgen.lutnet.published import published


def reads(layer, elements):
    """Return the pairs (row, element before) where changing the element can change the row."""
    low, high = elements.bounds
    every = np.array(list(itertools.product(range(low, high + 1), repeat=elements.count)))
    alone = LutNetwork(elements, (layer,), "none")
    result = elements_of(alone, every).reshape((high - low + 1,) * elements.count + (-1,))
    return {
        (row, each)
        for each in range(elements.count)
        for row in range(result.shape[-1])
        if (np.diff(result[..., row], axis=each) != 0).any()
    }


def networks():
    for seed in range(4):
        random = np.random.default_rng(seed)
        # rows of few ones: many inputs of a table do not matter
        tables = random.integers(0, 8, (7, 8)) == 0
        layers = (
            ThresholdLayer([[1], [2], [3]], "thermometer"),
            TableLayer([random.permutation(3) for _ in range(7)], tables.astype(int), 1),
            SumLayer(random.permutation(7)[:6], [0, 2, 4, 6]),
        )
        yield LutNetwork(Elements(3, 2), layers)
    weights = [[1, 0, -1], [0, 2, 0]]
    yield LutNetwork(Elements(3, 2, True), (MatrixLayer(weights, [0, 5]),), "none")
    binary = ThresholdLayer([[0, 1, 1], [-1, 0, 1]], "binary")
    yield LutNetwork(Elements(2, 2, True), (binary, MatrixLayer([[1, 1]], [0])), "none")


@pytest.mark.parametrize("network", list(networks()))
def test_connections_are_those_through_which_a_change_can_reach_an_output(network):
    reached = set(range(network.elements[-1].count))
    expected = []
    for layer, before in reversed(list(zip(network.layers, network.elements, strict=False))):
        pairs = {(row, each) for row, each in reads(layer, before) if row in reached}
        expected.insert(0, pairs)
        reached = {each for _, each in pairs}
    found = connections(network)
    assert [{tuple(pair) for pair in each.tolist()} for each in found] == expected
    assert [len(each) for each in found] == [len(each) for each in expected]


def test_an_input_is_read_as_often_as_its_thresholds_are():
    first = ThresholdLayer([[1, 2], [1, 3]], "thermometer")
    # elements 0 and 1 are of input 0, elements 2 and 3 of input 1; the second table needs one only
    tables = [[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1]]
    second = TableLayer([[0, 2], [1, 3], [0, 1]], tables, 1)
    network = LutNetwork(Elements(2, 2), (first, second), "none")
    assert readers(network).tolist() == [4, 1]
    assert readers(LutNetwork(Elements(2, 2), (first,), "none")).tolist() == [2, 2]


def test_fields_are_elements_where_there_is_room_and_keep_every_connection():
    pairs = np.array([[0, 0], [1, 2], [299, 499], [298, 498], [150, 0]])
    assert binned(pairs[:2], 2, 3, 8).tolist() == [[1, 0, 0], [0, 0, 1]]
    found = binned(pairs, 300, 500, 100)
    assert (found.shape, found.sum(), found[99, 99]) == ((100, 100), 5, 2)


@given(
    st.lists(
        st.tuples(st.integers(90, 95), st.integers(1, 6), st.booleans()), min_size=1, max_size=8
    )
)
def test_the_front_is_what_nothing_complete_beats(figures):
    found = [
        Point("n", accuracy, luts, "published", complete=complete)
        for accuracy, luts, complete in figures
    ]
    complete = [each for each in found if each.complete]
    best = {
        (each.lut6, each.accuracy)
        for each in complete
        if not any(
            other.lut6 <= each.lut6
            and other.accuracy >= each.accuracy
            and (other.lut6, other.accuracy) != (each.lut6, each.accuracy)
            for other in complete
        )
    }
    assert [(each.lut6, each.accuracy) for each in front(found)] == sorted(best)


def test_published_rows_have_papers_and_do_not_mix_the_two_sets_of_jets():
    rows = {name: published(name) for name in ("mnist", "jets-openml", "jets-cernbox")}
    for name, found in rows.items():
        assert len(found) >= 6
        assert all(each.set == name and each.source.rstrip()[-4:].isdigit() for each in found)
        assert all(each.lut6 > 0 and 50 < each.accuracy < 100 for each in found)
    assert not published("digits") and not published(None)
    names = [{each.name for each in rows[name]} for name in ("jets-openml", "jets-cernbox")]
    assert "PolyLUT JSC-XL" in names[1] - names[0] and "DWN lg" in names[0] - names[1]


def test_a_network_without_accuracy_is_not_in_the_picture():
    found = points([("a", None, 10, "estimated"), ("b", 97.0, 20, "measured")], "mnist")
    assert [each.name for each in found if each.how != "published"] == ["b"]
    assert len(found) == 1 + len(published("mnist"))
    assert {each.name for each in found if not each.complete} == {"DWN"}
