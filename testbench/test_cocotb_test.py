"""The same bench through the cocotb-test package, for people whose flow is built on it."""

import json
import os
import shutil

import pytest

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.sim.case import Case
from hwgen.sim.cocotb_tier import verilator_build_environment
from hwgen.sim.toolchain import verilator_root

CORE = catalogue.get("mx-dot")


@pytest.mark.skipif(not shutil.which("perl"), reason="cocotb-test starts Verilator with perl")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_bench_runs_under_cocotb_test(tmp_path, monkeypatch):
    from cocotb_test.simulator import run

    config = CORE.configure({"fmt": "mxfp4", "k": 4})
    emitted = emit(CORE, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    values = CORE.vectors(config, 100, 1)
    Case.from_values(interface, values, CORE.golden(config, values), seed=1).save(tmp_path)
    for name, value in verilator_build_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{verilator_root() / 'bin'}{os.pathsep}{os.environ['PATH']}")
    run(
        simulator="verilator",
        verilog_sources=[str(emitted.verilog)],
        toplevel=emitted.module,
        module="hwgen.sim.bench",
        sim_build=str(tmp_path / "build"),
        extra_args=["-Wno-fatal", "-Wno-lint", "-Wno-style", "--no-timing"],
        extra_env={"HWGEN_CASE": str(tmp_path)},
        timescale="1ns/1ps",
    )
    findings = json.loads((tmp_path / "findings.json").read_text())
    assert "failures" not in findings
    assert findings["latency"] == interface["latency"]
