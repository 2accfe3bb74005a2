"""The regression of ``float-accumulate``, and whether it would notice faults."""

import json

import numpy as np
import pytest
from float_reduce_grid import ACCUMULATE, label
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("float-accumulate")

FAULTS = [
    NamedFault("carry between segments lost", "segment_1_sum", "const0", 0),
    NamedFault("accumulator not cleared", r"first_at\w*", "const0"),
    NamedFault("placed in the wrong limb", "limb_is_3", "inv"),
    NamedFault("shifted wrongly within a limb", "placed_4", "inv", 8),
    NamedFault("leading chunk not found", "chunk_2_differs", "const0"),
    NamedFault("negation carry lost", "negation_carry", "const0"),
    NamedFault("sticky bit of the rest lost", r"below_window_at\w+", "const0"),
    NamedFault("NaN forgotten", "sum_nan_so_far", "const0"),
    NamedFault("infinity forgotten", "sum_positive_so_far", "const0"),
    NamedFault("sign of zero wrong", "sum_all_minus_so_far", "inv"),
]


@pytest.mark.parametrize("options", ACCUMULATE, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=1500, seed=7)
    assert result.matched >= 1500
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.slow
def test_synthesised_netlist_equals_the_golden_model(tmp_path):
    config = CORE.configure({"fmt": "bf16", "out": "bf16", "freq": 150, "max_terms": 64})
    result = verify(
        CORE, config, folder=tmp_path, vectors=500, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def test_every_named_fault_is_seen(tmp_path):
    options = {"fmt": "bf16", "out": "fp16", "rounding": "up", "freq": 150, "flags": True}
    assert named_faults_unseen("float-accumulate", options, FAULTS, tmp_path, 6000) == []


@pytest.mark.slow
def test_a_long_sum_that_starts_after_reset_needs_no_first(tmp_path):
    config = CORE.configure({"fmt": "fp16", "freq": 150, "max_terms": 1 << 16})
    emitted = emit(CORE, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, tmp_path)
    count = 1 << 16
    codes = np.random.default_rng(1).integers(0, 0x7C00, count, dtype=np.uint64)
    codes |= np.arange(count, dtype=np.uint64) % np.uint64(2) << np.uint64(15)
    last = np.zeros(count, np.uint64)
    last[::4096] = last[-1] = 1
    values = {"i": {"value": codes, "first": np.zeros(count, np.uint64), "last": last}}
    expected = CORE.golden(config, values)["o"]["result"]
    for seed in range(2):
        result = model(values, stalls=0.2, seed=seed)["o"]["result"]
        np.testing.assert_array_equal(result, expected)
