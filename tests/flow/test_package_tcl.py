"""The Tcl of the packages: read by Tcl's own rules, and run where an interpreter is at hand."""

import shutil
import subprocess
from functools import partial

import pytest
from package_core import CORE, JoinConfig
from tcl_words import commands

from hwgen.flow.packages import BUSES, package

SCRIPTS = {
    "vivado": ("package_ip.tcl", "{top}_ooc.xdc"),
    "quartus": ("{top}_hw.tcl", "{top}.qip", "{top}.sdc"),
    "radiant": ("add_to_project.tcl", "{top}.sdc", "{top}.pdc"),
}
CASES = [(kind, bus, name) for kind in SCRIPTS for bus in BUSES for name in SCRIPTS[kind]]

# every command that is not Tcl's own prints its words and returns nothing
STUBS = """\
proc unknown {args} { foreach word $args { puts -nonewline "<$word>" }; puts "" }
rename package {}
namespace eval quartus {}
set ::quartus(qip_path) /there
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return a function that gives the folder and the top module of a package."""
    base = tmp_path_factory.mktemp("packages")
    made = {}

    def find(kind, bus):
        if (kind, bus) not in made:
            folder = base / f"{kind}-{bus}"
            config = JoinConfig(freq=100.0)
            made[kind, bus] = package(CORE, config, folder, kind=kind, bus=bus, vectors=2)
        return base / f"{kind}-{bus}", made[kind, bus].module

    return find


def script(packages, kind, bus, name):
    folder, top = packages(kind, bus)
    return (folder / name.format(top=top)).read_text()


@pytest.mark.parametrize(("kind", "bus", "name"), CASES)
def test_every_line_is_one_whole_command(kind, bus, name, packages):
    text = script(packages, kind, bus, name)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = commands(text)
    assert len(found) == len(lines) > 0


@pytest.mark.parametrize(("kind", "bus", "name"), CASES)
def test_an_interpreter_finds_the_same_words(kind, bus, name, packages, tmp_path):
    tcl = interpreter(tmp_path)
    text = script(packages, kind, bus, name)
    printed = tcl(STUBS + text).splitlines()
    foreign = [words for words in commands(text) if not plain_tcl(words)]
    for words in foreign:
        assert any(line.startswith(f"<{words[0]}>") for line in printed)
        if not any("[" in word or "$" in word for word in words):
            assert "".join(f"<{word}>" for word in words) in printed


def plain_tcl(words):
    return words[0] in ("set", "file", "list")


def interpreter(folder):
    """Return a function that runs a script and gives what it printed; a skip says why."""
    path = shutil.which("tclsh")
    if path is not None:
        return partial(_run_file, path, folder / "script.tcl")
    pytest.skip("no tclsh on PATH; the word rules are checked without one")


def _run_file(tclsh, path, script):
    path.write_text(script)
    done = subprocess.run([tclsh, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_platform_designer_sees_axi4_streams(packages):
    found = commands(script(packages, "quartus", "axis", "{top}_hw.tcl"))
    assert ["add_interface", "s_axis", "axi4stream", "end"] in found
    assert ["add_interface", "m_axis", "axi4stream", "start"] in found
    assert ["add_interface_port", "s_axis", "s_axis_tdata", "tdata", "Input", "24"] in found
    assert ["add_interface_port", "m_axis", "m_axis_tlast", "tlast", "Output", "1"] in found
    assert ["add_interface_port", "aresetn", "aresetn", "reset_n", "Input", "1"] in found


def test_platform_designer_sees_avalon_streams_of_the_plain_core(packages):
    found = commands(script(packages, "quartus", "raw", "{top}_hw.tcl"))
    assert ["add_interface", "i", "avalon_streaming", "end"] in found
    assert ["add_interface_port", "i", "i__payload", "data", "Input", "17"] in found
    assert ["set_interface_property", "i", "dataBitsPerSymbol", "17"] in found
    assert ["add_interface_port", "rst", "rst", "reset", "Input", "1"] in found


def test_text_arrives_as_one_word_whatever_it_holds(packages):
    found = commands(script(packages, "quartus", "axis", "{top}_hw.tcl"))
    assert ["set_module_property", "DESCRIPTION", CORE.summary] in found


@pytest.mark.parametrize(
    "text",
    ["set a {b", "set a [list b", 'set a "b', "set a {b}c", 'set a "b"c', "puts [set a {b]}"],
)
def test_the_word_rules_notice_what_is_not_closed(text):
    with pytest.raises(ValueError, match=r"missing|behind"):
        commands(text)


def test_the_word_rules_follow_tcl():
    text = 'a b\\ c "d $e [f {g] h} i]"; j {k {l} "m}\n# {\nn${o p}\\\n q\n'
    assert commands(text) == [
        ["a", "b c", "d $e [f {g] h} i]"],
        ["j", 'k {l} "m'],
        ["n${o p}", "q"],
    ]
