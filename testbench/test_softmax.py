"""The regression of ``softmax``: lengths of all kinds, fabrics, full speed, planted faults."""

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

CORE = catalogue.get("softmax")

_DEFAULT = [
    {"longest": 40, "freq": 80},
]
_THOROUGH = [
    {"longest": 5, "fraction": 8, "freq": 60, "target": "ultrascale_plus"},
    {"longest": 2, "fraction": 1, "target": "generic"},
    {},
    {"longest": 128, "freq": 100},
    {"longest": 1000, "fraction": 12, "freq": 60},
    {"longest": 16, "target": "ice40", "freq": 20},
    {"longest": 64, "target": "xilinx7", "freq": 120},
    {"longest": 8192, "freq": 80},
]
GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _THOROUGH)]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=400, seed=7)
    assert result.matched >= 400
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.slow
def test_synthesised_core_equals_its_golden_model(tmp_path):
    config = CORE.configure({"longest": 40, "freq": 60})
    result = verify(
        CORE, config, folder=tmp_path, vectors=2000, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def run_of(options, scores, last, folder, **run):
    """Return (config, fields of the results, run) of the emitted core."""
    config = CORE.configure(options)
    emitted = emit(CORE, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=0)
    inputs = {"score": (scores & 0xFFFFFFFF).astype(np.uint64), "last": last.astype(np.uint64)}
    found = model.run({"i": payload.pack(model.inputs[0], inputs)}, **run)
    return config, payload.unpack(model.outputs[0], found.outputs["o"]), found


@pytest.mark.slow
def test_every_distance_of_two_scores_is_that_of_the_golden_model(tmp_path):
    distances = np.arange(1 << 20)
    scores = np.stack([-distances, np.zeros_like(distances)], axis=1).ravel()
    last = np.arange(len(scores)) % 2
    config, found, _ = run_of({"longest": 2, "freq": 60}, scores, last, tmp_path)
    inputs = {"i": {"score": (scores & 0xFFFFFFFF).astype(np.uint64), "last": last}}
    for name, wanted in CORE.golden(config, inputs)["o"].items():
        assert (found[name] == wanted).all()


@pytest.mark.slow
@pytest.mark.parametrize("length", [24, 3])
def test_a_value_comes_in_and_goes_out_every_clock_cycle(length, tmp_path):
    scores = np.random.default_rng(1).integers(-(1 << 20), 1 << 20, 240)
    last = (np.arange(len(scores)) % length == length - 1).astype(int)
    options = {"longest": 24, "freq": 60}
    _, found, run = run_of(options, scores, last, tmp_path, timed=True)
    assert found["last"].tolist() == last.tolist()
    assert set(np.diff(run.accepted["i"].astype(int))) == {1}
    assert set(np.diff(run.emerged["o"].astype(int))) == {1}


FAULTS = [
    NamedFault("powers of one vector are added to the next", "plays_first", "const0"),
    NamedFault("mark of the last score lost", "ends", "const0"),
    NamedFault("vector without a mark goes on", "number", "const0", 2),
    NamedFault("greatest score wrong by one unit", "largest", "inv", 0),
    NamedFault("sum loses its lowest bit", "total", "const0", 0),
    NamedFault("places of the sum miscounted", "amount", "inv", 0),
    NamedFault("values read from a wrong place", "next_read", "inv", 2),
    NamedFault("what a vector shares is kept in one place", r"port__addr(_\d+)?", "const0", 1),
    NamedFault("a vector more than there is room for", "paused", "const0"),
    NamedFault("last probability not marked", "plays_last", "const0"),
    NamedFault("probability wrong by one unit", r"moved_\d+_0", "inv", 0),
    NamedFault("result declared valid for no reason", "o__valid", "const1"),
]


@pytest.mark.slow
def test_every_named_fault_is_seen(tmp_path):
    options = {"longest": 40, "target": "generic"}
    assert named_faults_unseen("softmax", options, FAULTS, tmp_path, 1000) == []
