"""The regression of ``float-compare``, and whether it would notice faults."""

import pytest
from float_reduce_grid import COMPARE, label
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.flow.verify import verify
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("float-compare")

FAULTS = [
    NamedFault("order of magnitudes wrong", "key_below", "inv"),
    NamedFault("equal magnitudes missed", r"differs\w*", "const1"),
    NamedFault("zeros of both signs differ", r"a_some\w*", "inv"),
    NamedFault("NaN missed", "b_nan", "const0"),
    NamedFault("quiet NaN taken for signaling", "a_signaling", "const1"),
    NamedFault("number beside a NaN dropped", "first_is_number", "const0"),
    NamedFault("carry chain broken", r"U_\d+_propagate", "inv"),
]


@pytest.mark.parametrize("options", COMPARE, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=20_000, seed=7)
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert result.exhaustive == (config.fmt.width <= 10)


def test_synthesised_netlist_equals_the_golden_model(tmp_path):
    config = CORE.configure({"fmt": "e4m3", "select": "minimum", "freq": 200})
    result = verify(CORE, config, folder=tmp_path, seed=3, tier="compiled", post_synth=True)
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
    assert result.vectors == 1 << 16


def test_every_named_fault_is_seen(tmp_path):
    options = {"fmt": "fp16", "select": "maximum-number", "flags": True, "freq": 150}
    assert named_faults_unseen("float-compare", options, FAULTS, tmp_path, 5000) == []
