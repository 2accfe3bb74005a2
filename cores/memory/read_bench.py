"""A reader beside a simulated channel: what is measured and tested."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped
from hwgen.cores.interface import Field, Stream
from hwgen.cores.memory.channel import STORAGE, Channel
from hwgen.cores.memory.reader import BYTES_BITS, Reader

__all__ = ["ReadBench"]


class ReadBench(wiring.Component):
    """Requests in, beats out, with the memory inside.

    Parameters
    ----------
    channel : ChannelConfig
    reader : ReaderConfig
        Of the same widths.

    Members
    -------
    i, load, o : streams
        Those of `Reader` and `Channel`.
    fault : Out(stream)
        Status and address, once the reader has stopped.
    limit, seed, phase, still, hangs, faulty, fault_first, fault_last : In
        Those of `Reader` and `Channel`; ``still`` is 1 for no refresh.

    Attributes
    ----------
    streams : tuple of Stream
    controls : dict of str to int
        Widths of the inputs that are no streams.
    """

    verilog_libraries = (STORAGE,)

    def __init__(self, channel, reader):
        self._channel, self._reader = channel, reader
        address, beat_bits = channel.address_bits, (channel.beats - 1).bit_length()
        self.streams = (
            Stream("i", "input", (Field("address", address), Field("bytes", BYTES_BITS))),
            Stream("load", "input", (Field("beat", beat_bits), Field("data", channel.data_bits))),
            Stream("o", "output", (Field("data", channel.data_bits),)),
            Stream("fault", "output", (Field("status", 3), Field("address", address))),
        )
        self.controls = {
            **{"limit": 9, "seed": 16, "phase": 16, "still": 1, "hangs": 1, "faulty": 1},
            **{"fault_first": address, "fault_last": address},
        }
        super().__init__(
            {each.name: each.port() for each in self.streams}
            | {name: In(bits) for name, bits in self.controls.items()}
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.channel = channel = Channel(self._channel, emitted=True)
        m.submodules.reader = reader = Reader(self._reader)
        connect(m, reader.axi, channel.axi)
        connect(m, flipped(self.i), reader.i)
        connect(m, flipped(self.load), channel.load)
        told = Signal(name="told")
        m.d.comb += [
            self.o.payload.data.eq(reader.o.payload),
            self.o.valid.eq(reader.o.valid),
            reader.o.ready.eq(self.o.ready),
            self.fault.payload.status.eq(reader.status),
            self.fault.payload.address.eq(reader.address),
            self.fault.valid.eq((reader.status != 0) & ~told),
            reader.limit.eq(self.limit),
            channel.refreshes.eq(~self.still),
        ]
        with m.If(self.fault.valid & self.fault.ready):
            m.d.sync += told.eq(1)
        m.d.comb += [
            getattr(channel, name).eq(getattr(self, name))
            for name in ("seed", "phase", "hangs", "faulty", "fault_first", "fault_last")
        ]
        return m
