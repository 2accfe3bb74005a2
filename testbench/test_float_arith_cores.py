"""The regression of ``float-add``, ``float-mul`` and ``float-fma`` over their grid."""

import json

import numpy as np
import pytest
from float_grid import ALL_PAIRS, GRID, MILLIONS, NETLISTS, label

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.sim.case import Case
from hwgen.sim.compiled_tier import check_values
from hwgen.sim.model import CompiledModel

_WORDS = 4


@pytest.mark.parametrize(("name", "options"), GRID, ids=label)
def test_core_equals_its_golden_model(name, options, tmp_path):
    core = catalogue.get(name)
    result = verify(
        core, core.configure(options), folder=tmp_path, vectors=20_000, seed=7, tier="compiled"
    )
    assert result.exhaustive or result.matched >= 20_000
    assert result.initiation_interval == 1


@pytest.mark.parametrize("name", ["float-add", "float-mul", "float-fma"])
def test_a_pipelined_fp16_core_passes_the_cocotb_tier(name, tmp_path):
    core = catalogue.get(name)
    config = core.configure({"fmt": "fp16", "freq": 150})
    result = verify(core, config, folder=tmp_path, vectors=500, seed=7, tier="cocotb")
    assert [each.tier for each in result.findings] == ["cocotb"]


@pytest.mark.parametrize(("name", "options"), ALL_PAIRS, ids=label)
def test_all_pairs_of_narrow_operands(name, options, tmp_path):
    core = catalogue.get(name)
    stochastic = options["rounding"] == "stochastic"
    if stochastic:
        options = {**options, "random_source": "input", "random_bits": 8}
    config = core.configure(options)
    emitted = emit(core, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, tmp_path, optimize=1)
    fmt = config.fmt if name == "float-add" else config.fmt_a
    a, b = (each.ravel() for each in np.meshgrid(*[np.arange(1 << fmt.width, dtype=np.uint64)] * 2))
    random = np.random.default_rng(9)
    checked = 0
    for word in range(_WORDS if stochastic else 1):
        fields = {"a": a, "b": b}
        if stochastic:
            fields["random"] = random.integers(0, 256, len(a), dtype=np.uint64)
        if options.get("operation") == "both":
            fields["subtract"] = np.full(len(a), word & 1, np.uint64)
        case = Case.from_values(interface, {"i": fields}, core.golden(config, {"i": fields}))
        check_values(model, case)
        checked += case.results
    assert checked == len(a) * (_WORDS if stochastic else 1)


@pytest.mark.parametrize(("name", "options"), NETLISTS, ids=label)
def test_synthesised_netlist_equals_the_golden_model(name, options, tmp_path):
    core = catalogue.get(name)
    result = verify(
        core,
        core.configure(options),
        folder=tmp_path,
        vectors=2000,
        seed=3,
        tier="compiled",
        post_synth=True,
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), MILLIONS, ids=label)
def test_ten_million_operands(name, options, tmp_path):
    core = catalogue.get(name)
    result = verify(
        core,
        core.configure(options),
        folder=tmp_path,
        vectors=10_000_000,
        seed=11,
        tier="compiled",
    )
    assert result.matched >= 10_000_000


def test_a_core_with_random_bits_inside_starts_anew_with_every_run(tmp_path):
    core = catalogue.get("float-add")
    config = core.configure({"fmt": "e4m3", "rounding": "stochastic", "random_bits": 8})
    emitted = emit(core, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    assert interface["keeps_state"] is True
    model = CompiledModel(emitted.verilog, interface, tmp_path, optimize=0)
    tokens = {"i": {"a": np.full(256, 0x38, np.uint64), "b": np.full(256, 0x0A, np.uint64)}}
    first, second = (model(tokens)["o"]["result"] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) == 2
