"""Networks of look-up tables as functions of bits: nothing is lost, and nothing useless is left."""

import numpy as np
import pytest
from hwgen.cores.lutnet import mapping
from hwgen.cores.lutnet.decision_diagrams import Diagrams
from hwgen.cores.lutnet.mapped import LookUpTable, Mapped
from hwgen.cores.lutnet.mapping import map_functions
from hwgen.cores.lutnet.plan import ONE, ZERO, plan_network
from hwgen.cores.lutnet.stored_names import named_tables, names_of, parse_block_tables
from hwgen.cores.lutnet.stored_tables import with_tables_apart
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import catalogue
from hwgen.errors import UsageError
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


def test_functions_have_their_values_at_every_address():
    rng = np.random.default_rng(9)
    tables = rng.integers(0, 2, (3, 64)).astype(bool)
    diagrams = Diagrams()
    functions = [diagrams.of_table([7, 2, 9, 4, 5, 0], table) for table in tables]
    values = diagrams.values(functions, [7, 2, 9, 4, 5, 0])
    assert values == [int(a + 2 * b + 4 * c) for a, b, c in tables.T]


def test_every_function_belongs_to_the_first_element_that_has_it():
    tables = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 3, 3], [0, 0, 0, 3]]
    layer = _tables([[0, 1]] * 4, tables, 2)
    (found,) = plan_network(LutNetwork(Elements(2, 1), (layer,), "none"))
    groups = found.functions_of_elements
    assert [len(each) for each in groups] == [2, 2, 1]
    assert [one for each in groups for one in each] == list(found.functions.values())


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
    wide_levels=st.sampled_from([(), (1.35, 1.75)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_mapped_tables_compute_the_functions(size, effort, wide_levels, seed):
    rng = np.random.default_rng(seed)
    diagrams = Diagrams()
    functions = []
    while len(functions) < 5:
        sources = rng.permutation(8)[: rng.integers(1, 9)].tolist()
        found = diagrams.of_table(sources, rng.integers(0, 2, 1 << len(sources)))
        functions += [found] if found > 1 else []
    mapped = map_functions(diagrams, functions, size, effort, wide_levels)
    variables = diagrams.variables(functions)
    assert mapped.inputs == len(variables)
    most = size + len(wide_levels)
    assert all(1 <= len(each.inputs) <= most for each in mapped.tables.values())
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


def test_six_inputs_are_four_tables_of_four_where_multiplexers_join_them():
    rng = np.random.default_rng(3)
    diagrams = Diagrams()
    functions = [diagrams.of_table(list(range(6)), rng.integers(0, 2, 64)) for _ in range(9)]
    plain, wide = (map_functions(diagrams, functions, 4, "area", each) for each in ((), (1.4, 1.8)))
    assert (wide.area, wide.levels) == (36, 1.8)
    assert plain.area > 45


def test_area_and_levels_count_what_multiplexers_join():
    table = LookUpTable(("x0", "x1", "x2", "x3", "x4", "n0"), 1)
    tables = {"n0": LookUpTable(("x0", "x1", "x2", "x3", "x5"), 3), "n1": table}
    mapped = Mapped(4, 6, tables, ("n1",), (1.25, 1.5))
    assert (mapped.area, mapped.levels) == (6, 2.75)
    # x4 of n1 chooses in two multiplexers
    assert mapped.pins == 4 * 2 + 1 + 4 * 4 + 2


@pytest.mark.parametrize("most", [1.75, 2, 3.1, 4.5, 20])
def test_segments_with_wide_tables_are_no_longer_than_they_may_be(most):
    rng = np.random.default_rng(6)
    diagrams = Diagrams()
    functions = [diagrams.of_table(list(range(9)), rng.integers(0, 2, 512)) for _ in range(3)]
    mapped = map_functions(diagrams, functions, 4, "depth", (1.35, 1.75))
    segments = mapped.segments(most)
    assert all(part.levels <= most for part, _, _ in segments)
    assert len(segments) >= mapped.levels / most
    assert len(mapped.segments(0)) == len(mapped.segments(1.75))


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


def _large_and_small(seed=3):
    rng = np.random.default_rng(seed)
    inputs = [list(range(10)), [*range(9), 0], list(range(1, 11))]
    tables = rng.integers(0, 4, (3, 1 << 10))
    # the last one has the fewest nodes
    tables[2] = 3 * (np.arange(1 << 10) > 500) ^ np.arange(1 << 10) & 1
    return plan_network(LutNetwork(Elements(11, 1), (_tables(inputs, tables, 2),), "none"))


@pytest.mark.parametrize(("count", "stored"), [(0, 0), (1, 1), (5, 2)])
def test_the_largest_tables_stand_apart(count, stored):
    layers = _large_and_small()
    (rest,), (tables,) = with_tables_apart(layers, count)
    assert len(tables) == stored
    # that of nine inputs is never stored
    assert len(rest.functions) == 6 - 2 * stored
    everything = [*rest.functions, *(bit for each in tables for bit in each.outputs)]
    assert sorted(everything) == sorted(layers[0].functions)
    if stored:
        assert tables[0].outputs == (0, 1)


def test_a_stored_table_has_the_values_of_its_functions():
    (layer,) = _large_and_small()
    _, ((first, *_),) = with_tables_apart([layer], 1)
    functions = [layer.functions[bit] for bit in first.outputs]
    for address in (0, 1, 511, 700, 1023):
        bits = {each: address >> at & 1 for at, each in enumerate(first.variables)}
        found = [_value(layer.diagrams, each, bits) for each in functions]
        assert first.values[address] == found[0] + 2 * found[1]


def test_named_tables_stand_apart_whatever_their_size():
    layers = _large_and_small()
    (rest,), (tables,) = with_tables_apart(layers, [(0, 1), (0, 2)])
    assert [len(each.variables) for each in tables] == [9, 10]
    # the first table is left
    assert sorted(rest.functions) == [0, 1]
    everything = [*rest.functions, *(bit for each in tables for bit in each.outputs)]
    assert sorted(everything) == sorted(layers[0].functions)


def test_a_bit_that_two_named_tables_give_is_stored_once():
    rng = np.random.default_rng(5)
    tables = rng.integers(0, 4, (2, 64))
    tables[1] = tables[0] & 1 | 2 * rng.integers(0, 2, 64)
    inputs = [list(range(6))] * 2
    layers = plan_network(LutNetwork(Elements(6, 1), (_tables(inputs, tables, 2),), "none"))
    (rest,), (stored,) = with_tables_apart(layers, [(0, 0), (0, 1)])
    assert not rest.functions
    assert [len(each.outputs) for each in stored] == [2, 1]


def test_a_named_table_that_is_constant_is_not_stored():
    tables = np.array([[3] * 64, list(range(64))]) & 3
    layers = plan_network(
        LutNetwork(Elements(6, 1), (_tables([list(range(6))] * 2, tables, 2),), "none")
    )
    assert with_tables_apart(layers, [(0, 0)]) == (layers, [[]])


@given(st.sets(st.tuples(st.integers(0, 99), st.integers(0, 9999)), min_size=1, max_size=20))
def test_names_mean_the_tables_that_they_were_made_of(tables):
    text = names_of(tables)
    assert parse_block_tables(text) == text
    assert named_tables(text) == tuple(sorted(tables))


def test_no_tables_are_the_number_zero():
    assert parse_block_tables(names_of([])) == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0.1", r"number of tables, or the tables as LAYER/TABLE,LAYER/TABLE,\.\.\., not '0.1'"),
        ("0/1,", "number of tables, or the tables as"),
        ("5/1", r"name layers of tables \(0, 1\), not layer 5 in '5/1'"),
        ("0/11,0/12", "name tables 0 to 11 of layer 0, not '0/12'"),
        (-1, "be greater than or equal to 0, not -1"),
    ],
)
def test_tables_that_are_not_there_are_refused(value, message):
    with pytest.raises(UsageError, match=f"^block_tables must .*{message}"):
        catalogue.get("lutnet").configure({"block_tables": value})
