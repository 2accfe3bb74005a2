"""A register that sums the values of marked runs of tokens."""

from amaranth.hdl import Signal
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed

__all__ = ["accumulate"]


def accumulate(pipeline, value, first, update, shape, sign=None):
    """Return the sum of the values since the last one marked ``first``, this one included.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the accumulator becomes part of.
    value : Timed
        What is added.
    first : Timed
        One bit; 1 forgets the sum so far.
    update : callable
        Takes a stage, returns the condition under which a token leaves that stage.
    shape : Shape
        Shape of the sum, which it is known to fit.
    sign : Timed or None
        One bit; 1 subtracts the value.
    """
    # with registers in front of it the loop has the whole clock period
    inputs = [value, first] + [sign] * (sign is not None)
    stage = max(each.stage for each in inputs) + (pipeline.period is not None)
    value, first, *signs = (pipeline.moved(each, stage) for each in inputs)
    held = Signal(shape, reset_less=True, name="accumulator")
    keep = pipeline.free(lambda bit: ~bit, first)
    total = add(
        pipeline,
        Term(Timed(held, stage, pipeline.fabric.launch_delay), keep),
        Term(value, None, *signs),
        shape,
        *signs,
        name="accumulated",
    )
    with pipeline.m.If(update(stage)):
        pipeline.m.d.sync += held.eq(total.signal)
    return total
