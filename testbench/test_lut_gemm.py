"""The regression of ``lut-gemm``: both tiers, its pace, and weights as they lie in memory."""

import json
from itertools import product

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.formats.binary_coding import binary_planes, pack_planes, uniform_coefficients
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("lut-gemm")

_SMALL = {"columns": 16, "lanes": 8, "rows": 3, "bits": 2}
_DEFAULT = [
    {"columns": 64, "freq": 120},
    {"table_inputs": 8, "columns": 64, "lanes": 32, "rows": 64, "freq": 100},
]
_EIGHT = {"table_inputs": 8, "columns": 48, "lanes": 24}


def _thorough():
    yield {**_SMALL, "columns": 8, "bits": 1, "fmt": "uint4", "freq": 150}
    yield {**_SMALL, "rows": 5, "bits": 3, "bias_width": 0, "dsp": "none"}
    yield {
        **_SMALL,
        "columns": 48,
        "lanes": 16,
        "fmt": "q1.6",
        "target": "ultrascale_plus",
        "freq": 200,
    }
    targets = ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus")
    for target, freq in product(targets, (None, 40)):
        yield {"columns": 48, "lanes": 24, "rows": 7, "target": target, "freq": freq}
    yield {}
    yield {"lanes": 64, "bits": 4, "freq": 100}
    yield {"lanes": 64, "freq": 200, "bias_width": 0}
    yield {**_SMALL, "rows": 33, "fmt": "int2", "bias_width": 18, "alpha_width": 17, "freq": 100}
    yield {**_SMALL, "bits": 4, "fmt": "int16", "bias_width": 2, "alpha_width": 1, "freq": 100}
    yield {**_SMALL, "bits": 4, "fmt": "uint1", "alpha_width": 3, "dsp": 1}
    yield {"columns": 4096, "lanes": 256, "rows": 4, "bits": 1, "freq": 80}
    yield {**_SMALL, "rows": 256, "freq": 60}
    for target, freq in product(targets, (None, 40)):
        yield {**_EIGHT, "rows": 5, "target": target, "freq": freq}
    # one, two and four builders; one for each of three tables
    yield {**_EIGHT, "rows": 256, "bits": 2, "freq": 100}
    yield {**_EIGHT, "rows": 150, "bits": 2, "freq": 100, "fmt": "int16"}
    yield {"table_inputs": 8, "columns": 64, "lanes": 64, "rows": 150, "bits": 4, "freq": 100}
    yield {**_EIGHT, "rows": 3, "bits": 1, "fmt": "uint4", "dsp": "none", "freq": 80}
    yield {"table_inputs": 8, "columns": 8, "lanes": 8, "rows": 3, "fmt": "uint1"}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_product_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=400, seed=7)
    assert result.matched >= 400
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "lut_gemm") == []


