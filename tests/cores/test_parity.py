"""Shared parities: the network gives what was asked for, within its limits."""

import numpy as np
import pytest
from hwgen.cores.arith.parity_plan import plan_parities

from hwgen.formats.xor_code import XorCode


def evaluated(operands, inputs):
    """Return the inputs that every signal of a network is the parity of, and its level."""
    parities, levels = [1 << bit for bit in range(inputs)], [0] * inputs
    for terms in operands:
        parity = 0
        for term in terms:
            parity ^= parities[term]
        parities.append(parity)
        levels.append(1 + max(levels[term] for term in terms))
    return parities, levels


@pytest.mark.parametrize("inputs", [1, 2, 5, 8, 13, 24])
@pytest.mark.parametrize("arity", [2, 3, 4])
def test_a_network_gives_every_row_with_few_operands_and_levels(inputs, arity):
    random = np.random.default_rng(inputs + 100 * arity)
    rows = [int(row) for row in random.integers(1, 1 << inputs, 25, endpoint=False)]
    levels = 1
    while arity**levels < inputs:
        levels += 1
    for more in (0, 1):
        operands, numbers = plan_parities(rows, inputs, arity, levels + more)
        parities, depth = evaluated(operands, inputs)
        assert [parities[number] for number in numbers] == rows
        assert max(depth) <= levels + more
        assert all(1 < len(terms) <= arity for terms in operands)
        assert len(set(parities)) == len(parities)


def test_a_row_that_is_an_input_costs_nothing():
    assert plan_parities([4, 1, 4], 3, 4, 1) == ([], [2, 0, 2])


@pytest.mark.parametrize(("history", "levels", "most"), [(0, 2, 60), (1, 3, 98), (2, 4, 173)])
def test_decoders_of_80_bits_take_no_more_tables_than_is_known_to_suffice(history, levels, most):
    rows = XorCode(inputs=8, outputs=80, history=history).rows
    operands, _ = plan_parities(rows, 8 * (history + 1), 4, levels)
    # every row of two or more bits differs from all others, and so takes a table of its own
    least = sum(row.bit_count() > 1 for row in rows)
    assert least <= len(operands) <= max(most, least)
