"""A GPT machine beside the simulated memory of its weights: what is tested and measured."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped
from hwgen.cores.gpt.machine import GptMachine
from hwgen.cores.interface import Field, Stream
from hwgen.cores.memory.channel import STORAGE, Channel

__all__ = ["MemoryBench"]

_COUNT_BITS = 32


class MemoryBench(wiring.Component):
    """Tokens in, tokens out; the weights are loaded into the memory before.

    Parameters
    ----------
    config : MachineConfig
        With a reader.
    channel : ChannelConfig
        Of the reader's widths.

    Members
    -------
    i, load : In(stream)
        Those of `GptMachine` and `Channel`.
    o : Out(stream)
        That of `GptMachine`, with two fields more: in how many clock cycles since reset a product
        was under way, and in how many of them it waited for weights.
    seed, phase, still, hangs, faulty, fault_first, fault_last : In
        Those of `Channel`; ``still`` is 1 for no refresh.

    Attributes
    ----------
    streams : tuple of Stream
    controls : dict of str to int
        Widths of the inputs that are no streams.
    delays : Delays
        Of the machine.
    """

    def __init__(self, config, channel):
        self._machine, self._channel = GptMachine(config), Channel(channel, emitted=True)
        self.delays = self._machine.delays
        given, told = self._machine.streams
        beat = Field("beat", (channel.beats - 1).bit_length())
        counts = tuple(Field(name, _COUNT_BITS) for name in ("multiplying", "starved"))
        self.streams = (
            given,
            Stream("load", "input", (beat, Field("data", channel.data_bits))),
            Stream("o", "output", told.fields + counts),
        )
        address = channel.address_bits
        self.controls = {"seed": 16, "phase": 16, "still": 1, "hangs": 1, "faulty": 1}
        self.controls |= {"fault_first": address, "fault_last": address}
        self.verilog_libraries = (*self._machine.verilog_libraries, STORAGE)
        super().__init__(
            {each.name: each.port() for each in self.streams}
            | {name: In(bits) for name, bits in self.controls.items()}
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.machine = machine = self._machine
        m.submodules.channel = channel = self._channel
        connect(m, machine.axi, channel.axi)
        connect(m, flipped(self.i), machine.i)
        connect(m, flipped(self.load), channel.load)
        m.d.comb += [
            *(
                getattr(self.o.payload, each.name).eq(getattr(machine.o.payload, each.name))
                for each in machine.streams[1].fields
            ),
            self.o.valid.eq(machine.o.valid),
            machine.o.ready.eq(self.o.ready),
            channel.refreshes.eq(~self.still),
            *(
                getattr(channel, name).eq(getattr(self, name))
                for name in ("seed", "phase", "hangs", "faulty", "fault_first", "fault_last")
            ),
        ]
        products = machine.products
        for name, counted in (("multiplying", products.active), ("starved", products.starved)):
            count = Signal(_COUNT_BITS, name=f"cycles_{name}")
            # what is told stays while it waits
            m.d.sync += count.eq(count + (counted & ~machine.o.valid))
            m.d.comb += getattr(self.o.payload, name).eq(count)
        return m
