"""Networks within a budget: what goes is what is worth least."""

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from hwgen.cores.lutnet.config import LutnetConfig
from hwgen.cores.lutnet.plan import plan_network
from hwgen.cores.lutnet.stored_tables import with_tables_apart

from hwgen import targets
from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer
from hwgen.formats.lut_network_file import network_bytes
from hwgen.golden.lutnet import classes_of
from hwgen.lutnet.alternatives import alternatives
from hwgen.lutnet.budget import Pruned
from hwgen.lutnet.estimate import (
    estimated_luts,
    estimated_registers,
    head_luts,
    live_elements,
    table_block_rams,
    table_luts,
)
from hwgen.lutnet.knapsack import best_choice
from hwgen.lutnet.pruning import _groups, pruned
from hwgen.lutnet.simplification import Source


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_the_choice_is_the_best_of_all_that_are_within_the_limits(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 4, 5)
    losses = [rng.random(each) for each in sizes]
    costs = [rng.integers(0, 9, (each, 2)) for each in sizes]
    drifts = [rng.normal(size=(each, 2)) for each in sizes]
    limits = rng.integers(5, 30, 2)
    best = np.inf
    for choice in product(*map(range, sizes)):
        cost, drift = (
            sum(each[at] for each, at in zip(lists, choice, strict=True))
            for lists in (costs, drifts)
        )
        if (cost <= limits).all() and np.ptp(drift) <= 1:
            best = min(best, sum(each[at] for each, at in zip(losses, choice, strict=True)))
    found = best_choice(losses, costs, limits, drifts)
    if found is None:
        assert best == np.inf
    else:
        loss = sum(each[at] for each, at in zip(losses, found, strict=True))
        assert best <= loss + 1e-9 <= best * 1.002 + 1e-6
        assert (sum(each[at] for each, at in zip(costs, found, strict=True)) <= limits).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.booleans(), st.integers(0, 999))
def test_alternatives_cost_and_differ_as_they_say(width, inputs, bits, signed, seed):
    rng = np.random.default_rng(seed)
    elements = Elements(1, bits, signed)
    low, high = elements.bounds
    table = rng.integers(low, high + 1, 1 << inputs * width)
    counts = rng.integers(0, 5, len(table)) + (np.arange(len(table)) == 0)
    found = alternatives(table, counts, width, elements)
    assert (found[0].table == table).all() and found[0].distance == 0
    assert any(not each.table.any() for each in found)
    for each in found:
        assert low <= each.table.min() <= each.table.max() <= high
        difference = each.table - table
        assert each.distance == pytest.approx((counts * difference**2).sum())
        assert each.drift == pytest.approx((counts * difference).sum() / counts.sum())
        assert each.luts == table_luts(each.table, bits)
        varying = {bit for bit in range(bits) if len(set((each.table >> bit & 1).tolist())) > 1}
        assert each.registers == len(varying)
    nearest = min(each.distance for each in found if not each.registers)
    assert nearest == min((counts * (table - each) ** 2).sum() for each in range(low, high + 1))


def test_the_input_that_is_missed_least_leaves_first():
    addresses = np.arange(8)
    # inputs 0 and 2 decide nearly always
    table = (addresses & 1) ^ (addresses >> 2)
    table[2] ^= 1
    counts = np.where(addresses == 2, 1, 10)
    found = alternatives(table, counts, 1, Elements(1, 1))
    assert found[1].distance == 1
    assert (found[1].table == (addresses & 1) ^ (addresses >> 2)).all()


def classifier(rng, useful=12, noise=20):
    """Return a network, vectors and classes: noise is in the sums, but tells nothing."""
    vectors = rng.integers(0, 2, (600, 40))
    classes = (vectors[:, 0] & vectors[:, 1]) | vectors[:, 2]
    right = np.array([each & each >> 1 & 1 | each >> 2 & 1 for each in range(8)])
    inputs, tables = [], []
    for group in range(2):
        inputs += [[0, 1, 2]] * useful + [rng.permutation(40)[:3] for _ in range(noise)]
        tables += [right ^ 1 ^ group] * useful + list(rng.integers(0, 2, (noise, 8)))
    layer = TableLayer(np.array(inputs), np.array(tables), 1)
    size = useful + noise
    sums = SumLayer(range(2 * size), [0, size, 2 * size])
    return LutNetwork(Elements(40, 1), (layer, sums)), vectors, classes


