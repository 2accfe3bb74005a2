"""The regression of ``mx-matmul``: both tiers, over the grid of configurations."""

import json

import numpy as np
import pytest
from mx_matmul_grid import GRID, label

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("mx-matmul")

STATIONARY = "weight-stationary"

PRODUCTS = [
    {"fmt": "mxfp4", "k": 8, "rows": 4, "columns": 2, "max_blocks": 4, "freq": 100},
    {"fmt": "mxfp4", "k": 4, "columns": 2, "dataflow": STATIONARY, "freq": 100},
]


@pytest.mark.parametrize("options", GRID, ids=label)
def test_array_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=300, seed=7)
    assert result.matched >= 300
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "mx_matmul") == []


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            {"fmt": "mxfp4", "k": 4, "rows": 2, "columns": 2, "out": "fp16", "max_blocks": 2},
            marks=pytest.mark.slow,
        ),
        {"fmt": "nvfp4", "k": 2, "rows": 1, "columns": 2, "max_blocks": 1, "out": "exact"},
        pytest.param(
            {"fmt": "nvfp4", "k": 4, "rows": 2, "columns": 2, "freq": 80, "dsp": "none"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"fmt": "nvfp4", "k": 2, "columns": 2, "dataflow": STATIONARY, "freq": 80},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {
                "fmt": "mxfp4",
                "k": 2,
                "columns": 2,
                "dataflow": STATIONARY,
                "max_blocks": 3,
                "freq": 100,
            },
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"fmt": "mxint8", "k": 2, "columns": 2, "dataflow": STATIONARY, "freq": 80},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"fmt": "mxfp8-e5m2", "k": 4, "rows": 2, "columns": 2, "freq": 80},
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_synthesised_array_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=200, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def timed_run(config, inputs, folder):
    """Run tokens at full speed; return (cycle of each token's acceptance, of each result)."""
    emitted = emit(CORE, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=0)
    (stream,) = model.inputs
    run = model.run({"i": payload.pack(stream, inputs["i"])}, timed=True)
    return run.accepted["i"].astype(int), run.emerged["o"].astype(int)


@pytest.mark.parametrize("options", PRODUCTS, ids=label)
def test_a_token_is_taken_every_clock_cycle(options, tmp_path):
    config = CORE.configure(options)
    accepted, _ = timed_run(config, CORE.vectors(config, 600, 1), tmp_path)
    assert set(np.diff(accepted)) == {1}


def test_a_long_product_keeps_the_elements_busy(tmp_path):
    config = CORE.configure({"fmt": "mxfp4", "k": 16, "rows": 4, "columns": 4, "max_blocks": 256})
    tokens = 256 * config.k
    random = np.random.default_rng(0)
    fields = {"a": random.integers(0, 16, (tokens, 4)), "b": random.integers(0, 16, (tokens, 4))}
    fields |= {name: np.full((tokens, 4), 127) for name in ("scale_a", "scale_b")}
    block = np.arange(tokens) // config.k
    fields |= {"first": block == 0, "last": block == 255}
    inputs = {"i": {name: np.asarray(each, np.uint64) for name, each in fields.items()}}
    accepted, emerged = timed_run(config, inputs, tmp_path)
    assert len(emerged) * config.lanes == 16
    cycles = emerged[-1] - accepted[0] + 1
    useful = tokens * config.rows * config.columns
    assert useful / (config.rows * config.columns * cycles) > 0.99


@pytest.mark.parametrize("max_blocks", [1, 5])
def test_loading_weights_costs_no_time_where_a_set_serves_enough_rows(max_blocks, tmp_path):
    config = CORE.configure({**PRODUCTS[1], "max_blocks": max_blocks})
    sets, served = 50, config.rows
    tokens = (sets + 1) * served
    random = np.random.default_rng(0)
    fields = {
        "a": random.integers(0, 16, (tokens, config.rows)),
        "b": random.integers(0, 16, (tokens, config.columns)),
        "scale_a": np.full(tokens, 127),
        "scale_b": np.full((tokens, config.columns), 127),
        "compute": np.arange(tokens) >= served,
        "load": np.arange(tokens) < sets * served,
    }
    if max_blocks > 1:
        block = (np.arange(tokens) // served - 1) % max_blocks
        fields |= {"first": block == 0, "last": block == max_blocks - 1}
    inputs = {"i": {name: np.asarray(each, np.uint64) for name, each in fields.items()}}
    accepted, emerged = timed_run(config, inputs, tmp_path)
    assert len(emerged) == sets * served // max_blocks
    assert set(np.diff(accepted)) == {1}
    cycles = emerged[-1] - accepted[0] + 1
    assert sets * served / cycles > 0.85
