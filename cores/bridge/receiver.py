"""From serial bytes to checked frames: structure, length and CRC-32."""

from contextlib import contextmanager

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import enum, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.cobs import CobsDecoder
from hwgen.cores.bridge.crc import SerialCrc32
from hwgen.cores.bridge.protocol import Kind

__all__ = ["FrameReceiver", "Problem"]


class Problem(enum.Enum, shape=2):
    """Why a frame is dropped."""

    CRC = 0
    FRAMING = 1
    OVERSIZE = 2
    OVERRUN = 3


class FrameReceiver(wiring.Component):
    """Write frames into a `ByteRing`, commit the good ones, roll back and count the others.

    A record in the ring is a frame without its CRC. A ``RESET`` frame makes the ring skip all
    that stands before it.

    Parameters
    ----------
    sizes : Sizes
        Token and payload sizes.

    Members
    -------
    data, strobe, bad_stop : In(8), In(1), In(1)
        Bytes from the line.
    full : In(1)
        The ring cannot take another byte.
    write_data, write, commit, rollback, skip : Out
        To the ring.
    restart : Out(1)
        A ``RESET`` frame arrived.
    dropped : Out(1)
        A frame has been dropped since power-on.
    asked : In(Problem)
        Which counter to read; ignored while a frame ends.
    errors : Out(8)
        That counter: frames dropped for this reason, not counting beyond 255.
    """

    def __init__(self, sizes):
        self._sizes = sizes
        super().__init__(
            {
                "data": In(8),
                "strobe": In(1),
                "bad_stop": In(1),
                "full": In(1),
                "write_data": Out(8),
                "write": Out(1),
                "commit": Out(1),
                "rollback": Out(1),
                "skip": Out(1),
                "restart": Out(1),
                "dropped": Out(1),
                "asked": In(Problem),
                "errors": Out(8),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.cobs = cobs = CobsDecoder()
        m.submodules.crc = crc = SerialCrc32()
        problem = Signal(Problem)
        complete = Signal()
        nothing = Signal()
        m.d.comb += [
            cobs.data.eq(self.data),
            cobs.strobe.eq(self.strobe),
            crc.data.eq(cobs.decoded),
            crc.load.eq(cobs.decoded_strobe),
            crc.clear.eq(cobs.end),
            self.write_data.eq(cobs.decoded),
        ]
        is_reset = self._follow_structure(m, cobs, problem, complete, nothing)
        self._decide(m, cobs, crc.match, problem, complete, nothing, is_reset)
        return m

    def _follow_structure(self, m, cobs, problem, complete, nothing):
        """Walk through the frame byte by byte; return whether its kind is ``RESET``."""
        sizes = self._sizes
        is_data = Signal()
        is_reset = Signal()
        length = Signal(range(sizes.payload_limit + 1))
        oversize = Signal()
        token_left = Signal(range(sizes.input_bytes))
        check_left = Signal(range(4))
        stored = Signal()
        m.d.comb += self.write.eq(cobs.decoded_strobe & stored & (problem == Problem.CRC))

        @contextmanager
        def state(name, in_ring=True):
            with m.State(name):
                if in_ring:
                    m.d.comb += stored.eq(1)
                yield
                with m.If(cobs.end):
                    m.next = "KIND"

        arrives = cobs.decoded_strobe
        with m.FSM():
            with state("KIND"):
                m.d.comb += nothing.eq(1)
                m.d.sync += token_left.eq(sizes.input_bytes - 1)
                with m.If(arrives):
                    m.d.sync += [
                        is_data.eq(cobs.decoded == Kind.DATA),
                        is_reset.eq(cobs.decoded == Kind.RESET),
                    ]
                    with m.If((cobs.decoded == 0) | (cobs.decoded > Kind.RESET)):
                        m.d.sync += problem.eq(Problem.FRAMING)
                    m.next = "SEQUENCE"
            with state("SEQUENCE"), m.If(arrives):
                m.next = "LENGTH LOW"
            with state("LENGTH LOW"), m.If(arrives):
                m.d.sync += length.eq(cobs.decoded)
                m.next = "LENGTH HIGH"
            with state("LENGTH HIGH"), m.If(arrives):
                # by halves: the whole is only as wide as the limit
                high = self._sizes.payload_limit >> 8
                low = self._sizes.payload_limit & 0xFF
                m.d.sync += [
                    length[8:].eq(cobs.decoded),
                    oversize.eq(
                        (cobs.decoded > high) | ((cobs.decoded == high) & (length[:8] > low))
                    ),
                ]
                m.next = "JUDGE"
            with state("JUDGE", in_ring=False):
                m.d.sync += check_left.eq(3)
                m.next = "PAYLOAD"
                with m.If(oversize):
                    m.d.sync += problem.eq(Problem.OVERSIZE)
                    m.next = "TOO LONG"
                with m.Elif(length == 0):
                    m.next = "CHECK"
                with m.Elif(~is_data):
                    m.d.sync += problem.eq(Problem.FRAMING)
            with state("PAYLOAD"), m.If(arrives):
                m.d.sync += [length.eq(length - 1), token_left.eq(token_left - 1)]
                with m.If(token_left == 0):
                    m.d.sync += token_left.eq(sizes.input_bytes - 1)
                with m.If(length == 1):
                    m.next = "CHECK"
                    with m.If(token_left != 0):
                        m.d.sync += problem.eq(Problem.FRAMING)
            with state("CHECK", in_ring=False), m.If(arrives):
                m.d.sync += check_left.eq(check_left - 1)
                with m.If(check_left == 0):
                    m.next = "COMPLETE"
            with state("COMPLETE", in_ring=False):
                m.d.comb += complete.eq(1)
                with m.If(arrives):
                    m.next = "TOO LONG"
            with state("TOO LONG", in_ring=False):
                pass
        with m.If(self.write & self.full):
            m.d.sync += problem.eq(Problem.OVERRUN)
        with m.If(self.strobe & self.bad_stop & ~nothing):
            m.d.sync += problem.eq(Problem.FRAMING)
        return is_reset

    def _decide(self, m, cobs, match, problem, complete, nothing, is_reset):
        """At the end of a frame commit it, or roll back and count why."""
        shaped = Signal()
        m.d.comb += [
            shaped.eq(complete & cobs.whole),
            self.commit.eq(cobs.end & shaped & match & (problem == Problem.CRC)),
            self.rollback.eq(cobs.end & ~self.commit),
            self.skip.eq(self.commit & is_reset),
            self.restart.eq(self.skip),
        ]
        reason = Signal(Problem)
        m.d.comb += reason.eq(problem)
        with m.If((problem == Problem.CRC) & ~shaped):
            m.d.comb += reason.eq(Problem.FRAMING)
        with m.If(cobs.end):
            m.d.sync += problem.eq(Problem.CRC)

        m.submodules.counters = counters = Memory(shape=8, depth=4, init=[])
        reader = counters.read_port(domain="comb")
        writer = counters.write_port()
        m.d.comb += [
            reader.addr.eq(Mux(cobs.end, reason, self.asked)),
            self.errors.eq(reader.data),
            writer.addr.eq(reason),
            writer.data.eq(reader.data + 1),
            writer.en.eq(self.rollback & ~nothing & ~reader.data.all()),
        ]
        with m.If(writer.en):
            m.d.sync += self.dropped.eq(1)
