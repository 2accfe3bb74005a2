"""The regression of ``const-matvec``: both tiers, over matrices of all kinds."""

from itertools import product

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.flow.verify import verify

CORE = catalogue.get("const-matvec")

_DEFAULT = [
    {"matrix": "random-int8/5x7/1", "freq": 150},
    {"matrix": "random-int4/3x2/1", "fmt": "uint4", "target": "ice40"},
    {"matrix": "random-int12/4x3/2", "fmt": "q1.6", "transpose": True, "target": "ultrascale_plus"},
]


def _thorough():
    targets = ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus")
    for target, freq in product(targets, (None, 60)):
        yield {"matrix": "random-int8/6x9/3", "target": target, "freq": freq}
    yield {"matrix": "random-int8/6x9/3", "freq": 200}
    yield {}
    yield {"matrix": "random-int8/32x64/1", "freq": 150}
    yield {"matrix": "random-int32/3x3/1", "fmt": "int53", "freq": 100}
    yield {"matrix": "random-int2/40x3/1", "fmt": "uint1"}
    yield {"matrix": "random-int8/1x1/1"}
    yield {"matrix": "random-int8/1x16/1", "freq": 250}
    yield {"matrix": "random-int8/16x1/1", "freq": 250}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}".replace("/", ":") for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_matrix_product_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=500, seed=7)
    assert result.matched >= 500 or result.exhaustive
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.parametrize(
    "matrix",
    [
        [[0, 0, 0], [0, 0, 0]],
        [[0, 3, 0], [0, 0, 0], [0, -5, 0]],
        [[1, -2, 64], [-1, 2, -64], [-8, 0, 0]],
        [[-1]],
    ],
    ids=["all zero", "zero rows and columns", "powers of two", "one by one"],
)
def test_product_with_a_matrix_of_few_digits_equals_its_golden_model(matrix, tmp_path):
    file = tmp_path / "weights.npy"
    np.save(file, np.array(matrix))
    config = CORE.configure({"matrix": str(file), "fmt": "int6"})
    result = verify(CORE, config, folder=tmp_path, vectors=200, seed=2, tier="compiled")
    assert result.exhaustive


@pytest.mark.parametrize(
    "options",
    [
        {"matrix": "random-int6/3x3/1", "fmt": "int5", "freq": 100},
        pytest.param(
            {"matrix": "random-int6/3x3/1", "fmt": "int5", "target": "ultrascale_plus"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_synthesised_matrix_product_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=300, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
