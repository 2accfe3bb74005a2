"""What the open tools say about packages: Verilator's lint, Yosys' check, nextpnr's constraints."""

import re
import shutil

import pytest
from package_core import CORE, JoinConfig

from hwgen import catalogue
from hwgen.errors import HwgenError
from hwgen.flow.lint import lint_messages
from hwgen.flow.packages import BUSES, KINDS, package
from hwgen.flow.synthesise import synthesise
from hwgen.tools import find
from hwgen.tools.process import run
from hwgen.tools.yosys import run_script

CASES = [(kind, bus) for kind in KINDS for bus in BUSES]
CORES = [
    ("mx-dot", {"fmt": "mxfp4", "k": 4, "freq": 100}),
    ("mx-dot", {"fmt": "mxint5/3", "max_blocks": 2, "lanes": 1, "out": "exact"}),
]


def sources(made):
    return [path for path in made.paths if path.suffix == ".v" and "_tb" not in path.name]


def own_lint(made, verilog):
    """Return Verilator's messages with the package's own waivers."""
    tool = find("verilator")
    folder = made.emitted.verilog.parent
    command = [*tool.command, "--lint-only", "-Wall", "--default-language", "1364-2001"]
    command += ["--top-module", made.module, f"{made.module}.vlt", *(path.name for path in verilog)]
    finished = run(command, cwd=folder, env=dict(tool.environment))
    return re.findall(r"^%(?:Warning|Error).*", finished.output, re.MULTILINE)


def check(made):
    folder = made.emitted.verilog.parent
    names = " ".join(path.name for path in sources(made))
    script = f"read_verilog {names}\nhierarchy -check -top {made.module}\nproc\nflatten\n"
    run_script(script + "opt_clean\ncheck -assert\n", cwd=folder, what="checking")


@pytest.mark.parametrize(("kind", "bus"), CASES)
def test_every_package_is_clean(kind, bus, tmp_path):
    made = package(CORE, JoinConfig(), tmp_path, kind=kind, bus=bus, vectors=2)
    assert own_lint(made, sources(made)) == []
    assert lint_messages(sources(made), made.module) == []
    check(made)


@pytest.mark.parametrize(("name", "options"), CORES, ids=["dot", "dot-with-marks"])
def test_wrapped_cores_of_the_catalogue_are_clean(name, options, tmp_path):
    core = catalogue.get(name)
    config = core.configure({"target": "generic", **options})
    made = package(core, config, tmp_path, kind="vivado", vectors=2)
    assert own_lint(made, sources(made)) == []
    check(made)


def test_lint_and_check_would_notice_a_broken_wrapper(tmp_path):
    made = package(CORE, JoinConfig(), tmp_path, kind="vivado", vectors=2)
    wrapper = made.emitted.verilog.parent / f"{made.module}.v"
    text = wrapper.read_text()
    wrapper.write_text(text.replace("{7'd0, o__payload}", "{8'd0, o__payload}"))
    assert any("WIDTHTRUNC" in line for line in own_lint(made, sources(made)))
    wrapper.write_text(text.replace("endmodule", "  assign m_axis_tdata = 16'd0;\nendmodule"))
    with pytest.raises(HwgenError, match="checking failed"):
        check(made)


def test_nextpnr_takes_the_clock_from_the_lpf(tmp_path):
    made = package(CORE, JoinConfig(freq=87.5), tmp_path / "core", kind="radiant", vectors=2)
    (constraints,) = [path for path in made.paths if path.suffix == ".lpf"]
    netlist = synthesise(sources(made), made.module, "ecp5", tmp_path / "synthesis").netlist
    shutil.copy(constraints, netlist.with_name("clock.lpf"))
    arguments = ["--25k", "--json", netlist.name, "--lpf", "clock.lpf", "--pack-only"]
    tool = find("nextpnr-ecp5")
    finished = run(
        [*tool.command, *arguments, "--lpf-allow-unconstrained"],
        cwd=netlist.parent,
        env=dict(tool.environment),
    )
    assert finished.returncode == 0, finished.output
    assert "constraining clock net 'aclk' to 87.50 MHz" in finished.output
