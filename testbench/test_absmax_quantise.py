"""The regression of ``absmax-quantise``: all pairs of small values, both tiers, the netlist."""

import json
from fractions import Fraction

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("absmax-quantise")

_DEFAULT = [
    {"columns": 32, "lanes": 4, "fmt": "int16", "freq": 120},
    {"columns": 12, "lanes": 4, "fmt": "bf16", "freq": 80},
]
_THOROUGH = [
    {"columns": 3, "lanes": 3, "fmt": "uint8", "target": "ultrascale_plus", "freq": 200},
    {"columns": 80, "lanes": 2, "fmt": "int12", "freq": 100},
    {},
    {"columns": 512, "lanes": 4, "fmt": "int24", "freq": 100},
    {"columns": 512, "lanes": 4, "fmt": "bf16", "freq": 100},
    {"columns": 64, "lanes": 2, "fmt": "fp16", "freq": 100, "target": "xilinx7"},
    {"columns": 9, "lanes": 1, "fmt": "fp16"},
    {"columns": 66, "lanes": 2, "fmt": "q4.8", "least": 0.3, "target": "generic", "freq": 50},
    {"columns": 16, "lanes": 2, "fmt": "int8", "target": "ice40", "freq": 30},
    {"columns": 16, "lanes": 16, "fmt": "int16", "freq": 150},
    {"columns": 64, "lanes": 1, "fmt": "int2"},
    {"columns": 8, "lanes": 4, "fmt": "e5m2", "least": 0.01, "freq": 100},
    {"columns": 8, "lanes": 4, "fmt": "e2m5", "freq": 100},
]
GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _THOROUGH)]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_codes_equal_their_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=300, seed=7)
    assert result.matched >= 300
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "absmax_quantise") == []


@pytest.mark.parametrize(
    "options",
    [
        {"columns": 80, "lanes": 2, "fmt": "int8", "freq": 100},
        pytest.param(
            {"columns": 16, "lanes": 4, "fmt": "bf16", "freq": 80}, marks=pytest.mark.slow
        ),
    ],
    ids=["beats in block RAM", "floats"],
)
def test_synthesised_core_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=300, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def codes_of(options, values, folder, **run):
    """Return (codes as integers, divisors, accepted and emerged clocks) of the emitted core."""
    config = CORE.configure(options)
    emitted = emit(CORE, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=0)
    tokens = payload.pack(model.inputs[0], {"values": np.asarray(values, np.uint64)})
    found = model.run({"i": tokens}, **run)
    answer = payload.unpack(model.outputs[0], found.outputs["o"])
    return answer["codes"].astype(np.uint8).view(np.int8), answer["absmax"], found


def every_pair(fmt):
    codes = np.arange(1 << fmt.width)
    return np.stack([each.ravel() for each in np.meshgrid(codes, codes)], axis=1)


@pytest.mark.parametrize("name", ["int8", "uint8"])
def test_every_quotient_of_two_bytes_is_the_nearest_integer(name, tmp_path):
    config = CORE.configure({"columns": 2, "lanes": 2, "fmt": name, "freq": 100})
    pairs = every_pair(config.fmt)
    found, divisors, _ = codes_of(config.as_dict(), pairs, tmp_path)
    values = config.fmt.decode(pairs).astype(int)
    largest = np.maximum(abs(values).max(axis=1), 1)
    assert divisors.tolist() == largest.tolist()
    quotients = {
        (x, most): round(Fraction(127 * x, most))
        for x, most in {*zip(values.ravel().tolist(), np.repeat(largest, 2).tolist(), strict=True)}
    }
    wanted = [quotients[pair] for pair in zip(values.ravel(), np.repeat(largest, 2), strict=True)]
    assert found.ravel().tolist() == wanted


@pytest.mark.parametrize("name", ["e5m2", pytest.param("e3m4", marks=pytest.mark.slow)])
def test_every_quotient_of_two_small_floats_is_the_nearest_integer(name, tmp_path):
    least = 2.0**-5
    options = {"columns": 2, "lanes": 2, "fmt": name, "least": least, "freq": 80}
    fmt = CORE.configure(options).fmt
    pairs = every_pair(fmt)
    found, divisors, _ = codes_of(options, pairs, tmp_path)
    values = fmt.decode(pairs)
    finite = np.isfinite(values).all(axis=1)
    assert not found[~finite].any()
    assert not np.isfinite(fmt.decode(divisors[~finite])).any()
    assert np.isnan(fmt.decode(divisors[np.isnan(values).any(axis=1)])).all()
    largest = np.maximum(abs(values).max(axis=1), least)[finite]
    assert fmt.decode(divisors[finite]).tolist() == largest.tolist()
    for (x, y), most, codes in zip(
        values[finite].tolist(), largest.tolist(), found[finite].tolist(), strict=True
    ):
        assert codes == [round(127 * Fraction(each) / Fraction(most)) for each in (x, y)]


def test_a_beat_comes_in_and_goes_out_every_clock_cycle(tmp_path):
    options = {"columns": 96, "lanes": 2, "fmt": "int8", "freq": 100}
    config, count = CORE.configure(options), 12
    values = np.random.default_rng(0).integers(0, 256, (count * config.beats, 2))
    codes, _, run = codes_of(options, values, tmp_path, timed=True)
    expected = CORE.golden(config, {"i": {"values": values.astype(np.uint64)}})["o"]["codes"]
    assert codes.astype(np.uint8).tolist() == expected.tolist()
    assert set(np.diff(run.accepted["i"].astype(int))) == {1}
    assert set(np.diff(run.emerged["o"].astype(int))) == {1}
