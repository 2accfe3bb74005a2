"""The scales of groups, a bit a clock cycle, while the next group comes in."""

from amaranth.hdl import Mux, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed

__all__ = ["add_scaled_serially"]


def add_scaled_serially(pipeline, valid, total, scale, load, first, shape):
    """Return the sum of groups' sums times their scales, since the group marked ``first``.

    A group's sum is shifted to the left and added where a bit of its scale, from the lowest up, is
    1. It takes as many clock cycles as a scale has bits, so that groups must be so far apart.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    valid : ValidChain
        Tells whether a stage holds a token.
    total, scale : Timed
        Sum and scale of a group.
    load : Timed
        One bit; 1 where they are those of a whole group.
    first : Timed or None
        One bit; 1 forgets the groups so far. None: every group does.
    shape : Shape
        Shape of the sum of groups.

    Returns
    -------
    Timed
        The sum, in the stage that a token reaches when its last bit is added.
    """
    m, launch, bits = pipeline.m, pipeline.fabric.launch_delay, len(scale)
    marks = [load] if first is None else [load, first]
    inputs = [total, scale, *marks]
    width = len(total) + bits - 1
    delay = pipeline.fabric.logic_delay(2)
    stage, arrival = pipeline.start(inputs, delay, width=width)
    sum_in, scale_in, *marks_in = (pipeline.at(each, stage) for each in inputs)
    extended = signed(width) if total.signal.shape().signed else unsigned(width)
    shifted = Signal(extended, reset_less=True, name="shifted_sum")
    left = Signal(bits, name="scale_bits")
    keep, row = Signal(name="keep_row"), Signal(shape, reset_less=True, name="row_sum")
    begins = Signal(name="scale_begins")
    m.d.comb += begins.eq(valid.at(stage) & marks_in[0])
    with m.If(pipeline.enable):
        m.d.sync += [
            shifted.eq(Mux(begins, sum_in, shifted << 1)),
            left.eq(Mux(begins, scale_in, left >> 1)),
            keep.eq(~(begins & marks_in[-1])),
        ]
    pipeline.capture(Timed(shifted, stage, arrival + delay))
    after = stage + 1
    result = add(
        pipeline,
        Term(Timed(row, after, launch), Timed(keep, after, launch)),
        Term(Timed(shifted, after, launch), Timed(left[0], after, launch)),
        shape,
        name="scaled_row",
    )
    pipeline.capture(result)
    with m.If(pipeline.enable):
        m.d.sync += row.eq(result.signal)
    pipeline.register_bits += width + bits + shape.width
    return Timed(result.signal, stage + bits, result.arrival, result.exit)
