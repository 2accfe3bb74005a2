"""Self-test parts: a pseudo-random byte source and a signature of what a core answers."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.protocol import MISR_POLYNOMIAL, PRBS_SEED

__all__ = ["Misr", "Prbs31"]


class Prbs31(wiring.Component):
    """The sequence of x^31 + x^28 + 1 (ITU-T O.150, not inverted), eight bits a step.

    Bit n of the sequence is bit n-31 exclusive-or bit n-28; the 31 bits before the first are
    `PRBS_SEED`, the earliest in its least significant bit.
    The earliest bit of a byte is its least significant one.

    Members
    -------
    data : Out(8)
        The next byte.
    step : In(1)
        Go on to the byte after it.
    """

    data: Out(8)
    step: In(1)

    def elaborate(self, platform):
        m = Module()
        # the newest bit is the most significant
        state = Signal(31, init=PRBS_SEED)
        m.d.comb += self.data.eq(state[0:8] ^ state[3:11])
        with m.If(self.step):
            m.d.sync += state.eq(Cat(state[8:], self.data))
        return m


class Misr(wiring.Component):
    """A 32-bit multiple-input signature register.

    A word is folded to 32 bits first: its 32-bit slices (the last padded with zeros) are
    combined by exclusive or. Then signature = signature * x + folded, modulo the polynomial
    x^32 + `MISR_POLYNOMIAL`. It starts at zero.

    Parameters
    ----------
    width : int
        Bits of a word.

    Members
    -------
    word : In(width)
        A word.
    valid : In(1)
        Take it in; it counts two clocks later.
    value : Out(32)
        The signature so far.
    """

    def __init__(self, width):
        self._width = width
        super().__init__({"word": In(width), "valid": In(1), "value": Out(32)})

    def elaborate(self, platform):
        m = Module()
        folded = Signal(32)
        fresh = Signal()
        total = Const(0, 32)
        for start in range(0, self._width, 32):
            total = total ^ self.word[start : start + 32]
        m.d.sync += [folded.eq(total), fresh.eq(self.valid)]
        feedback = self.value[31].replicate(32) & MISR_POLYNOMIAL
        with m.If(fresh):
            m.d.sync += self.value.eq(Cat(Const(0, 1), self.value[:31]) ^ feedback ^ folded)
        return m
