"""Adders on carry chains: every form of operand, and the fabric's cells against the definition."""

from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Signal, signed
from datapath import Datapath, as_signed, every
from hwgen.cores.arith.adder import Term, add, add_three
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.arith.pipeline import Pipeline

from hwgen import targets
from hwgen.flow.emit import emit_verilog
from hwgen.tools.yosys import run_script

WIDTH = 3
CONTROLS = ("none", "mask", "invert", "both")
CARRIES = ("zero", "one", "own", "other")


def _forms():
    for x, y, carry in product(CONTROLS, CONTROLS, CARRIES):
        if carry != "own" or y in ("invert", "both"):
            yield x, y, carry


def _term(values, name, control):
    return Term(
        values[name],
        values[f"{name}_mask"] if control in ("mask", "both") else None,
        values[f"{name}_invert"] if control in ("invert", "both") else None,
    )


def _build(width):
    def build(pipeline, values):
        results = {}
        for x, y, carry in _forms():
            carries = {"zero": 0, "one": 1, "own": values["y_invert"], "other": values["carry"]}
            results[f"{x}_{y}_{carry}"] = add(
                pipeline,
                _term(values, "x", x),
                _term(values, "y", y),
                signed(width),
                carries[carry],
                name=f"{x}_{y}_{carry}",
            )
        return results

    return build


def _expected(codes, x, y, carry, width):
    def operand(name, control):
        value = as_signed(codes[name], WIDTH)
        if control in ("mask", "both"):
            value = value * codes[f"{name}_mask"].astype(np.int64)
        if control in ("invert", "both"):
            value = np.where(codes[f"{name}_invert"] == 1, ~value, value)
        return value

    carries = {
        "zero": 0,
        "one": 1,
        "own": codes["y_invert"].astype(np.int64),
        "other": codes["carry"].astype(np.int64),
    }
    total = operand("x", x) + operand("y", y) + carries[carry]
    return (total & ((1 << width) - 1)).astype(np.uint64)


@pytest.mark.parametrize("fabric", ["ecp5", "generic", "xilinx7"])
@pytest.mark.parametrize("width", [5, 6])
def test_every_form_of_operands_and_carry_adds_exactly(fabric, width, tmp_path):
    inputs = {"x": (WIDTH, True), "y": (WIDTH, True)}
    inputs |= dict.fromkeys(("x_mask", "x_invert", "y_mask", "y_invert", "carry"), (1, False))
    outputs = {f"{x}_{y}_{carry}": width for x, y, carry in _forms()}
    core = Datapath(_build(width), inputs, outputs, fabric)
    codes = dict(zip(inputs, every(*(each for each, _ in inputs.values())), strict=True))
    results = core.run(tmp_path, codes)
    for x, y, carry in _forms():
        wanted = _expected(codes, x, y, carry, width)
        np.testing.assert_array_equal(results[f"{x}_{y}_{carry}"], wanted, f"{x} {y} {carry}")


def test_a_mask_may_differ_from_bit_to_bit(tmp_path):
    def build(pipeline, values):
        total = add(
            pipeline, Term(values["x"], values["mask"]), Term(values["y"]), signed(6), name="total"
        )
        return {"total": total}

    inputs = {"x": (4, False), "y": (4, False), "mask": (4, False)}
    codes = dict(zip(inputs, every(4, 4, 4), strict=True))
    results = Datapath(build, inputs, {"total": 6}).run(tmp_path, codes)
    np.testing.assert_array_equal(results["total"], (codes["x"] & codes["mask"]) + codes["y"])


def test_a_constant_operand_costs_no_input(tmp_path):
    def build(pipeline, values):
        constant = pipeline.constant(Const(-3, signed(4)))
        return {"total": add(pipeline, Term(values["x"]), Term(constant), signed(6))}

    results = Datapath(build, {"x": (4, False)}, {"total": 6}).run(tmp_path, {"x": every(4)[0]})
    np.testing.assert_array_equal(as_signed(results["total"], 6), np.arange(16) - 3)


SCRIPT = """
read_verilog -nosynthesis chains.v
prep -flatten -top chains
rename chains behavior
design -stash behavior
read_verilog chains.v
read_verilog -DNO_INCLUDES +/{models}/cells_sim.v
prep -flatten -top chains
rename chains cells
design -copy-from behavior behavior
miter -equiv -flatten -make_outputs behavior cells miter
hierarchy -top miter
sat -verify -prove trigger 0 miter
"""


