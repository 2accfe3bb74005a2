"""Adders on carry chains: every form of operand, and the fabric's cells against the definition."""

from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Signal, signed
from datapath import Datapath, as_signed, every
from hwgen.cores.arith.adder import CARRY_CHAIN_LIBRARY, Term, add
from hwgen.cores.arith.pipeline import Pipeline

from hwgen import targets
from hwgen.flow.emit import emit_verilog
from hwgen.flow.yosys import run_script

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


@pytest.mark.parametrize("fabric", ["ecp5", "generic"])
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
read_verilog -DNO_INCLUDES +/ecp5/cells_sim.v
prep -flatten -top chains
rename chains cells
design -copy-from behavior behavior
miter -equiv -flatten -make_outputs behavior cells miter
hierarchy -top miter
sat -verify -prove trigger 0 miter
"""


@pytest.mark.parametrize("width", [4, 5])
def test_the_cells_of_the_fabric_are_proved_equal_to_the_behavior(width, tmp_path):
    """Proof by SAT over all inputs, with the cell models that come with Yosys."""
    names = ("x", "y", "x_mask", "x_invert", "y_mask", "y_invert", "carry")
    signals = {name: Signal(signed(WIDTH) if name in "xy" else 1, name=name) for name in names}
    m = Module()
    pipeline = Pipeline(m, targets.get("ecp5"), None, Const(1))
    values = {name: pipeline.input(signal) for name, signal in signals.items()}
    results = []
    for name, value in _build(width)(pipeline, values).items():
        result = Signal(width, name=f"result_{name}")
        m.d.comb += result.eq(value.signal)
        results.append(result)
    text = emit_verilog(m, ports=[*signals.values(), *results], module_name="chains")
    (tmp_path / "chains.v").write_text(f"{text}\n{CARRY_CHAIN_LIBRARY.read_text()}")
    run_script(SCRIPT, cwd=tmp_path, what="the proof")