def test_what_tells_nothing_goes_and_the_budget_is_used():
    network, vectors, classes = classifier(np.random.default_rng(1))
    before = (classes_of(network, vectors) == classes).mean()
    found = pruned(network, vectors, classes, {"luts": 90}, rounds=2).network
    assert 0.8 * 90 <= estimated_luts(found) <= 90 < estimated_luts(network) - 40
    after = (classes_of(found, vectors) == classes).mean()
    assert after == 1.0 >= before


@pytest.mark.parametrize("limits", [{"luts": 60}, {"registers": 30}, {"luts": 70, "registers": 35}])
def test_every_limit_is_met(limits):
    network, vectors, classes = classifier(np.random.default_rng(2))
    found = pruned(network, vectors, classes, limits, rounds=2).network
    assert estimated_luts(found) <= limits.get("luts", np.inf)
    assert estimated_registers(found) <= limits.get("registers", np.inf)
    assert (Pruned(found).resources < Pruned(network).resources)[:2].all()
    assert (classes_of(found, vectors) == classes).mean() > 0.9


def test_a_table_costs_itself_and_its_place_in_a_sum():
    network, vectors, classes = classifier(np.random.default_rng(6), useful=2, noise=3)
    source = Source(network, vectors, 0)
    groups = _groups(Pruned(network), source, (vectors, classes), lambda done: None)
    # the constant nearest to the first table is 0, which no sum counts; that of the other one is 1
    for useful, constants in ((groups[0], [0]), (groups[5], [0, 1])):
        assert useful.costs[0].tolist() == [2, 1, 0]
        assert sorted(useful.costs[useful.costs[:, 1] == 0, 0].tolist()) == constants


def test_a_network_within_the_budget_stays_as_it_is():
    network, vectors, classes = classifier(np.random.default_rng(3))
    limits = {"luts": estimated_luts(network), "registers": estimated_registers(network)}
    assert pruned(network, vectors, classes, limits).network is network


def test_tables_of_several_layers_lose_inputs_and_bits():
    rng = np.random.default_rng(4)
    first = TableLayer(
        [rng.permutation(12)[:8] for _ in range(10)], rng.integers(0, 4, (10, 256)), 2
    )
    second = TableLayer(
        [rng.permutation(10)[:4] for _ in range(3)], rng.integers(-4, 4, (3, 256)), 3, True
    )
    network = LutNetwork(Elements(12, 1), (first, second))
    vectors = rng.integers(0, 2, (400, 12))
    classes = classes_of(network, vectors)
    found = pruned(network, vectors, classes, {"luts": 80}, rounds=3).network
    assert estimated_luts(found) <= 80 < estimated_luts(network) / 1.5
    assert (classes_of(found, vectors) == classes).mean() > 0.55
    constants = (np.ptp(each.tables, axis=1) == 0 for each in found.layers)
    assert not all(each.all() for each in constants)


def test_what_cannot_be_pruned_is_refused():
    network, vectors, classes = classifier(np.random.default_rng(5), 2, 2)
    with pytest.raises(UsageError, match=r"the budget must be larger: .* takes luts [0-9]+, reg"):
        pruned(network, vectors, classes, {"luts": 1})
    bare = LutNetwork(network.inputs, network.layers, "none")
    with pytest.raises(UsageError, match="must have head argmax, not 'none'"):
        pruned(bare, vectors, classes, {"luts": 1})
    with pytest.raises(UsageError, match="must have the 3 classes of the data or more, not 2"):
        pruned(network, vectors, classes + 1, {"luts": 1})


