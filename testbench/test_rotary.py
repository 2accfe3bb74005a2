"""The regression of ``rotary``: sizes, fabrics, every angle, planted faults."""

import json

import numpy as np
import pytest
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("rotary")

_DEFAULT = [
    {"width": 12, "context": 200, "freq": 80},
]
_THOROUGH = [
    {},
    {"freq": 100},
    {"width": 8, "context": 20, "base": 100.0, "freq": 60, "target": "ultrascale_plus"},
    {"width": 4, "context": 4, "target": "generic"},
    {"width": 64, "context": 256, "target": "ice40", "freq": 15},
    {"width": 128, "context": 4096, "base": 500000.0, "freq": 60},
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
    config = CORE.configure({"width": 8, "context": 64, "freq": 60})
    result = verify(
        CORE, config, folder=tmp_path, vectors=2000, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.slow
def test_every_angle_is_that_of_the_golden_model(tmp_path):
    config = CORE.configure({"width": 16, "context": 1024, "freq": 60})
    emitted = emit(CORE, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, tmp_path, optimize=0)
    pair, position = (each.ravel() for each in np.meshgrid(np.arange(8), np.arange(1024)))
    one = np.full(len(pair), 1 << 30)
    inputs = {"a": one, "b": 0 * one, "pair": pair, "position": position}
    inputs = {"i": {name: each.astype(np.uint64) for name, each in inputs.items()}}
    words = model.run({"i": payload.pack(model.inputs[0], inputs["i"])}).outputs["o"]
    found = payload.unpack(model.outputs[0], words)
    for name, wanted in CORE.golden(config, inputs)["o"].items():
        assert (found[name] == wanted).all()


FAULTS = [
    NamedFault("cosine of a turn wrong by one unit", "turn_first", "inv", 44),
    NamedFault("sine of a turn wrong by one unit", "turn_second", "inv", 44),
    NamedFault("sign of a cosine lost", "turn_first", "const0", 61),
    NamedFault("products of a pair wrong", r"pair_first_\d+_0", "inv", 16),
    NamedFault("limit not noticed", "pair_first_rounded", "const0", 32),
    NamedFault("result wrong by one unit", "pair_second_rounded", "inv", 0),
    NamedFault("result declared valid for no reason", "o__valid", "const1"),
]


@pytest.mark.slow
def test_every_named_fault_is_seen(tmp_path):
    options = {"width": 4, "context": 16, "target": "generic"}
    assert named_faults_unseen("rotary", options, FAULTS, tmp_path, 1000) == []
