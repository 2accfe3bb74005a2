"""Products of any widths: exact, whole or in parts, at frequencies that cut them differently."""

import random

import pytest
from amaranth.hdl import Const, Module, Signal, signed, unsigned
from amaranth.sim import Simulator
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.function.arithmetic import product

from hwgen import targets

SHAPES = [
    (signed(32), unsigned(17)),
    (signed(32), signed(32)),
    (unsigned(31), unsigned(31)),
    (signed(46), signed(18)),
    (signed(42), signed(42)),
    (unsigned(72), unsigned(10)),
    (unsigned(17), signed(60)),
]


def extremes(shape):
    """Return the least and the greatest value of a shape."""
    if shape.signed:
        return -(1 << shape.width - 1), (1 << shape.width - 1) - 1
    return 0, (1 << shape.width) - 1


@pytest.mark.parametrize("frequency", [None, 100, 130])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_products_are_exact_however_they_are_cut(shapes, frequency):
    m = Module()
    clocked = Signal()
    m.d.sync += clocked.eq(~clocked)
    pipeline = Pipeline(m, targets.get("ecp5"), frequency, Const(1))
    operands = [Signal(shape, name=f"operand{number}") for number, shape in enumerate(shapes)]
    found = product(pipeline, *(pipeline.input(each) for each in operands), "product")
    draw = random.Random(3)

    async def bench(context):
        for _ in range(60):
            values = [
                draw.choice([*extremes(shape), 0, draw.randint(*extremes(shape))])
                for shape in shapes
            ]
            for signal, value in zip(operands, values, strict=True):
                context.set(signal, value)
            for _ in range(found.stage + 1):
                await context.tick()
            assert context.get(found.signal) == values[0] * values[1]

    simulator = Simulator(m)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()
    assert pipeline.meets_period()
