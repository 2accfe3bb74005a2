"""The regression of ``float-dot``, and whether it would notice faults."""

import pytest
from float_reduce_grid import DOT, label
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.flow.verify import verify
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("float-dot")

LANE_FAULTS = [
    NamedFault("sign of a product wrong", "lane1_sign", "inv"),
    NamedFault("infinity times zero missed", "lane0_infinity_times_zero", "const0"),
    NamedFault("infinity missed", "inf_any", "const0"),
    NamedFault("NaN missed", "nan_any", "const0"),
    NamedFault("sign of a zero sum wrong", "all_minus", "inv"),
    NamedFault("bit of a sum of lanes stuck", r"lanes_0\w*", "const0"),
    NamedFault("opposite infinities are no NaN", "sum_is_nan", "const0"),
]
LIMB_FAULTS = [
    NamedFault("carry between limbs lost", r"limb_2_resolved\w*", "const0"),
    NamedFault("placed in the wrong limb", r"limb_is_3\w*", "inv"),
    NamedFault("leading chunk not found", "chunk_16_differs", "const0"),
    NamedFault("sticky bit of the rest lost", "sticky", "const0"),
    NamedFault("first beat does not clear", r"first_beat\w*", "const0"),
]


@pytest.mark.parametrize("options", DOT, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=1500, seed=7)
    assert result.matched >= 1500
    assert result.initiation_interval == config.beats


def test_every_pair_of_small_floats_is_multiplied_exactly(tmp_path):
    config = CORE.configure({"fmt": "e4m3", "k": 1, "out": "fp16", "flags": True})
    result = verify(CORE, config, folder=tmp_path, tier="compiled")
    assert (result.exhaustive, result.vectors) == (True, 1 << 16)


@pytest.mark.slow
def test_synthesised_netlist_equals_the_golden_model(tmp_path):
    config = CORE.configure({"fmt": "e4m3", "k": 2, "out": "e5m2", "freq": 120})
    result = verify(
        CORE, config, folder=tmp_path, vectors=500, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({"fmt": "e5m2", "k": 2, "flags": True, "out": "fp16"}, LANE_FAULTS),
        pytest.param(
            {"fmt": "bf16", "k": 4, "lanes": 2, "out": "fp16", "freq": 120},
            LIMB_FAULTS,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["one lane", "limbs"],
)
def test_every_named_fault_is_seen(options, faults, tmp_path):
    assert named_faults_unseen("float-dot", options, faults, tmp_path, 6000) == []
