"""Matrix products over many memory channels: codes go to all of them, their sums come together."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out
from hwgen.cores.gpt.block_terms import SUM_BITS
from hwgen.cores.interface import Field, Stream
from hwgen.cores.memory.axi import read_signature
from hwgen.cores.memory.cluster import JOBS, Cluster
from hwgen.cores.memory.command import Kind, command_fields
from hwgen.cores.memory.element import Element
from hwgen.cores.memory.reader import BYTES_BITS

from hwgen.errors import UsageError

__all__ = ["MOST_CHANNELS", "Layer"]

_CLUSTER = "hwgen_cluster"
MOST_CHANNELS = 32


class Layer(wiring.Component):
    """A `Cluster` for every channel, and what goes to and comes from all of them.

    Commands pass from cluster to cluster, one a clock cycle. So all begin the same product one
    after the other, and none waits for another until the sums of a row are joined.

    Parameters
    ----------
    config : ClusterConfig
    channels : int
        1 to 32.

    Members
    -------
    i : In(stream)
        Commands, see `command_fields`. A product is taken only while fewer than `JOBS` have not
        given their last sum; codes that it needs must not be overwritten until it has.
    fetch : In(stream)
        Byte address and number of bytes, the same in every channel: weights for the products that
        follow, in their order. They are read ahead as far as the readers' buffers go.
    o : Out(stream)
        A row of every channel: sums with 24 fraction bits, that of channel 0 first.
    fault : Out(stream)
        Once a reader has stopped: its status (see `Status`), the channel, and the address. Sums
        that are missing then do not come. Reset, of the memory as well, is the only way on.
    axi0, axi1, ... : Out(read_signature)

    Attributes
    ----------
    streams : tuple of Stream
    cluster : Cluster
    verilog_modules, verilog_libraries
        What `emit_verilog` needs.

    Raises ``UsageError`` for another number of channels.
    """

    def __init__(self, config, channels):
        if not 1 <= channels <= MOST_CHANNELS:
            self._MustUse__silence = True
            raise UsageError(f"channels must be from 1 to {MOST_CHANNELS}, not {channels}")
        self.config, self.channels = config, channels
        self.cluster = Cluster(config)
        self.verilog_modules = {_CLUSTER: self.cluster}
        self.verilog_libraries = self.cluster.verilog_libraries
        address = config.reader.address_bits
        sums = Field("sums", SUM_BITS + 1, channels, "integer", True, "24 fraction bits")
        self.streams = (
            Stream("i", "input", command_fields(config)),
            Stream("fetch", "input", (Field("address", address), Field("bytes", BYTES_BITS))),
            Stream("o", "output", (sums,)),
            Stream(
                "fault",
                "output",
                (Field("status", 3), Field("channel", 5), Field("address", address)),
            ),
        )
        members = {each.name: each.port() for each in self.streams}
        port = read_signature(address, config.reader.data_bits)
        super().__init__(members | {f"axi{number}": Out(port) for number in range(channels)})

    def elaborate(self, platform):
        m = Module()
        clusters = []
        for number in range(self.channels):
            clusters.append(Element(m, _CLUSTER, f"cluster{number}", self.cluster))
            self._connect_port(m, clusters[-1], getattr(self, f"axi{number}"))
        self._command(m, clusters)
        self._fetch(m, clusters)
        self._collect(m, clusters)
        self._tell(m, clusters)
        return m

    @staticmethod
    def _connect_port(m, cluster, axi):
        for path, member, value in axi.signature.flatten(axi):
            inner = cluster["__".join(("axi", *map(str, path)))]
            m.d.comb += value.eq(inner) if member.flow == Out else inner.eq(value)

    def _command(self, m, clusters):
        """Send commands through all clusters; count the products that they have begun."""
        begun = Signal(range(JOBS + 1), name="begun")
        begins = Signal(name="begins")
        self._ends = Signal(name="product_ends")
        m.d.comb += [
            # of the payload nothing is asked: codes wait behind products, too
            self.i.ready.eq(begun != JOBS),
            begins.eq(self.i.valid & self.i.ready & (self.i.payload.kind == Kind.PRODUCTS)),
        ]
        m.d.sync += begun.eq(begun + begins - self._ends)
        payload, valid = Value.cast(self.i.payload), self.i.valid & self.i.ready
        for each in clusters:
            m.d.comb += [each["command"].eq(payload), each["command_valid"].eq(valid)]
            payload, valid = each["onward"], each["onward_valid"]

    def _fetch(self, m, clusters):
        """Hand a request to all readers at once."""
        ready = Signal(name="all_fetch")
        m.d.comb += [
            ready.eq(Cat(each["fetch__ready"] for each in clusters).all()),
            self.fetch.ready.eq(ready),
        ]
        for each in clusters:
            m.d.comb += [
                each["fetch__payload"].eq(self.fetch.payload),
                each["fetch__valid"].eq(self.fetch.valid & ready),
            ]

    def _collect(self, m, clusters):
        """Join a row of every channel."""
        moves = Signal(name="row_moves")
        m.d.comb += [
            self.o.valid.eq(Cat(each["o__valid"] for each in clusters).all()),
            moves.eq(self.o.valid & self.o.ready),
            Value.cast(self.o.payload).eq(
                Cat(each["o__payload"][: SUM_BITS + 1] for each in clusters)
            ),
            self._ends.eq(moves & clusters[0]["o__payload"][-1]),
        ]
        m.d.comb += [each["o__ready"].eq(moves) for each in clusters]

    def _tell(self, m, clusters):
        """Tell of the first reader that stopped, once."""
        status, channel = Const(0, 3), Const(0, 5)
        address = Const(0, self.config.reader.address_bits)
        for number, each in reversed(list(enumerate(clusters))):
            stopped = each["status"] != 0
            status = Mux(stopped, each["status"], status)
            channel = Mux(stopped, Const(number, 5), channel)
            address = Mux(stopped, each["address"], address)
        told = Signal(name="told")
        with m.If(~self.fault.valid & ~told & (status != 0)):
            m.d.sync += [
                self.fault.payload.status.eq(status),
                self.fault.payload.channel.eq(channel),
                self.fault.payload.address.eq(address),
                self.fault.valid.eq(1),
                told.eq(1),
            ]
        with m.If(self.fault.valid & self.fault.ready):
            m.d.sync += self.fault.valid.eq(0)
