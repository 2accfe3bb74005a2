"""Every block, in the cells of its fabric, is proved equal to its one-line definition."""

import re

import pytest
from amaranth.hdl import Const, Module, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add, add_three
from hwgen.cores.arith.compare import equal, less
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.arith.lut4 import choose_of_four
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.multiply_pair import multiply_pair
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.arith.tree import Operand, add_tree, negate_if

from hwgen import targets
from hwgen.errors import HwgenError
from hwgen.flow.emit import emit_verilog
from hwgen.sim import netlist
from hwgen.tools.yosys import run_script

WIDTH = 4
DATA = ("a", "b", "c", "d")
BITS = ("mask", "other_mask", "invert", "carry")

# result -> (bits, circuit, definition); in Verilog all operands are signed and wide enough
BLOCKS = {
    "sum": (
        6,
        lambda p, v: add(
            p,
            Term(v["a"], v["mask"]),
            Term(v["b"], v["other_mask"]),
            signed(6),
            v["carry"],
        ),
        "(mask ? a : 0) + (other_mask ? b : 0) + $signed({1'b0, carry})",
    ),
    "difference": (
        6,
        lambda p, v: add(
            p, Term(v["a"]), Term(v["b"], v["mask"], v["invert"]), signed(6), v["invert"]
        ),
        "a + (invert ? -(mask ? b : 0) : (mask ? b : 0))",
    ),
    "below": (1, lambda p, v: less(p, v["a"], v["b"]), "a < b"),
    "at_most": (1, lambda p, v: less(p, v["a"], v["b"], or_equal=True), "a <= b"),
    "same": (1, lambda p, v: equal(p, v["a"], v["b"]), "a == b"),
    "product": (8, lambda p, v: multiply(p, v["a"], v["b"]), "a * b"),
    "unsigned_product": (
        8,
        lambda p, v: multiply(p, _unsigned(p, v["a"]), _unsigned(p, v["b"])),
        "$unsigned(a) * $unsigned(b)",
    ),
    "total": (
        8,
        lambda p, v: _wide(p, negate_if(p, add_tree(p, _operands(p, v)))),
        "(mask ? -ua : ua) + (other_mask ? -ub : ub) + (invert ? -uc : uc) + (carry ? -ud : ud)",
    ),
}
FOUR_INPUTS = {
    "choice": (
        4,
        lambda p, v: choose_of_four(p, [v[name] for name in DATA], v["mask"], v["invert"]),
        "invert ? (mask ? d : c) : (mask ? b : a)",
    ),
}
TERNARY = {
    "three": (
        7,
        lambda p, v: add_three(
            p,
            [Term(v["a"]), Term(v["b"]), Term(v["c"], invert=v["invert"])],
            signed(7),
            [v["mask"], v["carry"]],
        ),
        "a + b + (invert ? ~c : c) + $signed({1'b0, mask}) + $signed({1'b0, carry})",
    ),
}


def _unsigned(pipeline, value):
    return pipeline.free(lambda bits: bits.as_unsigned(), value)


def _operands(pipeline, values):
    return [
        Operand(_unsigned(pipeline, values[name]), 0, 15, sign=values[sign])
        for name, sign in zip(DATA, BITS, strict=True)
    ]


def _wide(pipeline, operand):
    return pipeline.logic(lambda bits: bits, operand.bits, shape=signed(8), name="wide")


def _blocks(fabric):
    record = targets.get(fabric)
    more = TERNARY if record.ternary_module else {}
    return BLOCKS | more | (FOUR_INPUTS if record.lut4_module else {})


DEFINITION = """\
module blocks(input signed [3:0] a, b, c, d, input mask, other_mask, invert, carry,
{ports});
  wire signed [7:0] ua = {{4'b0, a}}, ub = {{4'b0, b}}, uc = {{4'b0, c}}, ud = {{4'b0, d}};
{assigns}
endmodule
"""
PROOF = """\
read_verilog definition.v
prep -flatten -top blocks
rename blocks definition
design -stash definition
read_verilog circuit.v
{models}
prep -flatten -top blocks
rename blocks cells
design -copy-from definition definition
miter -equiv -flatten -make_outputs definition cells miter
hierarchy -top miter
sat -verify {induction} -prove trigger 0 miter
"""


def _define(blocks):
    ports = ",\n".join(
        f"  output signed [{bits - 1}:0] {name}" for name, (bits, _, _) in blocks.items()
    )
    assigns = "\n".join(f"  assign {name} = {line};" for name, (_, _, line) in blocks.items())
    return DEFINITION.format(ports=ports, assigns=assigns)


def _circuit(blocks, fabric):
    m = Module()
    pipeline = Pipeline(m, targets.get(fabric), None, Const(1))
    signals = {name: Signal(signed(WIDTH), name=name) for name in DATA}
    signals |= {name: Signal(1, name=name) for name in BITS}
    values = {name: pipeline.input(signal, f"{name}_in") for name, signal in signals.items()}
    results = []
    for name, (bits, build, _) in blocks.items():
        result = Signal(signed(bits), name=name)
        m.d.comb += result.eq(build(pipeline, values).signal)
        results.append(result)
    libraries = libraries_of(targets.get(fabric))
    return emit_verilog(
        m, ports=[*signals.values(), *results], module_name="blocks", libraries=libraries
    )


