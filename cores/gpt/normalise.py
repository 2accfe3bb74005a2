"""The norm of a vector: codes of its gained values, and the reciprocal root of its mean square."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.gpt.arithmetic import bit_length, moved_right

__all__ = ["GAINED_BITS", "Normalise"]

GAINED_BITS = 50
"""Bits of a value times its gain."""
_SQUARE_BITS = 62
_ONE = 1 << 16
_LIMB = 17


class Normalise(wiring.Component):
    """Takes values one a clock cycle: once, and once before for their mean if it is subtracted.

    Members
    -------
    start : In(1)
        Begin with the operands beside it.
    count, mean_significand, mean_shift, center, epsilon : In
        As in the instruction.
    address, value, gain : Out, In, In
        Number of a value; it and its gain come a clock cycle later.
    follow : In(1)
        With the start: take results as they come, beside their gains, instead of reading values.
    result, result_last, result_valid : In
    gained, gained_last, gained_valid : Out
        To the quantiser.
    significand, shift, done : Out
        The scalar, when it is there.
    """

    def __init__(self):
        super().__init__(
            {
                "start": In(1),
                "count": In(20),
                "mean_significand": In(17),
                "mean_shift": In(6),
                "center": In(1),
                "epsilon": In(32),
                "address": Out(20),
                "value": In(signed(32)),
                "gain": In(signed(32)),
                "follow": In(1),
                "result": In(signed(32)),
                "result_last": In(1),
                "result_valid": In(1),
                "gained": Out(signed(GAINED_BITS)),
                "gained_last": Out(1),
                "gained_valid": Out(1),
                "significand": Out(17),
                "shift": Out(6),
                "done": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        self._mean = Signal(signed(32), name="mean")
        follows = Signal(name="follows_results")
        with m.If(self.start):
            m.d.sync += follows.eq(self.follow)
        reading, ends = Signal(name="reads"), self.address == self.count - 1
        read, read_last = Signal(name="value_read"), Signal(name="last_value_read")
        m.d.sync += [read.eq(reading), read_last.eq(reading & ends)]
        value, gain = Signal(signed(32), name="value_now"), Signal(signed(18), name="gain_now")
        now, last_now = Signal(name="value_is_there"), Signal(name="last_value_is_there")
        multiplied, last_multiplied = Signal(), Signal(name="last_is_multiplied")
        m.d.sync += [
            value.eq(Mux(follows, self.result, self.value)),
            gain.eq(self.gain[:18].as_signed()),
            now.eq(Mux(follows, self.result_valid, read)),
            last_now.eq(Mux(follows, self.result_valid & self.result_last, read_last)),
            multiplied.eq(now),
            last_multiplied.eq(last_now),
        ]
        with m.If(reading):
            m.d.sync += self.address.eq(self.address + 1)
        total = Signal(signed(53), name="sum_of_values")
        squares = Signal(80, name="sum_of_squares")
        squaring = Signal(name="squares_values")
        distance, square, squared = Signal(signed(33)), Signal(66), Signal()
        m.d.comb += distance.eq(value - self._mean)
        m.d.sync += [
            square.eq(_sum_of(_parts(m, distance, distance, "square"))),
            squared.eq(multiplied & squaring),
            self.gained.eq(_sum_of(_parts(m, distance, gain, "gained"))),
            self.gained_valid.eq(multiplied & squaring),
            self.gained_last.eq(last_multiplied),
        ]
        with m.If(squared):
            m.d.sync += squares.eq(squares + square)
        with m.If(now & ~squaring):
            m.d.sync += total.eq(total + value)
        product, scaled = Signal(signed(80), name="mean_product"), Signal(signed(80))
        doubled = Signal(signed(81), name="mean_doubled")
        m.d.comb += [
            doubled.eq(moved_right(Cat(Const(0, 1), product).as_signed(), self.mean_shift)),
            scaled.eq(doubled + 1 >> 1),
        ]
        means = _parts(m, total, self.mean_significand, "mean")
        add_states = self._root(m, squares)
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [self.address.eq(0), total.eq(0), squares.eq(0), self._mean.eq(0)]
                m.d.sync += [reading.eq(~self.follow), squaring.eq(~self.center)]
                m.next = "READ"
            with m.State("READ"):
                with m.If(reading & ends):
                    m.d.sync += reading.eq(0)
                with m.If(last_multiplied):
                    with m.If(squaring):
                        m.next = "SETTLE"
                    with m.Else():
                        m.next = "MEAN"
            with m.State("MEAN"):
                m.next = "MEAN_SUM"
            with m.State("MEAN_SUM"):
                m.d.sync += product.eq(_sum_of(means))
                m.next = "CENTER"
            with m.State("CENTER"):
                m.d.sync += [self._mean.eq(scaled), self.address.eq(0)]
                m.d.sync += [reading.eq(1), squaring.eq(1)]
                m.next = "READ"
            with m.State("SETTLE"):
                m.next = "SETTLED"
            with m.State("SETTLED"):
                m.next = "SQUARE"
            add_states()
        return m

    def _root(self, m, squares):
        """Return what adds the states that make the reciprocal root of the mean square."""
        wide, mean_square = Signal(98, name="square_product"), Signal(64, name="mean_square")
        moved, rounded = Signal(99, name="square_moved"), Signal(98, name="square_rounded")
        parts = _parts(m, squares, self.mean_significand, "square_mean")
        limit = (1 << _SQUARE_BITS) - 1
        length = Signal(7, name="square_length")
        length_now = bit_length(m, mean_square, "square_length_now")
        even, normal = Signal(7), Signal(32, name="normalised_square")
        m.d.comb += even.eq(length + length[0])
        wide_normal = Signal(96)
        m.d.comb += wide_normal.eq(moved_right(Cat(Const(0, 32), mean_square), even))
        entries = [round(_ONE / max((each + 0.5) / 128, 0.25) ** 0.5) for each in range(128)]
        m.submodules.roots = roots = Memory(shape=17 + 1, depth=128, init=entries)
        port = roots.read_port()
        m.d.comb += port.addr.eq(normal[25:])
        begin, square, residue = Signal(18), Signal(20), Signal(18)
        product = Signal(38)

        def add_states():
            with m.State("SQUARE"):
                m.next = "SQUARE_SUM"
            with m.State("SQUARE_SUM"):
                m.d.sync += wide.eq(_sum_of(parts))
                m.next = "MOVE"
            with m.State("MOVE"):
                m.d.sync += moved.eq(moved_right(Cat(Const(0, 1), wide), self.mean_shift))
                m.next = "ROUND"
            with m.State("ROUND"):
                m.d.sync += rounded.eq(moved + 1 >> 1)
                m.next = "LIMIT"
            with m.State("LIMIT"):
                m.d.sync += mean_square.eq(Mux(rounded > limit, limit, rounded) + self.epsilon)
                m.next = "MEASURE"
            with m.State("MEASURE"):
                with m.If(mean_square == 0):
                    m.d.sync += [mean_square.eq(1), length.eq(1)]
                with m.Else():
                    m.d.sync += length.eq(length_now)
                m.next = "NORMALISE"
            with m.State("NORMALISE"):
                m.d.sync += normal.eq(wide_normal)
                m.next = "LOOK"
            with m.State("LOOK"):
                m.next = "BEGIN"
            with m.State("BEGIN"):
                m.d.sync += begin.eq(port.data)
                m.next = "START_SQUARED"
            with m.State("START_SQUARED"):
                m.d.sync += square.eq(begin * begin + _ONE // 2 >> 16)
                m.next = "RESIDUE"
            with m.State("RESIDUE"):
                m.d.sync += product.eq(square * normal[14:])
                m.next = "SUBTRACT"
            with m.State("SUBTRACT"):
                m.d.sync += residue.eq(3 * _ONE - (product + (1 << 17) >> 18))
                m.next = "MULTIPLY"
            with m.State("MULTIPLY"):
                m.d.sync += [
                    self.significand.eq(begin * residue + _ONE >> 17),
                    self.shift.eq(even >> 1),
                ]
                m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += self.done.eq(1)
                m.next = "IDLE"

        return add_states


def _parts(m, a, b, name):
    """Return registers with the products of parts of two values, and where they belong."""
    found = []
    for first, one in _limbs(a):
        for second, other in _limbs(b):
            part = Signal((one * other).shape(), name=f"{name}_{first}_{second}")
            m.d.sync += part.eq(one * other)
            found.append((part, first + second))
    return found


def _limbs(value):
    """Yield (place, bits) of the parts of a value that a hard multiplier takes."""
    for place in range(0, len(value), _LIMB):
        part = value[place : place + _LIMB]
        last = place + _LIMB >= len(value)
        yield place, part.as_signed() if last and value.shape().signed else part


def _sum_of(parts):
    """Return the sum of what `_parts` gave."""
    return sum(part << place for part, place in parts)
