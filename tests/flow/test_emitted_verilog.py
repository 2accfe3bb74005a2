import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from adder_core import CORE, Adder, AdderConfig
from amaranth.hdl import Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.errors import UsageError
from hwgen.flow.emit import emit, emit_verilog


class Halves(wiring.Component):
    """Two instances of a library module, one of them inside a submodule, and no register."""

    x: In(8)
    y: Out(8)

    def __init__(self, library):
        self.verilog_libraries = (library,)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        inner = Module()
        half = Signal(8)
        inner.submodules.cell = Instance("half", p_WIDTH=8, i_a=self.x, o_y=half)
        m.submodules.inner = inner
        m.submodules.cell = Instance("half", p_WIDTH=8, i_a=half, o_y=self.y)
        return m


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "half.v"
    path.write_text(
        "module half #(parameter WIDTH = 4) (input [WIDTH-1:0] a, output [WIDTH-1:0] y);\n"
        "  assign y = a >> 1;\n"
        "endmodule\n"
    )
    return path


def emitted_in_new_process(hash_seed):
    code = (
        "from adder_core import Adder\n"
        "from hwgen.flow.emit import emit_verilog\n"
        "print(emit_verilog(Adder(), module_name='adder'))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        env=environment,
        capture_output=True,
        check=True,
    ).stdout


def test_same_circuit_gives_identical_bytes_whatever_the_hash_seed():
    assert emitted_in_new_process(1) == emitted_in_new_process(2)


def test_a_component_has_clock_reset_and_stream_ports_first_to_last():
    text = emit_verilog(Adder(), module_name="adder")
    ports = re.search(r"module adder\((.*)\);", text).group(1).split(", ")
    assert ports[:2] == ["clk", "rst"]
    assert set(ports[2:]) == {
        f"{name}__{signal}" for name in "io" for signal in ("payload", "valid", "ready")
    }


def test_clock_and_reset_are_there_even_when_nothing_is_clocked(library):
    text = emit_verilog(Halves(library), module_name="halves")
    assert "module halves(clk, rst, " in text


def test_text_is_one_plain_module_without_attributes_or_escaped_names():
    text = emit_verilog(Adder(), module_name="adder")
    assert len(re.findall(r"^module ", text, flags=re.MULTILINE)) == 1
    assert "(*" not in text
    assert "\\" not in text
    assert "always @*" not in text


def test_library_modules_survive_as_instances_and_their_text_is_appended(library):
    text = emit_verilog(Halves(library), module_name="halves")
    body, _, appended = text.partition("endmodule\n")
    assert len(re.findall(r"\bhalf #\(", body)) == 2
    assert "module half #(parameter WIDTH = 4)" in appended


def test_emit_writes_verilog_and_an_interface_that_names_its_digest(tmp_path):
    result = emit(CORE, AdderConfig(), tmp_path / "new" / "folder")
    interface = json.loads(result.interface.read_text())
    assert result.verilog.name == "toy_adder.v"
    assert interface["schema"] == "hwgen-interface/1"
    assert interface["verilog_sha256"] == hashlib.sha256(result.verilog.read_bytes()).hexdigest()
    assert interface["config"] == {"freq": None, "target": "ecp5"}
    assert (interface["clock"], interface["reset"], interface["latency"]) == ("clk", "rst", 1)
    assert [stream["payload"] for stream in interface["streams"]] == ["i__payload", "o__payload"]


def test_emit_leaves_no_temporary_files(tmp_path):
    emit(CORE, AdderConfig(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interface.json", "toy_adder.v"]


def test_a_folder_that_cannot_be_made_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="output folder must be writable, not"):
        emit(CORE, AdderConfig(), tmp_path / "file" / "folder")


class Keywords(wiring.Component):
    """A circuit whose signal is called like a word of Verilog."""

    x: In(2)
    y: Out(2)

    def elaborate(self, platform):
        m = Module()
        small = Signal(2, name="small")
        m.d.sync += small.eq(small + self.x)
        m.d.comb += self.y.eq(~small)
        return m


def test_no_signal_is_called_like_a_word_of_verilog():
    text = emit_verilog(Keywords(), module_name="words")
    assert "\\" not in text
    assert "small_net" in text
    assert not re.search(r"\bsmall\b", text)
