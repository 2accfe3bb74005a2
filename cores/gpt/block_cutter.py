"""From beats of a memory to blocks of weights, whose size depends on their format."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["COUNT_BITS", "UNIT_BYTES", "BlockCutter"]

COUNT_BITS = 32
"""Bits of a number of blocks."""
UNIT_BYTES = 4
"""Every block is some of these: headers and codes of 32 columns are."""
_UNIT = 8 * UNIT_BYTES


class BlockCutter(wiring.Component):
    """Cut blocks out of beats, job after job.

    A job begins in the middle of its first beat, and what is left of its last one is dropped. Of
    every job a beat is taken only when a block needs it, so none of the next one.

    Parameters
    ----------
    data_bits : int
        Of a beat, a power of two, at least 64.
    sizes : sequence of int
        Bytes of a block of every format, multiples of 4.

    Members
    -------
    job : In(stream)
        Number of a format, units of 4 bytes to skip, and blocks, 1 or more.
    i : In(stream)
        Beats, the first byte lowest.
    o : Out(stream)
        Blocks, from bit 0 on. Valid depends on registers only, ``i.ready`` on them and
        ``o.ready``. Between two jobs there are two clock cycles without a block, and those in
        which the first beats come.
    """

    def __init__(self, data_bits, sizes):
        self._sizes, self._come = tuple(sizes), data_bits // _UNIT
        job = {"format": range(max(2, len(sizes))), "skip": range(self._come), "blocks": COUNT_BITS}
        super().__init__(
            {
                "job": In(stream.Signature(data.StructLayout(job))),
                "i": In(stream.Signature(data_bits)),
                "o": Out(stream.Signature(8 * max(sizes))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        units = [each // UNIT_BYTES for each in self._sizes]
        come, go = self._come, max(units)
        busy, ends = Signal(name="busy"), Signal(name="ends")
        left, size = Signal(COUNT_BITS, name="blocks_left"), Signal(range(go + 1), name="size")
        skip, form = Signal(range(come), name="skip"), Signal.like(self.job.payload.format)
        held = Signal((come + go - 1) * _UNIT, name="held")
        level, rest = (Signal(range(come + go), name=name) for name in ("level", "rest"))
        leaves, comes = Signal(name="leaves"), Signal(name="comes")
        takes = Signal(name="takes_job")
        m.d.comb += [
            self.job.ready.eq(~busy),
            takes.eq(self.job.valid & ~busy),
            ends.eq(left == 1),
            self.o.valid.eq(busy & (level >= size)),
            self.o.payload.eq(held),
            leaves.eq(self.o.valid & self.o.ready),
            # what is left then is no whole block, and another one is to come
            self.i.ready.eq(busy & ((level < size) | (leaves & ~ends & (level < 2 * size)))),
            comes.eq(self.i.valid & self.i.ready),
            rest.eq(Mux(leaves, level - size, level)),
        ]
        m.d.sync += [
            held.eq(self._kept(m, held, leaves, form) | Mux(comes, self._moved(m, rest, skip), 0)),
            level.eq(rest + Mux(comes, come - skip, 0)),
            left.eq(left - leaves),
        ]
        with m.If(comes):
            m.d.sync += skip.eq(0)
        with m.If(leaves & ends):
            m.d.sync += busy.eq(0)
        with m.If(takes):
            m.d.sync += [
                busy.eq(1),
                form.eq(self.job.payload.format),
                size.eq(Array(units)[self.job.payload.format]),
                skip.eq(self.job.payload.skip),
                left.eq(self.job.payload.blocks),
                held.eq(0),
                level.eq(0),
            ]
        return m

    def _kept(self, m, held, leaves, form):
        """Return what is held without the block that leaves."""
        kept = Signal(len(held), name="kept")
        m.d.comb += kept.eq(held)
        with m.If(leaves), m.Switch(form):
            for number, size in enumerate(self._sizes):
                with m.Case(number):
                    m.d.comb += kept.eq(held >> 8 * size)
        return kept

    def _moved(self, m, rest, skip):
        """Return the beat where it belongs: behind the rest, or without what is skipped."""
        moved, used = (
            Signal(len(self.i.payload) + more * _UNIT, name=name)
            for name, more in (("moved", max(self._sizes) // UNIT_BYTES - 1), ("used", 0))
        )
        m.d.comb += used.eq(self.i.payload >> Cat(Const(0, 5), skip))
        with m.Switch(rest):
            for place in range(max(self._sizes) // UNIT_BYTES):
                with m.Case(place):
                    m.d.comb += moved.eq(used << place * _UNIT)
        return moved
