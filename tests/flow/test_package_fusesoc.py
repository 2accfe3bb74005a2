"""FuseSoC itself reads the core description and runs its targets, with our Verilator."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from package_core import CORE, JoinConfig

from hwgen.flow.packages import BUSES, package
from hwgen.sim.cocotb_tier import verilator_build_environment
from hwgen.tools import find


@pytest.fixture
def fusesoc(tmp_path):
    """Return a function that runs FuseSoC on a package: ``(exit code, output)``."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "verilator").write_text(f'#!/bin/sh\nexec {find("verilator").path} "$@"\n')
    (programs / "verilator").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **verilator_build_environment(), "PATH": path}
    environment |= {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}

    def run(result, target):
        folder = result.emitted.verilog.parent
        vlnv = f"hwgen:arithmetic:{result.module}"
        program = "import sys; from fusesoc.main import main; sys.exit(main())"
        words = [f"--cores-root={folder}", "run", f"--target={target}", vlnv]
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


@pytest.fixture(params=BUSES)
def made(request, tmp_path):
    config = JoinConfig(freq=100.0)
    return package(CORE, config, tmp_path / "core", kind="fusesoc", bus=request.param, vectors=200)


def rewrite(path, pattern, text):
    path = Path(path)
    changed, count = re.subn(pattern, text, path.read_text())
    assert count
    path.write_text(changed)


def test_lint_target_passes_and_fails_when_a_width_is_wrong(made, fusesoc):
    code, output = fusesoc(made, "lint")
    assert code == 0, output
    assert "%Warning" not in output
    rewrite(made.emitted.verilog, r"(input|output) \[\d+:0\] o__payload", r"\1 [70:0] o__payload")
    code, output = fusesoc(made, "lint")
    assert code != 0
    assert "%Error" in output


def test_sim_target_passes_through_the_wrapper_and_fails_when_its_last_mark_is_wrong(
    tmp_path, fusesoc
):
    made = package(CORE, JoinConfig(), tmp_path / "core", kind="fusesoc", vectors=200)
    code, output = fusesoc(made, "sim")
    assert code == 0, output
    assert "PASS: 200 words match" in output
    wrapper = made.emitted.verilog.parent / f"{made.module}.v"
    rewrite(wrapper, r"m_axis_tlast = ", "m_axis_tlast = !")
    code, output = fusesoc(made, "sim")
    assert code != 0
    assert "FAIL: 200 words differ, 200 of 200 words came" in output


@pytest.mark.slow
def test_sim_target_passes_on_the_plain_core(tmp_path, fusesoc):
    made = package(CORE, JoinConfig(), tmp_path / "core", kind="fusesoc", bus="raw", vectors=200)
    code, output = fusesoc(made, "sim")
    assert code == 0, output
    assert "PASS: 200 words match" in output
