"""What to do with each frame: hand its tokens to the core's side, wait for its end, answer."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.crossing import Word, word_signature
from hwgen.cores.bridge.protocol import Kind

__all__ = ["Dispatcher"]


class Dispatcher(wiring.Component):
    """Take records from the frame buffer one after the other and carry them out.

    Parameters
    ----------
    sizes : Sizes
        Token and payload sizes.

    Members
    -------
    i : In(stream.Signature(8))
        Records: kind, sequence, length, payload.
    o : Out(word_signature())
        Words to the core's side.
    ended : In(1)
        The core's side has answered ``END``.
    button : In(1)
        Pressed; starts the self-test.
    sequence : Out(8)
        Sequence number of the frame being carried out.
    done_request, status_request, accepted : Out(1), Out(1), In(1)
        To the responder.
    testing, tested : Out(1)
        The self-test runs; it has run, and its signature stands.
    """

    def __init__(self, sizes):
        self._sizes = sizes
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "o": Out(word_signature()),
                "ended": In(1),
                "button": In(1),
                "sequence": Out(8),
                "done_request": Out(1),
                "status_request": Out(1),
                "accepted": In(1),
                "testing": Out(1),
                "tested": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        kind = Signal(3)
        # payload bytes still to come
        left = Signal(range(self._sizes.payload_limit + 1))
        with m.FSM():
            self._take_header(m, kind, left)
            self._hand_over(m, kind, left)
        return m

    def _take_header(self, m, kind, left):
        was_pressed = Signal()
        with m.State("IDLE"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += [kind.eq(self.i.payload), was_pressed.eq(self.button)]
            with m.If(self.i.valid):
                m.next = "SEQUENCE"
            with m.Elif(self.button & ~was_pressed):
                # a kind that nobody waits for an answer to
                m.d.sync += kind.eq(0)
                m.next = "TEST"
        with m.State("SEQUENCE"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += self.sequence.eq(self.i.payload)
            with m.If(self.i.valid):
                m.next = "LENGTH LOW"
        with m.State("LENGTH LOW"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += left.eq(self.i.payload)
            with m.If(self.i.valid):
                m.next = "LENGTH HIGH"
        with m.State("LENGTH HIGH"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += left[8:].eq(self.i.payload)
                m.next = "ANSWER"
                with m.If(kind == Kind.DATA):
                    m.next = "PAYLOAD"
                with m.Elif(kind == Kind.BIST):
                    m.next = "TEST"

    def _hand_over(self, m, kind, left):
        word = self.o.payload
        m.d.comb += word.byte.eq(self.i.payload)
        with m.State("PAYLOAD"):
            with m.If(left == 0):
                m.d.comb += [self.o.valid.eq(1), word.kind.eq(Word.END)]
                with m.If(self.o.ready):
                    m.next = "WAIT"
            with m.Else():
                m.d.comb += [
                    self.o.valid.eq(self.i.valid),
                    self.i.ready.eq(self.o.ready),
                    word.kind.eq(Word.BYTE),
                ]
                with m.If(self.i.valid & self.o.ready):
                    m.d.sync += left.eq(left - 1)
        with m.State("TEST"):
            m.d.comb += [self.o.valid.eq(1), word.kind.eq(Word.TEST)]
            m.d.sync += [self.testing.eq(1), self.tested.eq(0)]
            with m.If(self.o.ready):
                m.next = "WAIT"
        with m.State("WAIT"), m.If(self.ended):
            m.d.sync += [self.testing.eq(0), self.tested.eq(self.tested | self.testing)]
            m.next = "ANSWER"
            with m.If(kind == 0):
                m.next = "IDLE"
        with m.State("ANSWER"):
            m.d.comb += [
                self.done_request.eq(kind == Kind.DATA),
                self.status_request.eq(kind != Kind.DATA),
            ]
            with m.If(self.accepted):
                m.next = "IDLE"
