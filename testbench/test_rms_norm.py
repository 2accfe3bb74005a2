"""The regression of ``rms-norm``: both norms, lengths of all kinds, fabrics, planted faults."""

import pytest
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.flow.verify import verify
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("rms-norm")

_DEFAULT = [
    {"longest": 24, "mean": True, "bias": True, "freq": 80},
]
_THOROUGH = [
    {},
    {"longest": 6, "freq": 60},
    {"longest": 33, "gain_fraction": 0, "epsilon": 0, "freq": 60, "target": "ultrascale_plus"},
    {"longest": 2, "mean": True, "gain_fraction": 17, "epsilon": 1, "target": "generic"},
    {"longest": 128, "freq": 100},
    {"longest": 768, "mean": True, "bias": True, "freq": 60},
    {"longest": 16, "target": "ice40", "freq": 15},
    {"longest": 8192, "bias": True, "freq": 60},
]
# simulated by cocotb as well where there is time
GRID = [
    *((each, "compiled") for each in _DEFAULT),
    *(pytest.param(each, "both", marks=pytest.mark.slow) for each in [*_DEFAULT, *_THOROUGH]),
]


def label(case):
    if isinstance(case, str):
        return case
    return "-".join(f"{key}={value}" for key, value in case.items()) or "plain"


@pytest.mark.parametrize(("options", "tier"), GRID, ids=label)
def test_core_equals_its_golden_model(options, tier, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=600, seed=7, tier=tier)
    assert result.matched >= 600
    assert result.initiation_interval == 1
    tiers = {"compiled", "cocotb"} if tier == "both" else {tier}
    assert {each.tier for each in result.findings} == tiers


@pytest.mark.slow
def test_synthesised_core_equals_its_golden_model(tmp_path):
    config = CORE.configure({"longest": 10, "mean": True, "freq": 60})
    result = verify(
        CORE, config, folder=tmp_path, vectors=2000, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


FAULTS = [
    NamedFault("number of values wrong", "count", "inv", 0),
    NamedFault("sum of squares loses its lowest bit", "squares", "const0", 0),
    NamedFault("square of the sum wrong", "square_of_total", "inv", 40),
    NamedFault("last pair of places forgotten", "root_has_2_zeros", "const0"),
    NamedFault("thirty-two places forgotten", "root_has_32_zeros", "const0"),
    NamedFault("residue wrong", "root_residue", "inv", 1),
    NamedFault("distance to the mean wrong by one unit", r"distance_\d+_0", "inv", 0),
    NamedFault("values read from a wrong place", "next_read", "inv", 1),
    NamedFault("a vector more than there is room for", "paused", "const0"),
    NamedFault("last result not marked", "plays_last", "const0"),
    NamedFault("result wrong by one unit", r"moved_\d+_0", "inv", 0),
]


@pytest.mark.slow
def test_every_named_fault_is_seen(tmp_path):
    options = {"longest": 40, "mean": True, "target": "generic"}
    assert named_faults_unseen("rms-norm", options, FAULTS, tmp_path, 1500) == []
