"""A `Layer` with its simulated memory channels inside."""

from amaranth.hdl import Array, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from hwgen.cores.interface import Field, Stream
from hwgen.cores.memory.channel import STORAGE, Channel
from hwgen.cores.memory.element import Element
from hwgen.cores.memory.layer import MOST_CHANNELS, Layer

__all__ = ["LayerBench"]

_CHANNEL = "hwgen_channel"
# refreshes of the channels are spread over the interval by this, a prime number of clock cycles
_APART = 131


class LayerBench(wiring.Component):
    """Weights are loaded, then it is a `Layer` without ports to memory.

    Parameters
    ----------
    config : ClusterConfig
    channels : int
    channel : ChannelConfig
        Of all channels; jitter and refreshes of each differ.

    Members
    -------
    i, fetch, o, fault : streams
        Those of `Layer`.
    load : In(stream)
        Channel, beat number and data.
    still, faulty, fault_first, fault_last : In
        Those of `Channel`; ``still`` is 1 for no refresh. Faults are those of ``fault_channel``.
    first : In(5)
        Number that the first channel has among 32: jitter and refreshes depend on it.

    Attributes
    ----------
    streams : tuple of Stream
    controls : dict of str to int
        Widths of the inputs that are no streams.
    latency : int
        Of a cluster.
    """

    def __init__(self, config, channels, channel):
        self._layer, self._channel = Layer(config, channels), Channel(channel, emitted=True)
        beat = Field("beat", (channel.beats - 1).bit_length())
        load = (Field("channel", 5), beat, Field("data", channel.data_bits))
        self.streams = (*self._layer.streams, Stream("load", "input", load))
        address = channel.address_bits
        self.controls = {"still": 1, "first": 5, "faulty": 1, "fault_channel": 5}
        self.controls |= {"fault_first": address, "fault_last": address}
        self.latency = self._layer.cluster.latency
        self.verilog_modules = {_CHANNEL: self._channel} | self._layer.verilog_modules
        self.verilog_libraries = (*self._layer.verilog_libraries, STORAGE)
        super().__init__(
            {each.name: each.port() for each in self.streams}
            | {name: In(bits) for name, bits in self.controls.items()}
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.layer = layer = self._layer
        for each in layer.streams:
            outer, inner = getattr(self, each.name), getattr(layer, each.name)
            if each.direction == "input":
                connect(m, flipped(outer), inner)
            else:
                connect(m, inner, flipped(outer))
        m.d.comb += self.load.ready.eq(1)
        interval = self._channel.config.cycles(self._channel.config.refresh_interval_ns)
        phases = Array((each + 1) * _APART % interval for each in range(2 * MOST_CHANNELS))
        given = self.load.payload
        for number in range(layer.channels):
            channel = Element(m, _CHANNEL, f"channel{number}", self._channel)
            axi = getattr(layer, f"axi{number}")
            for path, member, value in axi.signature.flatten(axi):
                port = channel["__".join(("axi", *map(str, path)))]
                m.d.comb += port.eq(value) if member.flow == Out else value.eq(port)
            load = Value.cast(given)[len(given.channel) :]
            m.d.comb += [
                channel["load__payload"].eq(load),
                channel["load__valid"].eq(self.load.valid & (given.channel == number)),
                channel["seed"].eq(self.first + number + 1),
                channel["phase"].eq(phases[self.first + number]),
                channel["refreshes"].eq(~self.still),
                channel["hangs"].eq(0),
                channel["faulty"].eq(self.faulty & (self.fault_channel == number)),
                channel["fault_first"].eq(self.fault_first),
                channel["fault_last"].eq(self.fault_last),
            ]
        return m
