"""The regression of ``ternary-matvec``: both tiers, over the packings."""

import json
from itertools import product

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("ternary-matvec")

_DEFAULT = [
    {"columns": 128, "rows": 3, "lanes": 32},
    {"packing": "tl2", "columns": 48, "rows": 2, "freq": 100},
]


def _thorough():
    yield {"packing": "tq1_0", "columns": 256, "rows": 2, "lanes": 45, "freq": 120}
    targets = ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus")
    shapes = {
        "two-bit": {"columns": 128, "lanes": 16},
        "tl2": {"columns": 48},
        "tq1_0": {"columns": 256, "lanes": 90},
    }
    for packing, target, freq in product(shapes, targets, (None, 30)):
        yield {"packing": packing, "rows": 2, "target": target, "freq": freq, **shapes[packing]}
    yield {}
    yield {"columns": 128, "rows": 1, "lanes": 4, "freq": 120}
    yield {"columns": 128, "rows": 2, "lanes": 8, "freq": 200}
    yield {"columns": 256, "rows": 5, "lanes": 128, "freq": 100}
    yield {"packing": "tq1_0", "columns": 256, "rows": 1, "lanes": 5, "freq": 110}
    yield {"packing": "tq1_0", "columns": 512, "rows": 2, "lanes": 20, "freq": 100}
    yield {"packing": "tq1_0", "columns": 512, "rows": 2, "lanes": 270, "freq": 100}
    yield {"packing": "tl2", "columns": 768, "rows": 2, "lanes": 48, "freq": 100}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_sums_equal_their_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=150, seed=7)
    assert result.matched >= 150
    assert result.initiation_interval == config.beats
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "ternary_matvec") == []


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"columns": 128, "rows": 2, "lanes": 16, "freq": 100}, marks=pytest.mark.slow),
        # vectors in block RAM
        pytest.param(
            {"packing": "tq1_0", "columns": 256, "rows": 2, "lanes": 10, "freq": 100},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"packing": "tq1_0", "columns": 256, "rows": 2, "lanes": 30, "freq": 100},
            marks=pytest.mark.slow,
        ),
        {"packing": "tl2", "columns": 48, "rows": 2, "freq": 100},
    ],
    ids=label,
)
def test_synthesised_core_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=100, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def test_weights_are_taken_every_clock_cycle_while_the_next_vector_comes_in(tmp_path):
    config = CORE.configure({"columns": 128, "rows": 2, "lanes": 32, "freq": 100})
    beats, vectors = config.beats, 20
    period = beats * config.rows
    tokens = beats + vectors * period
    place = np.arange(tokens) - beats
    random = np.random.default_rng(0)
    fields = {
        "activations": random.integers(0, 256, (tokens, config.lanes)),
        "weights": random.integers(0, 256, (tokens, config.word_bytes)),
        "load": (place < 0) | (place % period < beats) & (place < (vectors - 1) * period),
        "compute": place >= 0,
    }
    inputs = {"i": {name: np.asarray(each, np.uint64) for name, each in fields.items()}}
    emitted = emit(CORE, config, tmp_path)
    model = CompiledModel(
        emitted.verilog, json.loads(emitted.interface.read_text()), tmp_path, optimize=0
    )
    run = model.run({"i": payload.pack(model.inputs[0], inputs["i"])}, timed=True)
    expected = payload.pack(model.outputs[0], CORE.golden(config, inputs)["o"])
    assert np.array_equal(run.outputs["o"], expected)
    assert len(expected) == vectors * config.rows
    assert set(np.diff(run.accepted["i"].astype(int))) == {1}
    assert set(np.diff(run.emerged["o"].astype(int))) == {beats}
