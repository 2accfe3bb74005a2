"""The regression of ``mx-dot``: both tiers, over the grid of configurations."""

import pytest
from mx_dot_grid import GRID, label

from hwgen import catalogue
from hwgen.flow.verify import verify

CORE = catalogue.get("mx-dot")


@pytest.mark.parametrize("options", GRID, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=500, seed=7)
    assert result.matched >= 500
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.parametrize(
    "options",
    [
        {"fmt": "mxfp4", "k": 4, "out": "fp16"},
        pytest.param({"fmt": "nvfp4", "k": 4, "max_blocks": 2, "freq": 80}, marks=pytest.mark.slow),
        pytest.param({"fmt": "mxint8", "k": 4, "freq": 80}, marks=pytest.mark.slow),
        pytest.param({"fmt": "mxfp6-e2m3", "k": 8, "freq": 150}, marks=pytest.mark.slow),
        pytest.param(
            {"fmt": "mxfp8-e5m2", "k": 4, "max_blocks": 4, "freq": 100}, marks=pytest.mark.slow
        ),
        pytest.param({"fmt": "mxfp4", "k": 8, "target": "ice40"}, marks=pytest.mark.slow),
        pytest.param(
            {"fmt": "mxint8", "k": 4, "target": "ice40", "dsp": 2}, marks=pytest.mark.slow
        ),
        pytest.param(
            {"fmt": "mxint8", "k": 4, "target": "xilinx7", "freq": 150, "out": "exact"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"fmt": "mxfp8-e4m3", "k": 8, "target": "ultrascale_plus", "dsp": 4, "freq": 200},
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_synthesised_netlist_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=300, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
