"""Networks of look-up tables as functions of bits: nothing is lost, and nothing useless is left."""

import numpy as np
import pytest
from hwgen.cores.lutnet import mapping
from hwgen.cores.lutnet.decision_diagrams import Diagrams
from hwgen.cores.lutnet.mapping import map_functions
from hwgen.cores.lutnet.plan import ONE, ZERO, plan_network
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer, ThresholdLayer


def _value(diagrams, function, bits):
    while function > 1:
        variable, low, high = diagrams.children(function)
        function = high if bits[variable] else low
    return function


@given(
    sources=st.lists(st.integers(-2, 4), min_size=1, max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_diagram_is_its_truth_table(sources, seed):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 2, 1 << len(sources)).astype(bool)
    diagrams = Diagrams()
    function = diagrams.of_table(sources, table)
    for code in range(32):
        bits = [code >> at & 1 for at in range(5)]
        seen = [{-1: 0, -2: 1}[each] if each < 0 else bits[each] for each in sources]
        address = sum(bit << at for at, bit in enumerate(seen))
        assert _value(diagrams, function, bits) == table[address]


@given(
    width=st.integers(1, 6),
    inverted=st.booleans(),
    starts=st.lists(st.integers(-3, 70), min_size=1, max_size=5).map(sorted),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_diagram_of_intervals_is_the_value_of_the_interval(width, inverted, starts, seed):
    values = np.random.default_rng(seed).integers(0, 2, len(starts) + 1).tolist()
    diagrams = Diagrams()
    function = diagrams.of_intervals(list(range(width)), starts, values, inverted)
    for number in range(1 << width):
        code = number ^ (inverted << width - 1)
        bits = [code >> at & 1 for at in range(width)]
        assert _value(diagrams, function, bits) == values[sum(number >= each for each in starts)]


def test_equal_functions_are_one():
    diagrams = Diagrams()
    table = np.array([0, 1, 1, 0], bool)
    assert diagrams.of_table([3, 5], table) == diagrams.of_table([5, 3], table)
    assert diagrams.of_table([3, 5], np.array([0, 1, 0, 1], bool)) == diagrams.of_table(
        [3], np.array([0, 1], bool)
    )


@settings(deadline=None, max_examples=8)
@given(
    size=st.sampled_from([4, 6]),
    effort=st.sampled_from(["area", "depth"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_mapped_tables_compute_the_functions(size, effort, seed):
    rng = np.random.default_rng(seed)
    diagrams = Diagrams()
    functions = []
    while len(functions) < 5:
        sources = rng.permutation(8)[: rng.integers(1, 9)].tolist()
        found = diagrams.of_table(sources, rng.integers(0, 2, 1 << len(sources)))
        functions += [found] if found > 1 else []
    mapped = map_functions(diagrams, functions, size, effort)
    variables = diagrams.variables(functions)
    assert mapped.inputs == len(variables)
    assert all(1 <= len(each.inputs) <= size for each in mapped.tables.values())
    for code in range(1 << len(variables)):
        chosen = [code >> at & 1 for at in range(len(variables))]
        bits = dict(zip(variables, chosen, strict=True))
        wanted = [_value(diagrams, each, bits) for each in functions]
        assert mapped.evaluate(chosen) == wanted


def test_few_tables_in_series_are_no_more_in_series_than_few_tables():
    rng = np.random.default_rng(2)
    diagrams = Diagrams()
    functions = [diagrams.of_table(list(range(9)), rng.integers(0, 2, 512)) for _ in range(3)]
    area, depth = (map_functions(diagrams, functions, 4, each) for each in ("area", "depth"))
    assert depth.levels <= area.levels


def test_the_same_functions_are_mapped_the_same():
    def mapped():
        diagrams = Diagrams()
        rng = np.random.default_rng(4)
        tables = [diagrams.of_table(list(range(7)), rng.integers(0, 2, 128)) for _ in range(4)]
        return map_functions(diagrams, tables, 4)

    assert mapped() == mapped()


def _tables(inputs, tables, bits=1):
    return TableLayer(inputs, tables, bits)


def test_constants_go_into_the_functions_behind():
    first = _tables([[0, 1], [0, 1], [0, 1]], [[0] * 4, [1] * 4, [0, 1, 1, 0]])
    # the second input is constant: an exclusive or becomes its complement
    second = _tables([[2, 1]], [[0, 1, 1, 0]])
    before, behind = plan_network(LutNetwork(Elements(2, 1), (first, second), "none"))
    assert before.elements == [[ZERO], [ONE], [0]]
    assert behind.variables == [0]


def test_of_equal_bits_one_is_made():
    layer = _tables([[0, 1], [1, 0], [0, 0]], [[0, 0, 0, 1], [0, 0, 0, 1], [0, 1, 0, 1]])
    (found,) = plan_network(LutNetwork(Elements(2, 1), (layer,), "none"))
    assert found.elements == [[0], [0], [1]]
    assert len(found.functions) == 2


@pytest.mark.parametrize("last", ["tables", "sums"])
def test_what_nobody_reads_is_not_made(last):
    first = ThresholdLayer([[1], [2], [3]])
    middle = _tables([[0], [1], [2]], [[0, 1]] * 3)
    end = _tables([[1]], [[1, 0]]) if last == "tables" else SumLayer([1, 1], [0, 2])
    layers = plan_network(LutNetwork(Elements(3, 4), (first, middle, end), "none"))
    assert [len(each.functions) for each in layers[:2]] == [1, 1]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_segments_one_after_the_other_are_the_whole(most):
    rng = np.random.default_rng(6)
    diagrams = Diagrams()
    functions = [diagrams.of_table(list(range(9)), rng.integers(0, 2, 512)) for _ in range(3)]
    functions.append(diagrams.of_table([4], [0, 1]))
    mapped = map_functions(diagrams, functions, 4)
    segments = mapped.segments(most)
    assert len(segments) == -(-mapped.levels // most)
    assert all(part.levels <= most for part, _, _ in segments)
    for code in rng.integers(0, 512, 100):
        bits = [int(code) >> at & 1 for at in range(9)]
        values = {f"x{at}": bit for at, bit in enumerate(bits)}
        for part, reads, outputs in segments:
            found = part.evaluate([values[name] for name in reads])
            values |= dict(zip(outputs, found, strict=True))
        assert [values[name] for name in mapped.outputs] == mapped.evaluate(bits)


def test_a_large_layer_is_mapped_right_as_well(monkeypatch):
    monkeypatch.setattr(mapping, "_LARGE", 10)
    rng = np.random.default_rng(8)
    diagrams = Diagrams()
    functions = [diagrams.of_table(list(range(7)), rng.integers(0, 2, 128)) for _ in range(4)]
    mapped = map_functions(diagrams, functions, 4)
    for code in range(128):
        bits = [code >> at & 1 for at in range(7)]
        assert mapped.evaluate(bits) == [_value(diagrams, each, bits) for each in functions]
