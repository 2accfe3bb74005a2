"""Orders of variables: the functions stay, the nodes become fewer."""

import numpy as np
import pytest
from hwgen.cores.lutnet import ordering
from hwgen.cores.lutnet.decision_diagrams import Diagrams
from hwgen.cores.lutnet.ordering import reordered, small_order
from hwgen.cores.lutnet.plan import plan_network
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.lut_network import Elements, LutNetwork, TableLayer


def _layer(inputs, tables, bits, count):
    layer = TableLayer(inputs, tables, bits)
    return plan_network(LutNetwork(Elements(count, 1), (layer,), "none"))[0]


def _bits(address, count):
    return (np.asarray(address)[:, None] >> np.arange(count) & 1).astype(bool)


def _pairs(count):
    """Return the table of x0 x3 + x1 x4 + x2 x5: its diagram is small with pairs together."""
    bits = _bits(range(1 << 2 * count), 2 * count)
    return (bits[:, :count] & bits[:, count:]).any(axis=1).astype(int)


def _value(diagrams, function, bits):
    while function > 1:
        variable, low, high = diagrams.children(function)
        function = high if bits[variable] else low
    return function


@pytest.mark.parametrize("count", [3, 5, 7])
def test_sifting_finds_the_pairs(count):
    layer = _layer([range(2 * count)], [_pairs(count)], 1, 2 * count)
    diagrams, functions = reordered(layer)
    given = list(layer.functions.values())
    assert len(diagrams.reachable(functions)) == 2 * count
    assert len(layer.diagrams.reachable(given)) == 2 ** (count + 1) - 2


def test_the_variable_of_most_influence_is_first_without_sifting():
    bits = _bits(range(64), 6)
    weights = np.array([1, 9, 2, 3, 20, 4])
    cube = (bits @ weights > 12).reshape((2,) * 6)
    # axis 0 is the highest bit of the address
    assert small_order(cube[None], 0)[:2] == [1, 4]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), passes=st.integers(0, 3), most=st.sampled_from([3, 14]))
def test_reordered_functions_are_the_same(seed, passes, most):
    rng = np.random.default_rng(seed)
    inputs = np.stack([rng.permutation(9)[:6] for _ in range(4)])
    layer = _layer(inputs, rng.integers(0, 8, (4, 64)), 3, 9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_MOST_PASSES", passes)
        patch.setattr(ordering, "_MOST_INPUTS", most)
        diagrams, functions = reordered(layer)
    for bits in rng.integers(0, 2, (50, 9)):
        wanted = [_value(layer.diagrams, each, bits) for each in layer.functions.values()]
        assert [_value(diagrams, each, bits) for each in functions] == wanted


def test_large_layers_are_not_sifted(monkeypatch):
    layer = _layer([range(6)], [_pairs(3)], 1, 6)
    monkeypatch.setattr(ordering, "_MOST_SIFTED", 100)
    diagrams, functions = reordered(layer)
    assert len(diagrams.reachable(functions)) == 14


def test_sifting_is_never_worse_than_the_order_of_influence():
    rng = np.random.default_rng(4)
    for _ in range(10):
        cubes = rng.integers(0, 2, (2, *[2] * 7)).astype(bool) & rng.integers(
            0, 2, (2, 2, *[1] * 6)
        )
        sizes = []
        for passes in (0, 3):
            diagrams, order = Diagrams(), small_order(cubes, passes)
            found = [diagrams.of_cube(cube.transpose(order), order) for cube in cubes]
            sizes.append(len(diagrams.reachable(found)))
        assert sizes[1] <= sizes[0]
