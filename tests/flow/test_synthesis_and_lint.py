import pytest

from hwgen.errors import HwgenError, UsageError
from hwgen.flow.cells import count_cells
from hwgen.flow.lint import lint, lint_messages
from hwgen.flow.synthesise import _reason, synthesis_script, synthesise, targets
from hwgen.tools.process import Finished

ADDER = """\
module top(input clk, input [7:0] a, input [7:0] b, output reg [8:0] c);
  always @(posedge clk) c <= a + b;
endmodule
"""
LATCH = """\
module top(input en, input d, output reg q);
  always @* if (en) q = d;
endmodule
"""
LOOP = """\
module top(input a, output b);
  wire c;
  assign c = a ^ b;
  assign b = ~c;
endmodule
"""
TWO_DRIVERS = """\
module top(input a, input c, output b);
  assign b = a;
  assign b = c;
endmodule
"""

# registers whose lowest bits are equal and stay 1 after the first clock edge
CONSTANT_BITS = """\
module top(input clk, input en, input [3:0] a, output reg [1:0] c);
  reg [1:0] p = 0, q = 0, r = 0, s = 0;
  always @(posedge clk) if (en) begin
    p <= {a[0], 1'b1};
    q <= {a[1], 1'b1};
    r <= {a[2], 1'b1};
    s <= {a[3], 1'b1};
    c <= a[0] ? (p < q ? q : p) : (r < s ? s : r);
  end
endmodule
"""
APART = """\
module top(input [3:0] a, output [1:0] b);
  inner first (.x(a[1:0]), .y(b[0]));
  inner second (.x(a[3:2]), .y(b[1]));
endmodule
(* keep_hierarchy *)
module inner(input [1:0] x, output y);
  assign y = ^x;
endmodule
"""


@pytest.fixture
def source(tmp_path):
    def write(text):
        path = tmp_path / "design.v"
        path.write_text(text)
        return path

    return write


def test_ecp5_cells_are_counted_by_kind(source, tmp_path):
    result = synthesise([source(ADDER)], "top", "ecp5", tmp_path / "out")
    assert result.cells == {"CCU2C": 5, "TRELLIS_FF": 9}
    counts = result.counts
    assert (counts.carry, counts.ff, counts.lut, counts.lut_equivalents) == (5, 9, 0, 10)
    assert result.netlist.exists() and "module top" in result.verilog.read_text()


@pytest.mark.parametrize("target", ["ice40", "generic"])
def test_the_other_fabrics_synthesise_as_well(source, tmp_path, target):
    counts = synthesise([source(ADDER)], "top", target, tmp_path / "out").counts
    assert counts.ff == 9
    assert counts.lut >= 8
    assert counts.other == 0


@pytest.mark.parametrize("target", ["ecp5", "generic"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [(LATCH, "latch"), (LOOP, "logic loop"), (TWO_DRIVERS, "conflicting drivers")],
)
def test_synthesis_refuses_latches_loops_and_double_drivers(source, tmp_path, text, reason, target):
    with pytest.raises(HwgenError, match=reason):
        synthesise([source(text)], "top", target, tmp_path / "out")


@pytest.mark.parametrize("target", targets())
def test_registers_with_constant_bits_synthesise(source, tmp_path, target):
    assert synthesise([source(CONSTANT_BITS)], "top", target, tmp_path / "out").counts.ff >= 6


def test_no_latch_is_blamed_for_another_error():
    log = "No latch inferred for signal `\\top.\\c' from process\nERROR: out of luck\n"
    assert _reason(Finished(1, log, 0.0)) == "ERROR: out of luck"


def test_modules_that_are_mapped_apart_are_flat_in_the_end(source, tmp_path):
    result = synthesise([source(APART)], "top", "ecp5", tmp_path / "out")
    assert result.cells == {"LUT4": 2}
    assert "module inner" not in result.verilog.read_text()


def test_synthesis_names_a_missing_module(source, tmp_path):
    text = "module top(input a, output b); absent cell_ (.x(a), .y(b)); endmodule\n"
    with pytest.raises(HwgenError, match=r"synthesis of top failed: .*absent.*synthesis\.log"):
        synthesise([source(text)], "top", "ecp5", tmp_path / "out")


def test_options_reach_the_synthesis_command():
    script = synthesis_script(["a.v"], "top", "ecp5", ["nodsp"])
    assert "synth_ecp5 -nowidelut -nodsp -top top -run coarse:" in script
    assert "-nowidelut" not in synthesis_script(["a.v"], "top", "ecp5", ["widelut"])
    assert "-dsp" not in synthesis_script(["a.v"], "top", "ice40", ["nodsp"])


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("ecp6", [], "target must be one of .*, not 'ecp6'; did you mean 'ecp5'?"),
        ("ecp5", ["widelutt"], "not 'widelutt'; did you mean 'widelut'?"),
        ("generic", ["nodsp"], "synthesis option for generic must be one of none"),
    ],
)
def test_unknown_targets_and_options_are_usage_errors(target, options, words):
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        synthesis_script(["a.v"], "top", target, options)


def test_wide_multiplexers_and_unknown_cells_are_told_apart_from_luts():
    counts = count_cells({"LUT4": 7, "PFUMX": 2, "L6MUX21": 1, "CCU2C": 3, "OSCG": 1}, "ecp5")
    assert (counts.lut, counts.wide_mux, counts.lut_equivalents, counts.other) == (7, 3, 13, 1)


def test_clean_verilog_has_no_lint(source):
    assert lint_messages([source(ADDER)], "top") == []


@pytest.mark.parametrize(
    ("text", "rule"), [(LATCH, "LATCH"), (LOOP, "UNOPTFLAT"), (TWO_DRIVERS, "MULTIDRIVEN")]
)
def test_lint_is_an_error_that_quotes_the_rule(source, text, rule):
    with pytest.raises(HwgenError, match=f"lint of top failed: Warning-{rule}"):
        lint([source(text)], "top")


def test_verilog_beyond_the_2001_standard_is_an_error(source):
    text = "module top(input logic a, output logic b); assign b = a; endmodule\n"
    with pytest.raises(HwgenError, match="lint of top failed"):
        lint([source(text)], "top")