def _prove_cells(build, signals, width, fabric, folder):
    """Prove by SAT, over all inputs, that the cells do what the simulated module does."""
    m = Module()
    pipeline = Pipeline(m, targets.get(fabric), None, Const(1))
    values = {name: pipeline.input(signal) for name, signal in signals.items()}
    results = []
    for name, value in build(pipeline, values).items():
        result = Signal(width, name=f"result_{name}")
        m.d.comb += result.eq(value.signal)
        results.append(result)
    text = emit_verilog(
        m,
        ports=[*signals.values(), *results],
        module_name="chains",
        libraries=libraries_of(targets.get(fabric)),
    )
    (folder / "chains.v").write_text(text)
    models = targets.get(fabric).synthesis.models
    run_script(SCRIPT.format(models=models), cwd=folder, what="the proof")


@pytest.mark.parametrize(
    ("fabric", "width"), [("ecp5", 4), ("ecp5", 5), ("xilinx7", 5), ("ultrascale_plus", 9)]
)
def test_the_cells_of_the_fabric_are_proved_equal_to_the_behavior(fabric, width, tmp_path):
    names = ("x", "y", "x_mask", "x_invert", "y_mask", "y_invert", "carry")
    signals = {name: Signal(signed(WIDTH) if name in "xy" else 1, name=name) for name in names}
    _prove_cells(_build(width), signals, width, fabric, tmp_path)


TERNARY_FORMS = ("none", "mask", "invert")


def _build_ternary(pipeline, values):
    plain = [Term(values["x"]), Term(values["y"])]
    third = {
        "none": Term(values["z"]),
        "mask": Term(values["z"], mask=values["control"]),
        "invert": Term(values["z"], invert=values["control"]),
    }
    carries = [values["carry"], values["second"]]
    return {
        f"{form}_{count}": add_three(
            pipeline, [*plain, third[form]], signed(6), carries[:count], name=f"{form}_{count}"
        )
        for form in TERNARY_FORMS
        for count in range(3)
    }


@pytest.mark.parametrize("fabric", ["xilinx7", "ultrascale_plus"])
def test_three_operands_and_two_carries_add_exactly(fabric, tmp_path):
    inputs = dict.fromkeys("xyz", (WIDTH, True))
    inputs |= dict.fromkeys(("control", "carry", "second"), (1, False))
    outputs = {f"{form}_{count}": 6 for form in TERNARY_FORMS for count in range(3)}
    codes = dict(zip(inputs, every(3, 3, 3, 1, 1, 1), strict=True))
    results = Datapath(_build_ternary, inputs, outputs, fabric).run(tmp_path, codes)
    x, y, z = (as_signed(codes[name], WIDTH) for name in "xyz")
    control, carry, second = (codes[n].astype(np.int64) for n in ("control", "carry", "second"))
    thirds = {"none": z, "mask": z * control, "invert": np.where(control == 1, ~z, z)}
    for form in TERNARY_FORMS:
        for count in range(3):
            wanted = x + y + thirds[form] + carry * (count > 0) + second * (count > 1)
            np.testing.assert_array_equal(
                as_signed(results[f"{form}_{count}"], 6), wanted, f"{form} {count}"
            )


@pytest.mark.parametrize("fabric", ["xilinx7", "ultrascale_plus"])
def test_the_cells_of_a_ternary_adder_are_proved_equal_to_the_behavior(fabric, tmp_path):
    names = ("x", "y", "z", "control", "carry", "second")
    signals = {name: Signal(signed(WIDTH) if name in "xyz" else 1, name=name) for name in names}
    _prove_cells(_build_ternary, signals, 6, fabric, tmp_path)


def test_a_second_control_of_three_terms_is_refused():
    pipeline = Pipeline(Module(), targets.get("xilinx7"), None, Const(1))
    x, y, z, mask = (pipeline.input(Signal(1, name=name)) for name in ("x", "y", "z", "mask"))
    with pytest.raises(ValueError, match="at most one control, not 2"):
        add_three(pipeline, [Term(x, mask), Term(y, mask), Term(z)], signed(3))
    pipeline.discard()
