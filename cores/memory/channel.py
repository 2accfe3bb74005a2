"""A memory channel to simulate with: an AXI4 slave with the pace of a pseudo-channel of HBM2."""

from pathlib import Path

from amaranth.hdl import Array, Cat, ClockSignal, Instance, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In
from hwgen.cores.memory.axi import INCREMENTING, PAGE_BYTES, Response, read_signature
from hwgen.cores.memory.channel_config import GAP_PARTS

__all__ = ["STORAGE", "Channel"]

STORAGE = Path(__file__).with_name("storage.v")
"""Verilog of the memory inside, where the channel is emitted and not simulated by Amaranth."""

_PAGE_BITS = PAGE_BYTES.bit_length() - 1
_TIME_BITS = 24
_SEED_BITS = 16
# polynomial of a linear feedback shift register of 16 bits, and what stands for a seed of 0
_TAPS, _SEED = 0xB400, 0xACE1
# clock cycles from the acceptance of an address to its scheduling, and from memory to RVALID
_OVERHEAD = 2


class Channel(wiring.Component):
    """A read-only slave that answers in order; not to be synthesized for a device.

    A burst is scheduled when its row is open or may be opened, in the order of arrival; its data
    are due when the latency has passed, and take one clock cycle a beat, in order. Refresh closes
    all rows and stops scheduling and data.

    Parameters
    ----------
    config : ChannelConfig
    emitted : bool
        The contents lie in a module of `STORAGE`, and are undefined before they are loaded.

    Members
    -------
    axi : In(read_signature)
        The port. A burst that crosses 4 KiB, is not of whole beats, or does not increment gets
        a slave error, one beyond the memory a decode error.
    load : In(stream)
        Contents: beat number and data, one beat a clock cycle at any time, ahead of reading.
    seed : In(16)
        Of the jitter; taken at reset.
    phase : In(16)
        Clock cycles from reset to the first refresh.
    refreshes : In(1)
        Whether there is any refresh.
    hangs : In(1)
        While 1 no address is accepted and no data come.
    faulty, fault_first, fault_last : In
        Bursts that begin between two byte addresses, both included, get slave errors.
    """

    def __init__(self, config, emitted=False):
        self.config, self._emitted = config, emitted
        address = config.address_bits
        self._load = data.StructLayout({"beat": range(config.beats), "data": config.data_bits})
        super().__init__(
            {
                "axi": In(read_signature(address, config.data_bits)),
                "load": In(stream.Signature(self._load)),
                "seed": In(_SEED_BITS),
                "phase": In(16),
                "refreshes": In(1, init=1),
                "hangs": In(1),
                "faulty": In(1),
                "fault_first": In(address),
                "fault_last": In(address),
            }
        )

    def elaborate(self, platform):
        m = Module()
        self._time(m)
        accepted = self._accept(m)
        scheduled = self._schedule(m, accepted)
        self._answer(m, scheduled)
        return m

    def _time(self, m):
        """Count time, refreshes and the bursts inside."""
        config = self.config
        self._now, self._random = Signal(_TIME_BITS, name="now"), Signal(_SEED_BITS, name="random")
        begun, until = Signal(name="begun"), Signal(16, name="until_refresh")
        since = Signal(range(config.blocked_cycles + 1), name="since_refresh")
        self._refresh, self._blocked = Signal(name="refresh"), Signal(name="data_blocked")
        self._closed = Signal(name="rows_closed")
        m.d.comb += [
            self._refresh.eq(begun & self.refreshes & (until == 0)),
            self._blocked.eq(self._refresh | (since != 0)),
            self._closed.eq(self._refresh | ((since != 0) & (since < config.closed_cycles))),
        ]
        m.d.sync += [self._now.eq(self._now + 1), begun.eq(1)]
        m.d.sync += until.eq(
            Mux(until == 0, config.cycles(config.refresh_interval_ns) - 1, until - 1)
        )
        with m.If(self._refresh):
            m.d.sync += since.eq(1 % config.blocked_cycles)
        with m.Elif(since != 0):
            m.d.sync += since.eq(Mux(since == config.blocked_cycles - 1, 0, since + 1))
        shifted = self._random >> 1
        m.d.sync += self._random.eq(Mux(self._random[0], shifted ^ _TAPS, shifted))
        with m.If(~begun):
            m.d.sync += self._random.eq(Mux(self.seed == 0, _SEED, self.seed))
            m.d.sync += until.eq(self.phase)

    def _accept(self, m):
        """Take addresses, as many as the queue is long."""
        config, axi = self.config, self.axi
        m.submodules.accepted = accepted = SyncFIFO(
            width=config.address_bits + 8 + 2, depth=config.queue
        )
        inside = Signal(range(config.queue + 1), name="bursts_inside")
        taken, self._ended = Signal(name="burst_taken"), Signal(name="burst_ended")
        last = Signal(config.address_bits + 1, name="last_byte")
        fault, response = Signal(name="fault"), Signal(2, name="response")
        size = config.beat_bytes.bit_length() - 1
        m.d.comb += [
            axi.arready.eq((inside != config.queue) & ~self.hangs),
            taken.eq(axi.arvalid & axi.arready),
            last.eq(axi.araddr + (axi.arlen << size) + config.beat_bytes - 1),
            fault.eq(
                (axi.arsize != size)
                | (axi.arburst != INCREMENTING)
                | (axi.araddr[:size] != 0)
                | (axi.araddr >> _PAGE_BITS != last >> _PAGE_BITS)
                | self.faulty & (axi.araddr >= self.fault_first) & (axi.araddr <= self.fault_last)
            ),
            response.eq(
                Mux(
                    fault,
                    Response.SLAVE_ERROR,
                    Mux(last >= config.beats * config.beat_bytes, Response.DECODE_ERROR, 0),
                )
            ),
            accepted.w_data.eq(Cat(axi.araddr, axi.arlen, response)),
            accepted.w_en.eq(taken),
        ]
        m.d.sync += inside.eq(inside + taken - self._ended)
        return accepted

    def _schedule(self, m, accepted):
        """Open the rows of bursts in their order; note when their data are due."""
        config = self.config
        bank_bits = config.banks.bit_length() - 1
        page = accepted.r_data[_PAGE_BITS : config.address_bits]
        bank, row = Signal(bank_bits, name="bank"), Signal(config.address_bits, name="row")
        m.submodules.scheduled = scheduled = SyncFIFO(
            width=len(accepted.r_data) + _TIME_BITS, depth=config.queue
        )
        rows = Array(Signal(len(row), name=f"row_{each}") for each in range(config.banks))
        is_open = Signal(config.banks, name="is_open")
        gap = Signal(range(config.gap + 2 * GAP_PARTS), name="gap")
        hit, goes = Signal(name="hit"), Signal(name="goes")
        latency = Signal(16, name="latency")
        hit_cycles, closed_cycles, conflict_cycles = (
            config.cycles(each) - _OVERHEAD
            for each in (config.hit_ns, config.closed_ns, config.conflict_ns)
        )
        m.d.comb += [
            Cat(bank, row).eq(page),
            hit.eq(is_open.bit_select(bank, 1) & (rows[bank] == row)),
            goes.eq(accepted.r_rdy & ~self._closed & (hit | (gap < GAP_PARTS))),
            accepted.r_en.eq(goes),
            latency.eq(
                Mux(
                    hit,
                    hit_cycles,
                    Mux(is_open.bit_select(bank, 1), conflict_cycles, closed_cycles),
                )
                + (self._random & config.jitter)
            ),
            scheduled.w_en.eq(goes),
            scheduled.w_data.eq(
                Cat(accepted.r_data, (self._now + latency)[:_TIME_BITS]),
            ),
        ]
        m.d.sync += gap.eq(Mux(gap < GAP_PARTS, 0, gap - GAP_PARTS))
        with m.If(goes & ~hit):
            m.d.sync += [
                rows[bank].eq(row),
                is_open.bit_select(bank, 1).eq(1),
                gap.eq(gap + config.gap - GAP_PARTS),
            ]
        with m.If(self._refresh):
            m.d.sync += is_open.eq(0)
        return scheduled

    def _answer(self, m, scheduled):
        """Give the data of bursts that are due, a beat a clock cycle."""
        config, axi = self.config, self.axi
        address, length, response, due = (
            Signal(bits, name=name)
            for bits, name in (
                (config.address_bits, "burst_address"),
                (8, "burst_length"),
                (2, "burst_response"),
                (_TIME_BITS, "burst_due"),
            )
        )
        beat, gives, moves = Signal(8, name="beat"), Signal(name="gives"), Signal(name="moves")
        size = config.beat_bytes.bit_length() - 1
        m.d.comb += [
            Cat(address, length, response, due).eq(scheduled.r_data),
            moves.eq(~axi.rvalid | axi.rready),
            # time wraps round; nothing waits for half of it
            gives.eq(
                scheduled.r_rdy
                & ~(self._now - due)[_TIME_BITS - 1]
                & ~self._blocked
                & ~self.hangs
                & moves
            ),
            self._ended.eq(gives & (beat == length)),
            scheduled.r_en.eq(self._ended),
        ]
        self._read(m, moves, (address >> size) + beat)
        with m.If(gives):
            m.d.sync += [
                beat.eq(Mux(beat == length, 0, beat + 1)),
                axi.rlast.eq(beat == length),
                axi.rresp.eq(response),
            ]
        with m.If(moves):
            m.d.sync += axi.rvalid.eq(gives)

    def _read(self, m, enable, beat):
        """Connect the contents."""
        config, load = self.config, self.load
        m.d.comb += load.ready.eq(1)
        if self._emitted:
            m.submodules.contents = Instance(
                "hwgen_storage",
                p_WIDTH=config.data_bits,
                p_ADDRESS_BITS=len(load.payload.beat),
                i_clk=ClockSignal("sync"),
                i_write=load.valid,
                i_write_address=load.payload.beat,
                i_write_data=load.payload.data,
                i_read=enable,
                i_read_address=beat[: len(load.payload.beat)],
                o_read_data=self.axi.rdata,
            )
            return
        m.submodules.contents = memory = Memory(shape=config.data_bits, depth=config.beats, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.addr.eq(load.payload.beat),
            write.data.eq(load.payload.data),
            write.en.eq(load.valid),
            read.addr.eq(beat),
            read.en.eq(enable),
            self.axi.rdata.eq(read.data),
        ]
