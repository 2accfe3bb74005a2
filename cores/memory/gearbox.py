"""From beats of a memory to tokens of another size, densely."""

from math import gcd

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Gearbox"]


class Gearbox(wiring.Component):
    """Cut a stream of bits into words of another width; the first bits are the lowest.

    Every clock cycle a word comes in, or one goes out, or both.

    Parameters
    ----------
    width_in, width_out : int
        Bits.

    Members
    -------
    i : In(stream)
    o : Out(stream)
        Its valid depends on registers only; ``i.ready`` on them and ``o.ready``.
    """

    def __init__(self, width_in, width_out):
        self._widths = width_in, width_out
        super().__init__(
            {"i": In(stream.Signature(width_in)), "o": Out(stream.Signature(width_out))}
        )

    def elaborate(self, platform):
        m = Module()
        width_in, width_out = self._widths
        unit = gcd(width_in, width_out)
        come, go = width_in // unit, width_out // unit
        held = Signal((come + go - 1) * unit, name="held")
        level, rest = (Signal(range(come + go), name=name) for name in ("level", "rest"))
        kept, moved = (Signal(len(held), name=name) for name in ("kept", "moved"))
        leaves, comes = Signal(name="leaves"), Signal(name="comes")
        m.d.comb += [
            self.o.valid.eq(level >= go),
            self.o.payload.eq(held),
            leaves.eq(self.o.valid & self.o.ready),
            # what is left then has fewer units than a word that goes out
            self.i.ready.eq((level < go) | (self.o.ready & (level < 2 * go))),
            comes.eq(self.i.valid & self.i.ready),
            rest.eq(Mux(leaves, level - go, level)),
            kept.eq(Mux(leaves, held >> width_out, held)),
        ]
        with m.Switch(rest):
            for place in range(go):
                with m.Case(place):
                    m.d.comb += moved.eq(self.i.payload << place * unit)
        m.d.sync += [
            # nothing stands above the level
            held.eq(kept | Mux(comes, moved, 0)),
            level.eq(rest + Mux(comes, come, 0)),
        ]
        return m
