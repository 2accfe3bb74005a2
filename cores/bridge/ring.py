"""A byte buffer in block RAM whose newest part can still be taken back."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.block_ram import BlockRam

__all__ = ["ByteRing"]


class ByteRing(wiring.Component):
    """Bytes in order; what was written becomes readable when it is committed.

    ``write`` and ``rollback`` must not fall on the same clock.

    Parameters
    ----------
    depth : int
        Bytes held, a power of two; the writer must watch ``full`` or ``used``.

    Members
    -------
    data : In(8)
        Byte to write.
    write : In(1)
        Write ``data``.
    commit : In(1)
        Make everything written readable.
    rollback : In(1)
        Forget what was written since the last ``commit``.
    skip : In(1)
        Forget everything readable; with ``commit``, all but what becomes readable now.
    used : Out(range(depth))
        Bytes between the reader and the writer, one clock late.
    full : Out(1)
        Stop writing; never high below three quarters of the depth. One clock late.
    o : Out(stream.Signature(8))
        Reading side; at best a byte every second clock.
    """

    def __init__(self, depth):
        if depth < 8 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two of at least 8, not {depth!r}")
        self.depth = depth
        super().__init__(
            {
                "data": In(8),
                "write": In(1),
                "commit": In(1),
                "rollback": In(1),
                "skip": In(1),
                "used": Out(range(depth)),
                "full": Out(1),
                "o": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = BlockRam(self.depth)
        write_address = Signal(range(self.depth))
        committed = Signal(range(self.depth))
        read_address = Signal(range(self.depth))

        m.d.comb += [
            memory.write_address.eq(write_address),
            memory.write_data.eq(self.data),
            memory.write.eq(self.write),
            memory.read_address.eq(read_address),
            self.o.payload.eq(memory.read_data),
        ]
        # by eighths: the writer must not enter the one behind the reader's
        m.d.sync += [
            self.used.eq(write_address - read_address),
            self.full.eq((write_address[-3:] + 1)[:3] == read_address[-3:]),
        ]
        with m.If(self.write):
            m.d.sync += write_address.eq(write_address + 1)
        with m.If(self.commit):
            m.d.sync += committed.eq(write_address)
        with m.If(self.rollback):
            m.d.sync += write_address.eq(committed)

        taken = Signal()
        m.d.comb += taken.eq(self.o.valid & self.o.ready)
        # the memory needs a clock without a write to follow its address
        fresh = self.o.valid | ~self.write
        m.d.sync += self.o.valid.eq((read_address != committed) & ~taken & ~self.skip & fresh)
        with m.If(taken):
            m.d.sync += read_address.eq(read_address + 1)
        with m.If(self.skip):
            m.d.sync += read_address.eq(committed)
        return m
