"""Shift-add graphs equal their matrix, stay within their ranges, and share what they can."""

from itertools import pairwise

import numpy as np
import pytest
from amaranth.hdl import Cat, Const
from datapath import Datapath, as_signed
from hwgen.cores.arith.shift_add import multiply_constants
from hwgen.cores.arith.shift_add_graph import canonical_signed_digits
from hwgen.cores.arith.shift_add_search import find_graph
from hwgen.cores.arith.shift_add_ternary import fuse
from hypothesis import given, settings
from hypothesis import strategies as st

entries = st.one_of(
    st.just(0),
    st.integers(-9, 9),
    st.integers(0, 20).map(lambda place: 1 << place),
    st.integers(0, 20).map(lambda place: -1 << place),
    st.integers(-(1 << 20), 1 << 20),
)
matrices = st.integers(1, 6).flatmap(
    lambda columns: st.lists(
        st.lists(entries, min_size=columns, max_size=columns), min_size=1, max_size=6
    )
)
ranges = st.sampled_from([(-128, 127), (0, 255), (0, 1), (-2, 1), (-1, 0)])


def evaluate(solution, inputs):
    """Return (all node values, outputs) of a graph, straight from its adders."""
    values = list(inputs)
    for adder in solution.graph.adders[len(inputs) :]:
        low = 0 if adder.low is None else values[adder.low]
        value = low + adder.relation * (values[adder.high] << adder.distance)
        values.append(-value if adder.flipped else value)
    outputs = [0 if each is None else values[each.node] << each.shift for each in solution.outputs]
    return values, outputs


def product(matrix, inputs):
    return [sum(weight * x for weight, x in zip(row, inputs, strict=True)) for row in matrix]


@settings(max_examples=150, deadline=None)
@given(matrices, ranges, st.sampled_from((1, 2)), st.data())
def test_graph_equals_the_matrix_within_its_ranges(matrix, limits, slot, data):
    columns = len(matrix[0])
    solution = find_graph(matrix, [limits] * columns, slot)
    assert all(term is None or term.sign == 1 for term in solution.outputs)
    codes = st.lists(st.integers(*limits), min_size=columns, max_size=columns)
    corner = st.lists(st.sampled_from(limits), min_size=columns, max_size=columns)
    for inputs in data.draw(st.lists(st.one_of(codes, corner), min_size=5, max_size=5)):
        values, outputs = evaluate(solution, inputs)
        assert outputs == product(matrix, inputs)
        bounds = zip(values, solution.graph.ranges, strict=True)
        assert all(low <= value <= high for value, (low, high) in bounds)


@settings(max_examples=60, deadline=None)
@given(matrices, ranges)
def test_range_of_every_output_is_reached(matrix, limits):
    solution = find_graph(matrix, [limits] * len(matrix[0]))
    for row, term in zip(matrix, solution.outputs, strict=True):
        reached = [sum(f(weight * bound for bound in limits) for weight in row) for f in (min, max)]
        found = [0, 0]
        if term is not None:
            found = [bound << term.shift for bound in solution.graph.ranges[term.node]]
        assert found == reached


@given(st.integers(-(1 << 40), 1 << 40))
def test_digits_are_canonical(value):
    digits = canonical_signed_digits(value)
    assert sum(sign << shift for shift, sign in digits) == value
    places = [shift for shift, _ in digits]
    assert all(later - earlier > 1 for earlier, later in pairwise(places))


def test_equal_rows_and_multiples_by_powers_of_two_cost_nothing():
    row = [3, 0, -5, 7]
    once = find_graph([row], [(-128, 127)] * 4)
    times = find_graph([row, row, [4 * each for each in row]], [(-128, 127)] * 4)
    assert times.adders == once.adders


def test_a_common_subexpression_is_added_once():
    assert find_graph([[1, 1, 1], [1, 1, -1]], [(0, 15)] * 3).adders == 3


def test_zero_matrix_has_no_adders():
    solution = find_graph([[0, 0], [0, 0]], [(-8, 7)] * 2)
    assert solution.adders == 0
    assert solution.outputs == [None, None]


def test_bits_of_separate_operands_are_put_side_by_side():
    assert find_graph([[1, 16]], [(0, 15)] * 2).chain_bits == 0


def test_sharing_saves_a_third_of_the_adders_of_a_random_matrix():
    matrix = np.random.default_rng(3).integers(-128, 128, (16, 16)).tolist()
    terms = sum(len(canonical_signed_digits(weight)) for row in matrix for weight in row)
    assert find_graph(matrix, [(-128, 127)] * 16).adders < (terms - 16) * 2 / 3


def test_the_same_matrix_always_gives_the_same_graph():
    matrix = np.random.default_rng(3).integers(-128, 128, (6, 6)).tolist()
    first, second = (find_graph(matrix, [(-128, 127)] * 6) for _ in range(2))
    assert first.graph.adders == second.graph.adders


@settings(max_examples=80, deadline=None)
@given(matrices, ranges, st.data())
def test_ternary_adders_have_the_value_of_the_two_adders_they_replace(matrix, limits, data):
    columns = len(matrix[0])
    solution = find_graph(matrix, [limits] * columns)
    codes = st.lists(st.integers(*limits), min_size=columns, max_size=columns)
    values, _ = evaluate(solution, data.draw(codes))
    fused = fuse(solution)
    for node, ternary in fused.items():
        terms = [values[term.node] * term.sign << term.shift for term in ternary.terms]
        assert sum(terms) == values[node]
        assert (ternary.terms[0].shift, ternary.terms[0].sign) == (0, 1)
        assert sum(term.sign < 0 for term in ternary.terms) <= 1
    inner = [ternary.inner for ternary in fused.values()]
    read = [term.node for ternary in fused.values() for term in ternary.terms]
    assert len(set(inner)) == len(inner)
    assert not set(inner) & {*fused, *read, *(term.node for term in solution.outputs if term)}


@pytest.mark.parametrize("fabric", ["ecp5", "generic", "ultrascale_plus"])
@pytest.mark.parametrize("frequency", [None, 150])
def test_circuit_equals_the_matrix(fabric, frequency, tmp_path):
    matrix = [[3, -5, 0, 64], [-1, -7, 0, 0], [0, 0, 0, 0], [11, 100, 0, -8], [-3, 5, 0, -64]]
    width = 16

    def build(pipeline, values):
        sums = multiply_constants(pipeline, list(values.values()), [(-32, 31)] * 4, matrix)
        return {
            f"y{index}": pipeline.free(lambda bits: as_wide(bits, width), each)
            for index, each in enumerate(sums)
        }

    names = [f"x{index}" for index in range(4)]
    datapath = Datapath(
        build,
        {name: (6, True) for name in names},
        {f"y{index}": width for index in range(len(matrix))},
        fabric,
        frequency,
    )
    codes = np.random.default_rng(1).integers(0, 64, (500, 4), dtype=np.uint64)
    codes[:16] = [[32 + 31 * (row >> place & 1) & 63 for place in range(4)] for row in range(16)]
    results = datapath.run(tmp_path, dict(zip(names, codes.T, strict=True)))
    wanted = as_signed(codes, 6) @ np.array(matrix).T
    for index in range(len(matrix)):
        np.testing.assert_array_equal(as_signed(results[f"y{index}"], width), wanted[:, index])


def as_wide(bits, width):
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    return Cat(bits, top.replicate(width - len(bits)))
