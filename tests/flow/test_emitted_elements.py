"""Elements that a circuit instantiates many times stand once in the emitted Verilog."""

import re

import pytest
from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.flow.emit import emit_verilog
from hwgen.flow.lint import lint_messages
from hwgen.flow.synthesise import synthesise

ELEMENTS = 20


class Increment(wiring.Component):
    """One more, a clock later."""

    x: In(8)
    y: Out(8)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.y.eq(self.x + 1)
        return m


class Chain(wiring.Component):
    """Twenty of them in a row; half of them through a submodule."""

    x: In(8)
    y: Out(8)

    def __init__(self):
        self.verilog_modules = {"increment": Increment()}
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        inner = m.submodules.inner = Module()
        value = self.x
        for index in range(ELEMENTS):
            after = Signal(8, name=f"value_{index}")
            (inner if index % 2 else m).submodules += Instance(
                "increment",
                i_clk=ClockSignal(),
                i_rst=ResetSignal(),
                i_x=value,
                o_y=after,
            )
            value = after
        m.d.comb += self.y.eq(value)
        return m


@pytest.fixture(scope="module")
def text():
    return emit_verilog(Chain(), module_name="chain")


def test_an_element_is_written_once_and_instantiated(text):
    assert re.findall(r"^module (\w+)\(", text, flags=re.MULTILINE) == ["chain", "increment"]
    assert len(re.findall(r"^  increment \w+\s*\(", text, flags=re.MULTILINE)) == ELEMENTS


def test_every_module_lists_clock_and_reset_first(text):
    assert (
        re.findall(r"^module \w+\((\w+), (\w+), ", text, flags=re.MULTILINE) == [("clk", "rst")] * 2
    )


def test_elements_are_free_of_lint_and_synthesised_with_the_circuit(text, tmp_path):
    verilog = tmp_path / "chain.v"
    verilog.write_text(text)
    assert lint_messages([verilog], "chain") == []
    result = synthesise([verilog], "chain", "ecp5", tmp_path)
    assert result.counts.ff == 8 * ELEMENTS


def test_the_text_is_the_same_every_time(text):
    assert emit_verilog(Chain(), module_name="chain") == text
