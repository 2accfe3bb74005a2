"""From results and status to answer frames."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import enum, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.cobs import CobsEncoder
from hwgen.cores.bridge.crc import SerialCrc32
from hwgen.cores.bridge.protocol import STATUS_LENGTH, Kind

__all__ = ["Responder"]


class Step(enum.Enum, shape=3):
    """Which byte of a frame is next."""

    KIND = 0
    SEQUENCE = 1
    LENGTH = 2
    LENGTH_HIGH = 3
    PAYLOAD = 4
    CHECK = 5


class Responder(wiring.Component):
    """Build answer frames.

    ``RESULTS`` frames go out by themselves whenever a full one is waiting; ``DONE`` and
    ``STATUS_REPLY`` on request, after those.

    Parameters
    ----------
    constants : bytes
        A status reply; the fields ``*_errors``, ``signature`` and ``flags`` are replaced.
    chunk_bytes : int
        Token bytes of a ``RESULTS`` frame.
    used_shape : shape
        Shape of ``used``.

    Members
    -------
    i : In(stream.Signature(8))
        Bytes of results.
    used : In(used_shape)
        How many are waiting.
    sequence : In(8)
        Sequence number of the frame being answered.
    asked, errors : Out(2), In(8)
        To the receiver's error counters, in the order of the status reply.
    misr, flags : In(32), In(8)
        Fields ``signature`` and ``flags``.
    done_request, status_request : In(1)
        Answer with ``DONE`` or ``STATUS_REPLY``; hold until ``accepted``.
    accepted : Out(1)
        The answer to a request stands complete in the sender.
    byte, address, write, length, send, ready : see `FrameSender`
        To the sender.
    """

    def __init__(self, constants, chunk_bytes, used_shape):
        self._constants = constants
        self._chunk_bytes = chunk_bytes
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "used": In(used_shape),
                "sequence": In(8),
                "asked": Out(2),
                "errors": In(8),
                "misr": In(32),
                "flags": In(8),
                "done_request": In(1),
                "status_request": In(1),
                "accepted": Out(1),
                "byte": Out(8),
                "address": Out(8),
                "write": Out(1),
                "length": Out(8),
                "send": Out(1),
                "ready": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = SerialCrc32()
        m.submodules.cobs = cobs = CobsEncoder()
        # the kind without its top bit
        kind = Signal(2)
        left = Signal(8)
        step = Signal(Step)
        value = Signal(8)
        chunk_waits = Signal()
        m.d.sync += chunk_waits.eq(self.used >= self._chunk_bytes)
        m.d.comb += [
            crc.data.eq(value),
            crc.unload.eq(step == Step.CHECK),
            cobs.data.eq(value),
            self.byte.eq(cobs.byte),
            self.address.eq(cobs.address),
            self.write.eq(cobs.write),
            self.length.eq(cobs.length),
        ]

        available = Signal()
        status = self._status_byte(m, left)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += step.eq(Step.KIND)
                with m.If(chunk_waits):
                    m.d.sync += [kind.eq(Kind.RESULTS & 3), left.eq(1 + self._chunk_bytes)]
                    m.next = "FETCH"
                with m.Elif(self.done_request):
                    m.d.sync += [kind.eq(Kind.DONE & 3), left.eq(1 + self.used)]
                    m.next = "FETCH"
                with m.Elif(self.status_request):
                    m.d.sync += [kind.eq(Kind.STATUS_REPLY & 3), left.eq(STATUS_LENGTH)]
                    m.next = "FETCH"
            with m.State("FETCH"):
                m.d.comb += available.eq(
                    self._fetch(m, value, status, crc.next_byte, kind, left, step)
                )
                with m.If(available):
                    m.next = "ADD"
            with m.State("ADD"):
                m.d.comb += crc.load.eq(1)
                m.next = "STORE"
            with m.State("STORE"), m.If(~crc.busy):
                m.d.comb += cobs.store.eq(1)
                m.next = "TURN"
                with m.If(self._advance(m, step, left)):
                    m.next = "CLOSE"
            with m.State("TURN"):
                # the table of constants needs a clock to follow
                m.next = "FETCH"
            with m.State("CLOSE"):
                m.d.comb += cobs.close.eq(1)
                m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += self.send.eq(1)
                with m.If(self.ready):
                    m.d.comb += [
                        crc.clear.eq(1),
                        cobs.clear.eq(1),
                        self.accepted.eq(kind != Kind.RESULTS & 3),
                    ]
                    m.next = "IDLE"
        return m

    def _fetch(self, m, value, status, check, kind, left, step):
        """Set ``value`` to the byte that is next; return whether it is there."""
        is_status = Signal()
        first = Signal()
        answers = Signal(8)
        there = Signal()
        m.d.comb += [is_status.eq(kind == Kind.STATUS_REPLY & 3), there.eq(1)]
        with m.Switch(step):
            with m.Case(Step.KIND):
                m.d.sync += [value.eq(Cat(kind, Const(0x20, 6))), first.eq(1)]
            with m.Case(Step.SEQUENCE):
                m.d.sync += value.eq(self.sequence)
            with m.Case(Step.LENGTH):
                m.d.sync += value.eq(left)
            with m.Case(Step.LENGTH_HIGH):
                m.d.sync += value.eq(0)
            with m.Case(Step.PAYLOAD):
                with m.If(is_status):
                    m.d.sync += value.eq(status)
                with m.Elif(first):
                    m.d.sync += [value.eq(answers), first.eq(0)]
                    m.d.sync += answers.eq(Mux(kind == Kind.DONE & 3, 0, answers + 1))
                with m.Else():
                    m.d.comb += [self.i.ready.eq(1), there.eq(self.i.valid)]
                    m.d.sync += value.eq(self.i.payload)
            with m.Case(Step.CHECK):
                m.d.sync += value.eq(check)
        return there

    def _status_byte(self, m, left):
        """Return the byte of the status that has ``left`` bytes from it to the end."""
        # by position from the end, as `left` counts; a block RAM is cheaper than logic here
        table = bytes(1) + self._constants[::-1]
        m.submodules.constants = rom = Memory(
            shape=8, depth=64, init=table.ljust(64, b"\0"), attrs={"rom_style": "block"}
        )
        reader = rom.read_port()
        changing = Signal(8)
        byte = Signal(8)
        m.d.comb += [
            reader.addr.eq(left),
            self.asked.eq(~left[:2]),
            changing.eq(Mux(left[2], self.errors, self.misr.word_select(~left[:2], 8))),
            byte.eq(reader.data),
        ]
        # counters and signature fill the eight positions from the end that start with binary 101
        with m.If(left[3:] == 5):
            m.d.comb += byte.eq(changing)
        with m.Elif(left == STATUS_LENGTH - 9):
            m.d.comb += byte.eq(self.flags)
        return byte

    def _advance(self, m, step, left):
        """Go on to the next byte; return whether there is none."""
        last = Signal()
        with m.Switch(step):
            with m.Case(Step.PAYLOAD):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 1):
                    m.d.sync += [step.eq(Step.CHECK), left.eq(4)]
            with m.Case(Step.CHECK):
                m.d.sync += left.eq(left - 1)
                m.d.comb += last.eq(left == 1)
            with m.Default():
                m.d.sync += step.eq(step.as_value() + 1)
        return last
