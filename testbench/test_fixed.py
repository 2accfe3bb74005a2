"""The regression of the fixed-point cores: both tiers, over the grid of configurations."""

import pytest
from fixed_grid import CASES, NETLISTS

from hwgen import catalogue
from hwgen.flow.verify import verify


@pytest.mark.parametrize("case", CASES)
def test_fixed_core_equals_its_golden_model(case, tmp_path):
    name, options = case
    core = catalogue.get(name)
    result = verify(core, core.configure(options), folder=tmp_path, vectors=500, seed=7)
    assert result.matched >= 500 or result.exhaustive
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.parametrize("case", NETLISTS)
def test_synthesised_fixed_core_equals_its_golden_model(case, tmp_path):
    name, options = case
    core = catalogue.get(name)
    result = verify(
        core,
        core.configure(options),
        folder=tmp_path,
        vectors=300,
        seed=3,
        tier="compiled",
        post_synth=True,
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