@pytest.mark.parametrize(
    "options",
    [
        {**_SMALL, "freq": 100},
        pytest.param({**_SMALL, "columns": 32, "dsp": "none"}, marks=pytest.mark.slow),
        pytest.param({**_SMALL, "target": "ultrascale_plus"}, marks=pytest.mark.slow),
        pytest.param({**_SMALL, "target": "ice40", "freq": 40}, marks=pytest.mark.slow),
        pytest.param(
            {"table_inputs": 8, "columns": 32, "lanes": 16, "rows": 3, "bits": 1, "freq": 100},
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_synthesised_product_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=200, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def run(config, fields, folder):
    """Run tokens at full speed; return (results as integers, cycle of each token's acceptance)."""
    emitted = emit(CORE, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=0)
    (stream,), (out,) = model.inputs, model.outputs
    done = model.run({"i": payload.pack(stream, fields)}, timed=True)
    codes = payload.unpack(out, done.outputs["o"])["y"].astype(object)
    top = 1 << config.result_shape.width - 1
    return (codes ^ top) - top, done.accepted["i"].astype(int)


def overlapped(config, x, words, alpha, bias):
    """Return tokens in which every tile but the first comes in during the uses of the last."""
    lanes, uses = config.lanes, config.bits * config.rows
    total = lanes + len(words)
    fields = {name: np.zeros(total, np.uint64) for name in ("x", "alpha", "bias", "load")}
    fields["weights"] = np.zeros((total, lanes), np.uint64)
    fields["compute"] = (np.arange(total) >= lanes).astype(np.uint64)
    places = np.arange(lanes)
    for tile, elements in enumerate(x.reshape(-1, lanes)):
        where = places + (lanes + (tile - 1) * uses if tile else 0)
        fields["x"][where], fields["load"][where] = elements % 256, 1
    bits = words[:, None] >> np.arange(lanes, dtype=words.dtype) & np.uint32(1)
    fields["weights"][lanes:], fields["alpha"][lanes:] = bits, alpha
    fields["bias"][lanes:] = bias % (1 << config.bias_width)
    return fields


@pytest.mark.parametrize(("table_inputs", "rows"), [(4, 16), (8, 80)])
def test_words_in_the_order_of_memory_give_the_product_of_uniform_integers(
    table_inputs, rows, tmp_path
):
    options = {"columns": 128, "rows": rows, "bits": 4, "freq": 100, "table_inputs": table_inputs}
    config = CORE.configure(options)
    random = np.random.default_rng(5)
    codes = random.integers(0, 16, (rows, 128))
    x, group = random.integers(-128, 128, 128), 64
    zeros = random.integers(0, 16, (128 // group, rows))
    words = pack_planes(binary_planes(codes, 4))
    alpha, bias = (np.repeat(each, group // 32, axis=0) for each in uniform_coefficients(zeros, 4))
    bias = np.broadcast_to(bias[:, None], alpha.shape)
    fields = overlapped(config, x, words.ravel(), alpha.ravel(), bias.ravel())
    results, accepted = run(config, fields, tmp_path)
    weights = codes - np.repeat(zeros.T, group, axis=1)
    assert (results == 2 * (weights @ x)).all()
    # nothing waits once the first tables are filled
    assert set(np.diff(accepted[32:])) == {1}


def test_tables_in_block_ram_are_filled_in_the_time_that_is_stated(tmp_path):
    config = CORE.configure({**_EIGHT, "columns": 24, "rows": 3, "bits": 1, "freq": 100})
    assert config.builders == 4
    count = 24 + config.rows
    fields = {
        "x": np.arange(count, dtype=np.uint64),
        "weights": np.ones((count, 24), np.uint64),
        "alpha": np.ones(count, np.uint64),
        "bias": np.zeros(count, np.uint64),
        "load": np.arange(count) < 24,
        "compute": np.arange(count) >= 24,
    }
    results, accepted = run(config, fields, tmp_path)
    assert results.tolist() == [sum(range(24))] * 3
    gaps = np.diff(accepted)
    assert np.flatnonzero(gaps > 1).tolist() == [23]
    assert 135 < gaps[23] <= config.longest_pause == 143


def test_no_token_is_taken_until_the_only_tables_are_filled(tmp_path):
    config = CORE.configure({**_SMALL, "columns": 8, "freq": 100})
    uses = config.bits * config.rows
    fields = {
        "x": np.arange(8 + uses, dtype=np.uint64),
        "weights": np.ones((8 + uses, 8), np.uint64),
        "alpha": np.ones(8 + uses, np.uint64),
        "bias": np.zeros(8 + uses, np.uint64),
        "load": np.arange(8 + uses) < 8,
        "compute": np.arange(8 + uses) >= 8,
    }
    results, accepted = run(config, fields, tmp_path)
    assert results.tolist() == [config.bits * sum(range(8))] * config.rows
    gaps = np.diff(accepted)
    assert np.flatnonzero(gaps > 1).tolist() == [7]
    assert 8 < gaps[7] < 16
