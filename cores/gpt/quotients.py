"""The end of attention: sums of weighted values over the sum of weights, by one reciprocal."""

from amaranth.hdl import Array, Cat, Const, Module, Signal, signed
from amaranth.lib.wiring import In, Out
from hwgen.cores.function.arithmetic import product, rounding_shift, saturated
from hwgen.cores.function.functions import reciprocal
from hwgen.cores.gpt.arithmetic import bit_length, registered
from hwgen.cores.gpt.block_terms import EXPONENT_BITS
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

__all__ = ["Quotients"]


class Quotients(Unit):
    """Divides sums, one a clock cycle.

    Parameters
    ----------
    config : MachineConfig
    total_bits : int
        Bits of the divisor.
    sum_shape : Shape
        Of a sum.
    count : int
        Sums.

    Members
    -------
    start : In(1)
        Begin; what is divided stays as it is for the interval.
    total, exponent, sums : In
        Divisor, exponent of the sums, and the sums.
    value, last, valid : Out
        A quotient with 16 fraction bits; whether it is the last one.

    Attributes
    ----------
    latency : int
        Clock cycles from the start to the last quotient.
    interval : int
        Clock cycles from one start to the next, at least.
    """

    def __init__(self, config, total_bits, sum_shape, count):
        self._count = count
        super().__init__(
            config,
            {
                "start": In(1),
                "total": In(total_bits),
                "exponent": In(signed(EXPONENT_BITS)),
                "sums": In(sum_shape).array(count),
                "value": Out(signed(32)),
                "last": Out(1),
                "valid": Out(1),
            },
        )

    def _build(self):
        m = Module()
        self._divides, self._ends = Signal(name="divides"), Signal(name="last_is_divided")
        inverse, amount, stages = self._inverse(m)
        through = self._divide(m, inverse, amount)
        # the length, the shift, and a register behind the reciprocal
        waits = stages + 3
        self.latency = waits + self._count + through + 2
        self.interval = waits + self._count + 2
        left = Signal(range(waits + 1), name="waits")
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += left.eq(waits)
                with m.If(self.start):
                    m.next = "INVERT"
            with m.State("INVERT"):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.sync += self._divides.eq(1)
                    m.next = "DIVIDE"
            with m.State("DIVIDE"), m.If(self._ends):
                m.d.sync += self._divides.eq(0)
                m.next = "IDLE"
        return m

    def _inverse(self, m):
        """Return (reciprocal of the total, by how much products with it move, its stages)."""
        bits = len(self.total)
        known, normal = Signal(range(bits + 1), name="known_length"), Signal(31, name="normalised")
        wide = Cat(self.total, Const(0, 31 - bits))[:31]
        m.d.sync += [
            known.eq(bit_length(m, self.total, "total_length")),
            normal.eq(wide << (31 - known).as_unsigned()[:5]),
        ]
        pipeline = self._pipeline(m)
        place, rest = pipeline.input(normal[23:30], "place"), pipeline.input(normal[11:23], "rest")
        found = reciprocal(pipeline, place, rest)
        stage = pipeline.output_stage([found])
        inverse, amount = Signal(17, name="reciprocal_of_total"), Signal(6, name="quotient_amount")
        m.d.sync += [
            inverse.eq(pipeline.output(found, stage)),
            amount.eq(known - 1 - self.exponent),
        ]
        return inverse, amount, stage

    def _divide(self, m, inverse, amount):
        """Divide the sums while ``_divides`` is 1; return through how many registers they go."""
        pipeline, count = self._pipeline(m), self._config.read_registers
        number = Signal(range(self._count), name="divided")
        value = Signal(self.sums[0].shape(), name="divided_sum")
        m.d.comb += [
            value.eq(Array(self.sums)[number]),
            self._ends.eq(self._divides & (number == self._count - 1)),
        ]
        with m.If(self._divides):
            m.d.sync += number.eq(number + 1)
        with m.If(self._ends):
            m.d.sync += number.eq(0)
        value, ends, divides = (
            registered(m, each, count, f"{name}_now")
            for name, each in (
                ("sum", value),
                ("last", self._ends),
                ("divides", self._divides),
            )
        )
        valid = ValidChain(m, divides, Const(1))
        wide = product(
            pipeline,
            pipeline.input(value, "weighted"),
            pipeline.input(inverse, "inverse"),
            "quotient_product",
        )
        moved = rounding_shift(pipeline, wide, pipeline.input(amount, "amount"), name="quotient")
        result = saturated(pipeline, moved, "attended")
        is_last = pipeline.input(ends, "is_last")
        stage = pipeline.output_stage([result, is_last])
        now = valid.at(stage)
        m.d.sync += [
            self.value.eq(pipeline.output(result, stage)),
            self.valid.eq(now),
            self.last.eq(now & pipeline.at(is_last, stage)),
        ]
        return stage + count
