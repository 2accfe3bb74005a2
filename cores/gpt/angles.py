"""Cosines and sines of a position's angles: two turns of two tables, one after the other."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["Angles"]

_SHIFT = 44


class Angles(wiring.Component):
    """Reads four constants for every pair and keeps cosine and sine, with 16 fraction bits.

    Parameters
    ----------
    pairs : int
        Pairs of a head.

    Members
    -------
    start, coarse, fine : In
        Begin; addresses of the first turn of both positions.
    address, word : Out, In
        Port to the constants, which come a clock cycle later.
    pair, cosine, sine : In, Out, Out
        Number of a pair, and its turn, at once.
    done : Out(1)
    """

    def __init__(self, pairs):
        self._pairs = pairs
        super().__init__(
            {
                "start": In(1),
                "coarse": In(32),
                "fine": In(32),
                "address": Out(32),
                "word": In(signed(32)),
                "pair": In(range(max(2, pairs))),
                "cosine": Out(signed(18)),
                "sine": Out(signed(18)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        ports = {}
        for name in ("cosine", "sine"):
            memory = Memory(shape=signed(18), depth=max(2, self._pairs), init=[])
            m.submodules[name] = memory
            ports[name], read = memory.write_port(), memory.read_port(domain="comb")
            m.d.comb += [read.addr.eq(self.pair), getattr(self, name).eq(read.data)]
        pair = Signal(range(max(2, self._pairs)), name="turned_pair")
        words = [Signal(signed(32), name=f"turn_{number}") for number in range(4)]
        first = Signal(signed(64))
        one, other = Signal(signed(32)), Signal(signed(32))
        product = Signal(signed(64), name="turn_product")
        m.d.comb += product.eq(one * other)
        total = Signal(signed(66), name="turn_total")
        half = 1 << _SHIFT - 1
        for name in ports:
            m.d.comb += [ports[name].addr.eq(pair), ports[name].data.eq(total + half >> _SHIFT)]
        a_cos, a_sin, b_cos, b_sin = words
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += pair.eq(0)
                with m.If(self.start):
                    m.next = "COARSE"
            for name, following, place in (
                ("COARSE", "COARSE_SINE", self.coarse + 2 * pair),
                ("COARSE_SINE", "FINE", self.coarse + 2 * pair + 1),
                ("FINE", "FINE_SINE", self.fine + 2 * pair),
                ("FINE_SINE", "READ", self.fine + 2 * pair + 1),
                ("READ", "COSINE", self.fine),
            ):
                with m.State(name):
                    m.d.comb += self.address.eq(place)
                    m.next = following
                    self._take(m, name, words)
            steps = (
                ("COSINE", "COSINE_2", a_cos, b_cos),
                ("COSINE_2", "COSINE_3", a_sin, b_sin),
                ("SINE", "SINE_2", a_cos, b_sin),
                ("SINE_2", "SINE_3", a_sin, b_cos),
            )
            for name, following, x, y in steps:
                with m.State(name):
                    m.d.sync += [one.eq(x), other.eq(y)]
                    if name.endswith("2"):
                        m.d.sync += first.eq(product)
                    m.next = following
            for name, write, following, sign in (
                ("COSINE_3", "WRITE_COSINE", "SINE", -1),
                ("SINE_3", "WRITE_SINE", "NEXT", 1),
            ):
                with m.State(name):
                    m.d.sync += total.eq(first - product if sign < 0 else first + product)
                    m.next = write
                with m.State(write):
                    m.d.comb += ports["cosine" if sign < 0 else "sine"].en.eq(1)
                    m.next = following
            with m.State("NEXT"):
                m.d.sync += pair.eq(pair + 1)
                m.next = "COARSE"
                with m.If(pair == self._pairs - 1):
                    m.d.comb += self.done.eq(1)
                    m.next = "IDLE"
        return m

    def _take(self, m, state, words):
        """Take the word that the state before asked for."""
        order = ("COARSE_SINE", "FINE", "FINE_SINE", "READ")
        if state in order:
            m.d.sync += words[order.index(state)].eq(self.word)
