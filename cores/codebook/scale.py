"""The scales of groups, a bit a clock cycle, while the next group comes in."""

from amaranth.hdl import Cat, Mux, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed

__all__ = ["add_scaled_serially"]


def add_scaled_serially(pipeline, valid, total, scale, load, first, shape):
    """Return the sum of groups' sums times their scales, since the group marked ``first``.

    It takes as many clock cycles as a scale has bits, so that groups must be so far apart.

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
    marks = [load] if first is None else [load, first]
    loop = _ScaleLoop(pipeline, valid, total, scale, marks)
    if first is None:
        return loop.product(shape)
    return loop.sum_of_products(shape)


class _ScaleLoop:
    """The registers that hold a group's sum and scale while the scale's bits go by."""

    def __init__(self, pipeline, valid, total, scale, marks):
        self.pipeline, self.bits = pipeline, len(scale)
        self.signed = total.signal.shape().signed
        self.width = len(total)
        inputs = [total, scale, *marks]
        self.delay = pipeline.fabric.logic_delay(2)
        reach = self.width + self.bits - 1
        self.stage, self.arrival = pipeline.start(inputs, self.delay, width=reach)
        self.total, self.scale, load, *rest = (pipeline.at(each, self.stage) for each in inputs)
        m = pipeline.m
        self.begins = Signal(name="scale_begins")
        self.left, self.keep = Signal(self.bits, name="scale_bits"), Signal(name="keep_row")
        m.d.comb += self.begins.eq(valid.at(self.stage) & load)
        with m.If(pipeline.enable):
            m.d.sync += [
                self.left.eq(Mux(self.begins, self.scale, self.left >> 1)),
                self.keep.eq(~(self.begins & (rest or [load])[0])),
            ]

    def _held(self, width, name):
        """Return a register of the group's sum as a signal."""
        return Signal(signed(width) if self.signed else unsigned(width), reset_less=True, name=name)

    def _added(self, row, held, shape):
        """Return the row's sum so far and, where the scale's bit is 1, the group's."""
        pipeline, after = self.pipeline, self.stage + 1
        row, keep, held, bit = (
            Timed(each, after, pipeline.fabric.launch_delay)
            for each in (row, self.keep, held, self.left[0])
        )
        result = add(pipeline, Term(row, keep), Term(held, bit), shape, name="scaled_row")
        pipeline.capture(result)
        return result

    def _result(self, signal, added, register_bits):
        """Return a signal that is right when all bits of the scale have been added."""
        self.pipeline.register_bits += self.bits + register_bits
        return Timed(signal, self.stage + self.bits, added.arrival, added.exit)

    def product(self, shape):
        """Return sum times scale: what is added moves to the right, and its lowest bits away."""
        pipeline, m, width = self.pipeline, self.pipeline.m, self.width
        held, high = self._held(width, "held_sum"), self._held(width, "row_sum")
        low = Signal(self.bits - 1, reset_less=True, name="row_sum_low")
        with m.If(pipeline.enable & self.begins):
            m.d.sync += held.eq(self.total)
        added = self._added(high, held, self._held(width + 1, "scaled_row").shape())
        with m.If(pipeline.enable):
            m.d.sync += high.eq(added.signal >> 1)
            m.d.sync += low.eq(Cat(low, added.signal[0])[1:])
        result = Signal(shape, name="scaled_product")
        whole = Cat(low, added.signal)
        m.d.comb += result.eq(whole.as_signed() if self.signed else whole)
        return self._result(result, added, 2 * width + self.bits - 1)

    def sum_of_products(self, shape):
        """Return the sum of sums times scales: a group's moves to the left."""
        pipeline, m, width = self.pipeline, self.pipeline.m, self.width + self.bits - 1
        shifted = self._held(width, "shifted_sum")
        row = Signal(shape, reset_less=True, name="row_sum")
        with m.If(pipeline.enable):
            m.d.sync += shifted.eq(Mux(self.begins, self.total, shifted << 1))
        pipeline.capture(Timed(shifted, self.stage, self.arrival + self.delay))
        added = self._added(row, shifted, shape)
        with m.If(pipeline.enable):
            m.d.sync += row.eq(added.signal)
        return self._result(added.signal, added, width + shape.width)