def _prove(folder, fabric, definition, circuit, induction=""):
    synthesis = targets.get(fabric).synthesis
    models = [f"read_verilog -DNO_INCLUDES +/{synthesis.models}/cells_sim.v"]
    if synthesis.own_models:
        own = (netlist.FOLDER / synthesis.own_models).read_text()
        (folder / "own_models.v").write_text(own)
        models.append("read_verilog own_models.v")
    (folder / "definition.v").write_text(definition)
    (folder / "circuit.v").write_text(circuit)
    script = PROOF.format(models="\n".join(models), induction=induction)
    run_script(script, cwd=folder, what="the proof")


@pytest.mark.parametrize(
    "fabric",
    ["ecp5", "xilinx7", "ultrascale_plus", pytest.param("ice40", marks=pytest.mark.slow)],
)
def test_every_block_equals_its_definition(fabric, tmp_path):
    blocks = _blocks(fabric)
    _prove(tmp_path, fabric, _define(blocks), _circuit(blocks, fabric))


@pytest.mark.parametrize("name", ["sum", "below", "product", "total"])
def test_a_wrong_definition_is_refuted(name, tmp_path):
    blocks = _blocks("ecp5")
    bits, build, line = blocks[name]
    wrong = blocks | {name: (bits, build, f"({line}) ^ (a == 3 && b == -7 && c == 5)")}
    with pytest.raises(HwgenError, match="proof"):
        _prove(tmp_path, "ecp5", _define(wrong), _circuit(blocks, "ecp5"))


MULTIPLIERS = {
    "signed": ("$signed(a) * $signed(b)", 1, 1),
    "unsigned": ("a * b", 0, 0),
    "mixed": ("$signed(a) * $signed({1'b0, b})", 1, 0),
}


@pytest.mark.parametrize("signs", MULTIPLIERS)
@pytest.mark.parametrize("fabric", ["ecp5", "xilinx7"])
def test_the_registered_multiplier_equals_a_registered_product(fabric, signs, tmp_path):
    line, a_signed, b_signed = MULTIPLIERS[signs]
    header = "module blocks(input clk, enable, input [3:0] a, b, output {} [7:0] p);\n"
    definition = (
        header.format("reg") + f"always @(posedge clk) if (enable) p <= {line};\nendmodule\n"
    )
    module = targets.get(fabric).multiplier_module
    (library,) = (each for each in libraries_of(targets.get(fabric)) if module in each.read_text())
    circuit = header.format("") + (
        f"{module} #(.A_WIDTH(4), .B_WIDTH(4), .A_SIGNED({a_signed}), .B_SIGNED({b_signed})) "
        "cell_ (.clk(clk), .enable(enable), .a(a), .b(b), .p(p));\nendmodule\n"
    )
    circuit += library.read_text()
    _prove(tmp_path, fabric, definition, circuit, "-tempinduct -set-init-zero -seq 1")


@pytest.mark.parametrize("signs", MULTIPLIERS)
def test_a_multiplier_with_input_registers_equals_a_product_two_clocks_later(signs, tmp_path):
    line, a_signed, b_signed = MULTIPLIERS[signs]
    line = re.sub(r"\b[ab]\b", lambda operand: f"held_{operand[0]}", line)
    header = "module blocks(input clk, enable, input [3:0] a, b, output {} [7:0] p);\n"
    definition = header.format("reg") + (
        "reg [3:0] held_a, held_b;\nalways @(posedge clk) if (enable) begin\n"
        f"held_a <= a;\nheld_b <= b;\np <= {line};\nend\nendmodule\n"
    )
    (library,) = (each for each in libraries_of(targets.get("ecp5")) if each.name == "multiplier.v")
    circuit = header.format("") + (
        f"hwgen_multiplier #(.A_WIDTH(4), .B_WIDTH(4), .A_SIGNED({a_signed}), "
        f".B_SIGNED({b_signed}), .INPUT_REGISTERS(1)) cell_ (.clk(clk), .enable(enable), .a(a), "
        ".b(b), .p(p));\nendmodule\n"
    )
    circuit += library.read_text()
    _prove(tmp_path, "ecp5", definition, circuit, "-tempinduct -set-init-zero -seq 1")


def test_two_products_of_one_multiplier_equal_both_products(tmp_path):
    m = Module()
    pipeline = Pipeline(m, targets.get("ecp5"), None, Const(1))
    signals = {name: Signal(unsigned(3), name=name) for name in DATA}
    a, b, c, d = (pipeline.input(signal, f"{name}_in") for name, signal in signals.items())
    results = []
    for name, product in zip(("ab", "cd"), multiply_pair(pipeline, (a, b), (c, d)), strict=True):
        result = Signal(6, name=name)
        m.d.comb += result.eq(product.signal)
        results.append(result)
    circuit = emit_verilog(m, ports=[*signals.values(), *results], module_name="blocks")
    definition = (
        "module blocks(input [2:0] a, b, c, d, output [5:0] ab, cd);\n"
        "assign ab = a * b;\nassign cd = c * d;\nendmodule\n"
    )
    _prove(tmp_path, "ecp5", definition, circuit)
