"""One memory channel and what computes behind it: weights come, sums of rows go."""

from amaranth.hdl import Cat, Const, Module, Signal, signed, unsigned
from amaranth.lib import data, stream
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.gpt.arithmetic import added, registered
from hwgen.cores.gpt.block_terms import EXPONENT_BITS, SUM_BITS, BlockTerms, RowSums
from hwgen.cores.gpt.decode import BlockDecoder
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.interface import Stream
from hwgen.cores.memory.axi import read_signature
from hwgen.cores.memory.command import (
    BASE_BITS,
    ROW_BITS,
    STEP_BITS,
    Kind,
    command_fields,
    job_layout,
)
from hwgen.cores.memory.gearbox import Gearbox
from hwgen.cores.memory.reader import BYTES_BITS, Reader
from hwgen.cores.output_queue import OutputQueue
from hwgen.cores.pipelined import ValidChain

from hwgen import targets
from hwgen.formats.weight_stream import GROUP

__all__ = ["JOBS", "Cluster"]

JOBS = 4
"""Products that may be begun and not ended."""


class Cluster(Unit):
    """Products of the rows in one channel with codes that were sent before.

    Parameters
    ----------
    config : ClusterConfig

    Members
    -------
    axi : Out(read_signature)
    fetch : In(stream)
        Requests for weights, as of `Reader`; ahead of the products that they are for.
    command, command_valid : In
        A command (see `command_fields`), taken at once. Whoever sends keeps to `JOBS`, and does
        not overwrite codes of a product that has not ended.
    onward, onward_valid : Out
        The same a clock cycle later, for the next cluster.
    o : Out(stream)
        Sums with 24 fraction bits, and whether it is a product's last one.
    status, address : Out
        Those of the `Reader`.

    Attributes
    ----------
    latency : int
        Clock cycles from a token of weights to a sum in the queue.
    """

    def __init__(self, config):
        reader = config.reader
        command = Stream("command", "input", command_fields(config)).layout()
        request = data.StructLayout({"address": reader.address_bits, "bytes": BYTES_BITS})
        result = data.StructLayout({"sum": signed(SUM_BITS + 1), "last": 1})
        self.verilog_libraries = libraries_of(targets.get(config.target))
        super().__init__(
            config,
            {
                "axi": Out(read_signature(reader.address_bits, reader.data_bits)),
                "fetch": In(stream.Signature(request)),
                "command": In(command),
                "command_valid": In(1),
                "onward": Out(command),
                "onward_valid": Out(1),
                "o": Out(stream.Signature(result)),
                "status": Out(3),
                "address": Out(reader.address_bits),
            },
        )

    def _build(self):
        m, config = Module(), self._config
        self._layout, self._count = config.layout(1), config.read_registers
        tokens = self._fetch(m)
        m.d.sync += [self.onward.eq(self.command), self.onward_valid.eq(self.command_valid)]
        jobs = self._queue_jobs(m)
        room = Signal(name="room")
        now, address = self._walk(m, tokens, jobs, room)
        block = Signal(8 * self._layout.token_bytes, name="block")
        m.d.sync += block.eq(tokens.payload)
        codes = self._codes(m, address)
        self._multiply(m, block, codes, now)
        self._hand_on(m, room, now["taken_end"])
        return m

    def _fetch(self, m):
        """Return the stream of tokens."""
        m.submodules.reader = reader = Reader(self._config.reader)
        gearbox = Gearbox(self._config.reader.data_bits, 8 * self._layout.token_bytes)
        m.submodules.gearbox = gearbox
        connect(m, reader.axi, flipped(self.axi))
        connect(m, flipped(self.fetch), reader.i)
        connect(m, reader.o, gearbox.i)
        m.d.comb += [
            reader.limit.eq(self._config.reader.outstanding),
            self.status.eq(reader.status),
            self.address.eq(reader.address),
        ]
        return gearbox.o

    def _queue_jobs(self, m):
        """Keep the products that are asked for."""
        job = job_layout(self._config)
        # one that has given its sums may still have padding to take
        m.submodules.jobs = jobs = SyncFIFO(width=job.size, depth=2 * JOBS)
        given, lanes = data.View(job, jobs.w_data), self._config.lanes.bit_length() - 1
        m.d.comb += [
            jobs.w_en.eq(self.onward_valid & (self.onward.kind == Kind.PRODUCTS)),
            given.place.eq(self.onward.place >> lanes),
            given.last_row.eq(self.onward.rows - 1),
            given.last_step.eq(self.onward.steps - 1),
            given.base.eq(self.onward.base),
        ]
        return jobs

    def _walk(self, m, tokens, jobs, room):
        """Take tokens; return (marks of the token that memories now give, address of codes)."""
        job, period = data.View(job_layout(self._config), jobs.r_data), self._layout.period
        row, step, phase = Signal(ROW_BITS), Signal(STEP_BITS), Signal(range(max(2, period)))
        padding, takes, closes = (Signal(name=each) for each in ("padding", "takes", "closes"))
        row_ends, is_last_row = Signal(name="row_ends"), Signal(name="is_last_row")
        whole, used = Signal(name="beat_ends"), Signal(name="used")
        address = Signal(len(job.place), name="code_address")
        m.d.comb += [
            tokens.ready.eq(jobs.r_rdy & (padding | room)),
            takes.eq(tokens.valid & tokens.ready),
            used.eq(takes & ~padding),
            row_ends.eq(step == job.last_step),
            is_last_row.eq(row == job.last_row),
            whole.eq(phase == period - 1),
            closes.eq(takes & whole & (padding | (row_ends & is_last_row))),
            jobs.r_en.eq(closes),
            address.eq(job.place + step),
        ]
        with m.If(takes):
            m.d.sync += phase.eq(phase + 1 if period > 1 else 0)
            with m.If(~padding):
                m.d.sync += step.eq(step + 1)
                with m.If(row_ends):
                    m.d.sync += [step.eq(0), row.eq(row + 1)]
                    with m.If(is_last_row):
                        m.d.sync += [row.eq(0), padding.eq(~whole)]
            with m.Elif(whole):
                m.d.sync += padding.eq(0)
        now = {
            "valid": used,
            "first": step == 0,
            "ends": row_ends,
            "last": row_ends & is_last_row,
            "base": job.base,
        }
        then = {"taken_end": used & row_ends}
        for name, value in now.items():
            shape = signed(BASE_BITS) if name == "base" else 1
            then[name] = Signal(shape, name=f"read_{name}")
            m.d.sync += then[name].eq(value)
        return then, address

    def _codes(self, m, address):
        """Return (codes, exponent) of every lane, a clock cycle after their address."""
        config, found = self._config, []
        width = GROUP * config.activation_bits
        lanes = config.lanes.bit_length() - 1
        for lane in range(config.lanes):
            memory = Memory(
                shape=unsigned(width + EXPONENT_BITS),
                depth=config.code_blocks // config.lanes,
                init=[],
            )
            m.submodules[f"codes{lane}"] = memory
            write, read = memory.write_port(), memory.read_port()
            chosen = self.onward.place[:lanes] == lane if lanes else Const(1)
            m.d.comb += [
                write.addr.eq(self.onward.place >> lanes),
                write.data.eq(Cat(self.onward.codes, self.onward.exponent)),
                write.en.eq(self.onward_valid & (self.onward.kind == Kind.CODES) & chosen),
                read.addr.eq(address),
            ]
            word = registered(m, read.data, self._count, f"code_word{lane}")
            found.append((word[:width], word[width:].as_signed()))
        return found

    def _multiply(self, m, block, codes, now):
        """Multiply and add up; the sums go to the queue."""
        config, count, bits = self._config, self._count, self._config.activation_bits
        pipeline = self._pipeline(m)
        now = {
            name: registered(m, now[name], 2 * count, f"delayed_{name}")
            if name != "base"
            else registered(m, now[name], count, "delayed_base")
            for name in ("valid", "first", "ends", "last", "base")
        }
        valid = ValidChain(m, now["valid"], Const(1))
        block = registered(m, block, count, "block_now")
        size, terms = 8 * config.stream.block_bytes, []
        for lane, (word, exponent) in enumerate(codes):
            record = block[size * lane : size * (lane + 1)]
            decoder = BlockDecoder(m, config.stream, record, f"lane{lane}")
            arithmetic = BlockTerms(m, pipeline, count, bits, decoder.width)
            elements = [
                word[column * bits : (column + 1) * bits].as_signed() for column in range(GROUP)
            ]
            operands = arithmetic.products(elements, decoder.integers)
            place = now["base"] + exponent
            # every group has its own unit
            terms.append(arithmetic.term(operands, decoder.units, Const(0, 1), place))
        term = added(pipeline, terms, SUM_BITS + 3)
        self._sums = sums = RowSums(m, pipeline, valid, count, term, now)
        self.latency = sums.stage + 3 + 3 * count

    def _hand_on(self, m, room, taken_end):
        """Keep sums until they are collected; see to it that there is room for them."""
        config, sums = self._config, self._sums
        m.submodules.results = queue = _Results(SUM_BITS + 2, config.results)
        promised = Signal(range(config.results + 1), name="promised")
        value = Signal(signed(SUM_BITS + 1), name="sum")
        last, write = Signal(name="sum_last"), Signal(name="sum_valid")
        m.d.sync += [value.eq(sums.value), last.eq(sums.last), write.eq(sums.valid)]
        m.d.comb += [
            queue.data.eq(Cat(value, last)),
            queue.write.eq(write),
            Cat(self.o.payload.sum, self.o.payload.last).eq(queue.payload),
            self.o.valid.eq(queue.valid),
            queue.ready.eq(self.o.ready),
            room.eq(promised != config.results),
        ]
        m.d.sync += promised.eq(promised + taken_end - (self.o.valid & self.o.ready))


class _Results(OutputQueue):
    """A queue whose writer knows that there is room."""

    def __init__(self, width, depth):
        super().__init__(width, depth, {})

    def elaborate(self, platform):
        return self.queue()[0]
