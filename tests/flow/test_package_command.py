"""``hwgen emit --package``: what a person types and what comes back."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hwgen.cli import application
from hwgen.flow.lint import lint_messages


@pytest.fixture
def hwgen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def emit(line, expect=0):
        words = ["emit", *line.split()]
        result = CliRunner().invoke(application, words)
        assert result.exit_code == expect, result.stderr + result.stdout
        return result

    return emit


DOT = "--core mx-dot --fmt mxfp4 --k 4 --vectors 20"


def test_the_paths_of_all_files_are_printed(hwgen):
    lines = hwgen(f"{DOT} --package vivado").stdout.splitlines()
    assert all(Path(line).is_file() for line in lines)
    names = {Path(line).name for line in lines}
    assert {"mx_dot.v", "mx_dot_axis.v", "component.xml", "interface.json", "README.md"} <= names
    assert Path(lines[0]).parent.name.endswith("-generic-vivado-axis")


def test_json_names_package_bus_top_and_files(hwgen, tmp_path):
    document = json.loads(hwgen(f"{DOT} --package quartus --bus raw -o here --json").stdout)
    assert document["schema"] == "hwgen-emit/1"
    wanted = {"core": "mx-dot", "package": "quartus", "bus": "raw", "top": "mx_dot"}
    assert wanted.items() <= document.items()
    assert document["config"]["target"] == "generic"
    assert str(tmp_path / "here" / "mx_dot_hw.tcl") in document["files"]
    assert sorted(document["files"]) == sorted(str(each) for each in (tmp_path / "here").iterdir())


def test_a_target_that_is_given_holds(hwgen):
    result = hwgen(f"{DOT} --package fusesoc --bus raw --target ecp5 --json")
    assert json.loads(result.stdout)["config"]["target"] == "ecp5"


def test_a_name_makes_two_configurations_fit_one_design(hwgen, tmp_path):
    line = "--core mx-matmul --fmt mxfp4/4 --rows 2 --columns 2 --vectors 4 --package fusesoc"
    modules = []
    for name in ("left", "right"):
        top = json.loads(hwgen(f"{line} --name {name} -o {name} --json").stdout)["top"]
        assert top == f"{name}_axis"
        texts = [path.read_text() for path in (tmp_path / name).glob("*.v")]
        modules += re.findall(r"^module (\w+)", "".join(texts), re.MULTILINE)
    assert len(modules) == len(set(modules)) > 6
    sources = [
        str(tmp_path / name / f"{name}{end}.v")
        for name in ("left", "right")
        for end in ("", "_axis")
    ]
    assert lint_messages(sources, "left_axis") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--package vivaldo", "did you mean 'vivado'?"),
        ("--package vivado --bus axi", "bus must be one of axis, raw, not 'axi'"),
        ("--name 8bit", "module name must be a Verilog identifier, not '8bit'"),
        ("--name reg --package vivado", "module name must not be a word of Verilog, but 'reg' is"),
        ("--bus axis", "bus 'axis' needs a package"),
        ("--package quartus --target ecp5", "target must be one of generic in a package"),
        ("--package vivado --vectors 0", "vectors must be at least 1 in a package, not 0"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_is_allowed(options, message, hwgen):
    result = hwgen(f"{DOT} {options}", expect=2)
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_help_shows_packages_and_buses(hwgen):
    text = " ".join(hwgen("--help").stdout.split())
    assert "--package TOOL" in text
    assert "vivado, quartus, radiant or fusesoc" in text
    assert "--bus BUS" in text
