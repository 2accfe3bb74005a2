"""Weights in external memory: read ahead of the products, and handed to them block by block."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import Out, connect, flipped
from hwgen.cores.gpt.block_cutter import BlockCutter
from hwgen.cores.gpt.weight_requests import WeightRequests
from hwgen.cores.memory.axi import read_signature
from hwgen.cores.memory.reader import Reader, Status

from hwgen.formats.weight_stream import parse_weight_stream

__all__ = ["ExternalWeights"]

# requests whose blocks have not all been taken
_JOBS = 8
# longer than a beat takes from memory to a block, if it is one of the last before an error
_DRY = 15


class ExternalWeights(wiring.Component):
    """An AXI4 read master that gives the blocks of all products of a token, in their order.

    Parameters
    ----------
    config : MachineConfig
        With a reader.

    Members
    -------
    begin, token, position, code_address, code_data
        Those of `WeightRequests`.
    axi : Out(read_signature)
    o : Out(stream)
        Blocks, from bit 0 on; those of smaller formats have anything above.
    status : Out(3)
        That of the `Reader`.
    failed : Out(1)
        It has stopped, and there are no more blocks from before. It stays so until reset.
    """

    def __init__(self, config):
        self._reader, machine = config.reader, config.program.machine
        self._sizes = [parse_weight_stream(each).block_bytes for each in machine.formats]
        self._requests = WeightRequests(config)
        inner = self._requests.signature.members
        names = ("begin", "token", "position", "code_address", "code_data")
        super().__init__(
            {
                **{name: inner[name] for name in names},
                "axi": Out(read_signature(self._reader.address_bits, self._reader.data_bits)),
                "o": Out(stream.Signature(8 * max(self._sizes))),
                "status": Out(3),
                "failed": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.requests = requests = self._requests
        m.submodules.reader = reader = Reader(self._reader)
        m.submodules.cutter = cutter = BlockCutter(self._reader.data_bits, self._sizes)
        job, asked = cutter.job.payload, requests.o.payload
        m.submodules.jobs = jobs = SyncFIFO(width=len(Value.cast(job)), depth=_JOBS)
        connect(m, reader.axi, flipped(self.axi))
        connect(m, reader.o, cutter.i)
        connect(m, cutter.o, flipped(self.o))
        m.d.comb += [
            requests.begin.eq(self.begin),
            requests.token.eq(self.token),
            requests.position.eq(self.position),
            requests.code_data.eq(self.code_data),
            self.code_address.eq(requests.code_address),
            # reader and cutter take a request together
            requests.o.ready.eq(reader.i.ready & jobs.w_rdy),
            reader.i.valid.eq(requests.o.valid & jobs.w_rdy),
            reader.i.payload.address.eq(asked.address),
            reader.i.payload.bytes.eq(asked.bytes),
            reader.limit.eq(self._reader.outstanding),
            jobs.w_en.eq(requests.o.valid & reader.i.ready),
            jobs.w_data.eq(Cat(asked.format, asked.skip, asked.blocks)),
            Value.cast(job).eq(jobs.r_data),
            cutter.job.valid.eq(jobs.r_rdy),
            jobs.r_en.eq(cutter.job.ready),
            self.status.eq(reader.status),
        ]
        self._watch(m, reader)
        return m

    def _watch(self, m, reader):
        """Tell of an error when what was read before it has been taken."""
        dry = Signal(range(_DRY + 1), name="dry")
        runs = (reader.status == Status.RUNNING) | reader.o.valid | self.o.valid
        m.d.comb += self.failed.eq(dry == _DRY)
        m.d.sync += dry.eq(Mux(runs, 0, dry + ~self.failed))
