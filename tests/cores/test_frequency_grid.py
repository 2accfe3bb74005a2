"""The circuits of the benchmark of ``--freq`` follow the blocks that they measure."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import frequency

OPERATORS = dict(frequency.operators())


def test_every_block_and_core_of_the_grid_has_a_name_of_its_own():
    assert len(OPERATORS) == len(frequency.BLOCKS) + len(frequency.CORES)


@pytest.mark.parametrize("label", OPERATORS)
def test_every_circuit_of_the_frequency_grid_builds(label):
    assert frequency.built(OPERATORS[label], 80) is not None
