"""Results of a core: to the answer bytes, or into the signature."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Collector"]


class Collector(wiring.Component):
    """Take a core's output tokens.

    Parameters
    ----------
    width : int
        Bits of an output token.
    ring_depth : int
        Bytes of the ring behind it.

    Members
    -------
    token, token_valid, token_ready : In(width), In(1), Out(1)
        The core's output. ``token_ready`` is a register.
    testing : In(1)
        Take a token every clock, and keep none.
    used : In(range(ring_depth))
        Bytes in the ring.
    data, write : Out(8), Out(1)
        Token bytes to the ring, the least significant first.
    quiet : Out(1)
        A token could have come, and did not.
    """

    def __init__(self, width, ring_depth):
        self._width = width
        self._bytes = -(-width // 8)
        self._ring_depth = ring_depth
        super().__init__(
            {
                "token": In(width),
                "token_valid": In(1),
                "token_ready": Out(1),
                "testing": In(1),
                "used": In(range(ring_depth)),
                "data": Out(8),
                "write": Out(1),
                "quiet": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        held = Signal(8 * self._bytes, reset_less=True)
        left = Signal(range(self._bytes + 1))
        room = Signal()
        taken = Signal()
        # two bytes less than there are: `used` is late, and a full ring looks empty
        m.d.sync += room.eq(self.used < self._ring_depth - self._bytes - 2)
        m.d.comb += [
            taken.eq(self.token_valid & self.token_ready),
            self.quiet.eq(~self.token_valid & self.token_ready),
            self.write.eq(left != 0),
            self.data.eq(held[:8]),
        ]
        with m.If(self.write):
            m.d.sync += [held.eq(Cat(held[8:], Const(0, 8))), left.eq(left - 1)]
        with m.If(self.token_ready):
            m.d.sync += held.eq(self.token)
            with m.If(taken & ~self.testing):
                m.d.sync += [left.eq(self._bytes), self.token_ready.eq(0)]
        with m.Elif(left == 0):
            m.d.sync += self.token_ready.eq(room)
        return m
