"""The regression of ``bitmod-array``: both tiers, both architectures, arrays of all shapes."""

import json

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("bitmod-array")

_DEFAULT = [
    {"rows": 2, "columns": 2, "group": 16, "groups": 2, "tiles": 3, "freq": 120},
    {"rows": 1, "columns": 3, "group": 16, "tiles": 1, "weights": "bitmod-fp3", "dsp": "none"},
]


def _thorough():
    yield {"rows": 3, "columns": 1, "group": 8, "groups": 3, "tiles": 2, "architecture": "multiply"}
    small = {"rows": 2, "columns": 2, "group": 16, "groups": 2, "tiles": 2}
    for weights in ("bitmod-fp3", "flint4", "nf4", "int4", "int8", "olive4", "bipolar2", "e2m1"):
        for architecture in ("serial", "multiply"):
            yield {**small, "weights": weights, "architecture": architecture, "freq": 120}
    for target in ("ice40", "generic", "xilinx7", "ultrascale_plus"):
        yield {**small, "target": target, "freq": 30}
    for scale_width in (0, 1, 16):
        yield {**small, "scale_width": scale_width}
        yield {**small, "scale_width": scale_width, "groups": 1, "architecture": "multiply"}
    yield {**small, "fmt": "uint8"}
    yield {**small, "fmt": "int16", "freq": 100}
    yield {"rows": 1, "columns": 1, "group": 8, "tiles": 1, "freq": 150}
    yield {"rows": 4, "columns": 8, "group": 128, "groups": 2, "tiles": 2, "freq": 100}
    yield {"rows": 16, "columns": 1, "group": 8, "groups": 128, "tiles": 1, "freq": 100}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items())


@pytest.mark.parametrize("options", GRID, ids=label)
def test_sums_equal_their_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=400, seed=5)
    assert result.matched >= 4
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "bitmod_array") == []


@pytest.mark.parametrize(
    "options", [pytest.param(each, marks=pytest.mark.slow) for each in _DEFAULT], ids=label
)
def test_synthesised_core_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=300, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.parametrize("architecture", ["serial", "multiply"])
def test_every_unit_works_in_every_cycle_once_the_first_vectors_are_in(architecture, tmp_path):
    options = {"rows": 2, "columns": 2, "group": 32, "groups": 2, "tiles": 4, "freq": 120}
    config = CORE.configure({**options, "architecture": architecture})
    inputs = CORE.vectors(config, 10, 1)
    sets, beats = 3, config.beats
    count = beats * (1 + sets * config.tiles)
    tokens = {name: np.resize(each, (count, *each.shape[1:])) for name, each in inputs["i"].items()}
    number = np.arange(count)
    # the next vectors come in with the first weights of these
    tokens["load"] = ((number // beats) % config.tiles == 0).astype(np.uint64)
    tokens["compute"] = (number >= beats).astype(np.uint64)
    emitted = emit(CORE, config, tmp_path)
    model = CompiledModel(
        emitted.verilog, json.loads(emitted.interface.read_text()), tmp_path, optimize=0
    )
    run = model.run({"i": payload.pack(model.inputs[0], tokens)}, timed=True)
    expected = payload.pack(model.outputs[0], CORE.golden(config, {"i": tokens})["o"])
    assert len(expected) == sets * config.tiles
    assert np.array_equal(run.outputs["o"], expected)
    assert set(np.diff(run.emerged["o"].astype(int))) == {beats * config.unit.steps}
