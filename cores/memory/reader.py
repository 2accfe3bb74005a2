"""An AXI4 read master: from requests for bytes to a stream of beats that is never starved."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFO, SyncFIFOBuffered
from amaranth.lib.wiring import In, Out
from hwgen.cores.memory.axi import INCREMENTING, Response, read_signature

__all__ = ["BYTES_BITS", "Reader", "Status"]

BYTES_BITS = 32
"""Bits of the number of bytes of a request."""


class Status:
    """Why a reader stopped."""

    RUNNING, SLAVE_ERROR, DECODE_ERROR, BAD_LENGTH, TIMEOUT, MISALIGNED, BEYOND = range(7)

    texts = (
        "no error",
        "memory answered with a slave error",
        "memory answered with a decode error: there is no such address",
        "memory answered with a burst of another length",
        "memory did not answer in time",
        "a request did not begin and end with a beat",
        "a request went beyond the last address",
    )


class Reader(wiring.Component):
    """Ask for requests one after the other, in bursts, ahead of what is taken.

    It accepts every beat at once, because it asks for no more than it has room for. An error
    stops it: no further burst is asked for, answers still on their way are taken and dropped, and
    beats from before the error are delivered. Only reset, of the memory's side as well, ends that.

    Parameters
    ----------
    config : ReaderConfig

    Members
    -------
    i : In(stream)
        Requests: byte address and number of bytes, multiples of a beat; 0 bytes ask for nothing.
    axi : Out(read_signature)
        Bursts are aligned to their longest length, so that none crosses 4 KiB. ARVALID and
        RREADY depend on nothing that arrives in the same clock cycle.
    o : Out(stream)
        Beats in order, without marks between requests.
    limit : In(9)
        Bursts on their way at most, where this is less than the configuration's; 0: none.
    status, address : Out
        `Status`, and byte address of the burst (or request) that it is about; 0 while running.
    """

    def __init__(self, config):
        self.config = config
        address = config.address_bits
        request = data.StructLayout({"address": address, "bytes": BYTES_BITS})
        super().__init__(
            {
                "i": In(stream.Signature(request)),
                "axi": Out(read_signature(address, config.data_bits)),
                "o": Out(stream.Signature(config.data_bits)),
                "limit": In(9, init=config.outstanding),
                "status": Out(3),
                "address": Out(address),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self.config
        self._burst_bits = (config.burst_beats - 1).bit_length()
        self._size = config.beat_bytes.bit_length() - 1
        # bursts that were asked for: address and length
        m.submodules.asked = self._asked = SyncFIFO(
            width=config.address_bits + self._burst_bits, depth=max(2, config.outstanding)
        )
        m.submodules.buffer = self._buffer = SyncFIFOBuffered(
            width=config.data_bits, depth=config.buffer_beats
        )
        self._stopped, self._asks = Signal(name="stopped"), Signal(name="asks")
        self._wrong_request, self._answered = (
            Signal(3, name="wrong_request"),
            Signal(name="answered"),
        )
        m.d.comb += self._stopped.eq(self.status != Status.RUNNING)
        self._request(m)
        wrong = self._answer(m)
        self._watch(m, wrong)
        return m

    def _request(self, m):
        """Cut requests into bursts."""
        config, axi, size = self.config, self.axi, self._size
        beat_bits = config.address_bits - size
        place, left = Signal(beat_bits, name="place"), Signal(BYTES_BITS - size, name="left")
        before_end = Signal(self._burst_bits + 1, name="beats_before_end")
        length = Signal(self._burst_bits + 1, name="length")
        free = Signal(range(config.buffer_beats + 1), init=config.buffer_beats, name="free")
        under_way = Signal(range(config.outstanding + 1), name="under_way")
        mask = config.beat_bytes - 1
        payload, takes = self.i.payload, Signal(name="takes")
        leaves, misaligned = Signal(name="leaves"), Signal(name="misaligned")
        end = Signal(max(config.address_bits, BYTES_BITS) + 1, name="request_end")
        m.d.comb += [
            before_end.eq(config.burst_beats - place[: self._burst_bits]),
            length.eq(Mux(left < before_end, left, before_end)),
            self._asks.eq(
                (left != 0)
                & ~self._stopped
                & (~axi.arvalid | axi.arready)
                & (free >= config.burst_beats)
                & (under_way < config.outstanding)
                & (under_way < self.limit)
            ),
            self.i.ready.eq((left == 0) & ~self._stopped),
            takes.eq(self.i.valid & self.i.ready),
            misaligned.eq((payload.address & mask != 0) | (payload.bytes & mask != 0)),
            end.eq(payload.address + payload.bytes),
            leaves.eq(self.o.valid & self.o.ready),
            self._asked.w_data.eq((place << size) | ((length - 1) << config.address_bits)),
            self._asked.w_en.eq(self._asks),
            axi.arsize.eq(size),
            axi.arburst.eq(INCREMENTING),
        ]
        with m.If(takes & misaligned):
            m.d.comb += self._wrong_request.eq(Status.MISALIGNED)
        with m.Elif(takes & (end > 1 << config.address_bits)):
            m.d.comb += self._wrong_request.eq(Status.BEYOND)
        with m.Elif(takes):
            m.d.sync += [place.eq(payload.address >> size), left.eq(payload.bytes >> size)]
        with m.If(axi.arready):
            m.d.sync += axi.arvalid.eq(0)
        with m.If(self._asks):
            m.d.sync += [
                axi.arvalid.eq(1),
                axi.araddr.eq(place << size),
                axi.arlen.eq(length - 1),
                place.eq(place + length),
                left.eq(left - length),
            ]
        m.d.sync += [
            free.eq(free - Mux(self._asks, length, 0) + leaves),
            under_way.eq(under_way + self._asks - self._answered),
        ]

    def _answer(self, m):
        """Take beats; return the status that a beat asks for."""
        config, axi = self.config, self.axi
        beat, ends = Signal(max(1, self._burst_bits), name="beat"), Signal(name="ends")
        wanted = Signal(max(1, self._burst_bits), name="wanted_length")
        wrong, beats = Signal(3, name="wrong"), Signal(name="beat_comes")
        m.d.comb += [
            axi.rready.eq(1),
            # a beat that nobody asked for is none of ours
            beats.eq(axi.rvalid & ~self._stopped),
            wanted.eq(self._asked.r_data[config.address_bits :]),
            ends.eq(beat == wanted),
            self._answered.eq(beats & axi.rlast & self._asked.r_rdy),
            self._asked.r_en.eq(self._answered),
            self._buffer.w_data.eq(axi.rdata),
            self._buffer.w_en.eq(beats & (wrong == Status.RUNNING)),
            self.o.payload.eq(self._buffer.r_data),
            self.o.valid.eq(self._buffer.r_rdy),
            self._buffer.r_en.eq(self.o.ready),
        ]
        with m.If(beats):
            with m.If(axi.rresp == Response.SLAVE_ERROR):
                m.d.comb += wrong.eq(Status.SLAVE_ERROR)
            with m.Elif(axi.rresp == Response.DECODE_ERROR):
                m.d.comb += wrong.eq(Status.DECODE_ERROR)
            with m.Elif((axi.rlast != ends) | ~self._asked.r_rdy):
                m.d.comb += wrong.eq(Status.BAD_LENGTH)
            m.d.sync += beat.eq(Mux(axi.rlast, 0, beat + 1))
        return wrong

    def _watch(self, m, wrong):
        """Stop at the first error, or when nothing has moved for too long."""
        config, axi = self.config, self.axi
        quiet, late = Signal(range(config.timeout + 1), name="quiet"), Signal(name="late")
        m.d.comb += late.eq(quiet == config.timeout)
        with m.If(axi.rvalid | ~self._asked.r_rdy):
            m.d.sync += quiet.eq(0)
        with m.Elif(~late):
            m.d.sync += quiet.eq(quiet + 1)
        with m.If(~self._stopped):
            with m.If((wrong != Status.RUNNING) | late):
                m.d.sync += [
                    self.status.eq(Mux(wrong != Status.RUNNING, wrong, Status.TIMEOUT)),
                    self.address.eq(self._asked.r_data[: config.address_bits]),
                ]
            with m.Elif(self._wrong_request != Status.RUNNING):
                m.d.sync += [
                    self.status.eq(self._wrong_request),
                    self.address.eq(self.i.payload.address),
                ]