def large_tables(rng, width=1):
    """Return a network whose tables have 11 and 6 bits of address, vectors, and its classes."""
    inputs = [rng.permutation(16)[:11] for _ in range(12)]
    large = TableLayer(np.array(inputs), rng.integers(0, 1 << width, (12, 1 << 11)), width)
    small_inputs = [rng.permutation(12)[: 6 // width] for _ in range(4)]
    small = TableLayer(np.array(small_inputs), rng.integers(0, 8, (4, 64)), 3)
    network = LutNetwork(Elements(16, 1), (large, small))
    vectors = rng.integers(0, 2, (500, 16))
    return network, vectors, classes_of(network, vectors)


def core_takes(network, block_tables, fabric):
    """Return LUT6 and block RAMs of the core's own plan with a value of ``block_tables``."""
    net = network_bytes(network, {})
    with TemporaryDirectory() as folder:
        path = Path(folder, "net.safetensors")
        path.write_bytes(net)
        config = LutnetConfig(net=str(path), block_tables=block_tables, target=fabric.name)
    layers, tables = with_tables_apart(plan_network(config.network), config.stored_tables)
    stored = [each for tables_of_layer in tables for each in tables_of_layer]
    supports = [
        len(layer.diagrams.variables([each]))
        for layer in layers
        for each in layer.functions.values()
        # a bit of those before is a wire
        if layer.diagrams.children(each)[1:] != (0, 1)
    ]
    # leaves of six inputs, and multiplexers of four between them
    luts = sum(1 if each <= 6 else -(-(4 * 2 ** (each - 6) - 1) // 3) for each in supports)
    rams = [fabric.block_rams(len(each.values), len(each.outputs)) for each in stored]
    return luts + head_luts(network), sum(rams)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2), st.integers(0, 14), st.integers(100, 500))
def test_the_core_keeps_within_the_budget_with_the_tables_that_are_named(seed, width, rams, luts):
    network, vectors, classes = large_tables(np.random.default_rng(seed), width)
    limits = {"luts": luts, "block_rams": rams}
    found = pruned(network, vectors, classes, limits, rounds=2)
    taken_luts, _, taken_rams = found.resources
    assert taken_luts <= luts and taken_rams <= rams
    core_luts, core_rams = core_takes(found.network, found.block_tables, targets.get("ecp5"))
    assert core_luts <= luts
    assert core_rams <= rams
    without, _ = core_takes(found.network, "0", targets.get("ecp5"))
    assert (without > core_luts) == bool(found.stored)


def test_block_ram_for_every_large_table_keeps_the_network_as_it_is():
    network, vectors, classes = large_tables(np.random.default_rng(7))
    large = tuple((0, int(row)) for row in np.flatnonzero(live_elements(network)[1]))
    small = estimated_luts(network, large)
    limits = {"luts": small, "block_rams": 12}
    found = pruned(network, vectors, classes, limits, rounds=1)
    assert (classes_of(found.network, vectors) == classes).all()
    assert found.stored == large
    assert estimated_luts(found.network) > small == found.resources[0]


def test_block_ram_leaves_more_vectors_right_than_none():
    network, vectors, classes = large_tables(np.random.default_rng(8))
    luts = estimated_luts(network) // 2
    right = [
        (classes_of(found.network, vectors) == classes).mean()
        for rams in (0, 6)
        for found in [
            pruned(network, vectors, classes, {"luts": luts, "block_rams": rams}, rounds=2)
        ]
    ]
    assert right[0] < right[1]


def test_nothing_stands_in_block_ram_that_look_up_tables_have_room_for():
    network, vectors, classes = large_tables(np.random.default_rng(9))
    luts = estimated_luts(network) - 1
    found = pruned(network, vectors, classes, {"luts": luts, "block_rams": 99}, rounds=1)
    for place in found.stored:
        rest = [each for each in found.stored if each != place]
        assert estimated_luts(found.network, rest) > luts
    assert found.block_tables == ",".join(f"{layer}/{row}" for layer, row in sorted(found.stored))


def test_without_a_limit_for_it_no_block_ram_is_used():
    network, vectors, classes = large_tables(np.random.default_rng(10))
    found = pruned(network, vectors, classes, {"luts": 200}, rounds=1)
    assert (found.stored, found.block_tables, found.block_rams) == ((), "0", 0)
    assert "block_tables" not in found.facts(network, {"luts": 200}, {})


def test_a_fabric_without_block_ram_is_refused():
    network, vectors, classes = large_tables(np.random.default_rng(11))
    limits = {"luts": 200, "block_rams": 1}
    with pytest.raises(UsageError, match="must be for a fabric that has it, not generic"):
        pruned(network, vectors, classes, limits, target="generic")


@pytest.mark.parametrize(
    ("address", "matters", "bits", "rams"),
    [
        (10, 10, 3, 1),
        (12, 12, 4, 1),
        (12, 12, 5, 2),
        (14, 14, 2, 2),
        (11, 9, 2, None),
        (9, 9, 2, None),
    ],
)
def test_a_table_takes_block_rams_by_the_bits_that_matter(address, matters, bits, rams):
    table = np.random.default_rng(1).integers(0, 1 << bits, 1 << matters)
    table = np.tile(table, 1 << address - matters)
    assert table_block_rams(table, bits, targets.get("ecp5")) == rams
    assert table_block_rams(table, bits, None) is None
