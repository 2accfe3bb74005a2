"""What to do with each frame: feed the core, wait for its last result, answer; or self-test."""

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.bist import Prbs31
from hwgen.cores.bridge.protocol import BIST_TOKENS, Kind

__all__ = ["Controller"]


class Controller(wiring.Component):
    """Take records from the frame buffer one after the other and carry them out.

    A token is shifted together byte by byte and offered to the core. In the self-test the bytes
    are pseudo-random, and every token is the previous one shifted by one byte, so that the core
    gets a new one every second clock.

    Parameters
    ----------
    sizes : Sizes
        Token and payload sizes.
    drain : int
        Clocks without a result after which a core has nothing more to say.

    Members
    -------
    i : In(stream.Signature(8))
        Records: kind, sequence, length, payload.
    token : Out(8 * sizes.input_bytes)
        Input token, first byte least significant.
    token_valid, token_ready : Out(1), In(1)
        Its handshake with the core.
    quiet : In(1)
        The core's output could have moved, and did not.
    button : In(1)
        Pressed; starts the self-test.
    sequence : Out(8)
        Sequence number of the frame being carried out.
    done_request, status_request, accepted : Out(1), Out(1), In(1)
        To the responder.
    testing : Out(1)
        The self-test runs.
    tested : Out(1)
        It has run, and its signature stands.
    test_starts : Out(1)
        Clear the signature.
    core_reset : Out(1)
        Reset the core.
    """

    def __init__(self, sizes, drain):
        self._sizes = sizes
        self._drain = drain
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "token": Out(8 * sizes.input_bytes),
                "token_valid": Out(1),
                "token_ready": In(1),
                "quiet": In(1),
                "button": In(1),
                "sequence": Out(8),
                "done_request": Out(1),
                "status_request": Out(1),
                "accepted": In(1),
                "testing": Out(1),
                "tested": Out(1),
                "test_starts": Out(1),
                "core_reset": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        kind = Signal(3)
        # payload bytes, or self-test tokens, still to come
        left = Signal(range(max(self._sizes.payload_limit, BIST_TOKENS) + 1))
        token_left = Signal(range(self._sizes.input_bytes + 1))
        by_button = Signal()
        shift = self._shift_tokens(m)
        m.d.sync += shift.eq(0)
        with m.FSM():
            self._take_header(m, kind, left, token_left, by_button)
            self._feed(m, left, token_left, shift)
            self._finish(m, kind, by_button)
        return m

    def _shift_tokens(self, m):
        """Build the token register; return the signal that shifts a byte into it a clock later."""
        m.submodules.source = source = ResetInserter(self.test_starts)(Prbs31())
        shift = Signal()
        arriving = Signal(8, reset_less=True)
        # no reset: a wide register, and every token fills all of it
        token = Signal.like(self.token, reset_less=True)
        m.d.comb += [source.step.eq(shift), self.token.eq(token)]
        m.d.sync += arriving.eq(self.i.payload)
        with m.If(shift):
            byte = Mux(self.testing, source.data, arriving)
            m.d.sync += token.eq(Cat(token[8:], byte))
        return shift

    def _take_header(self, m, kind, left, token_left, by_button):
        was_pressed = Signal()
        with m.State("IDLE"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += [kind.eq(self.i.payload), was_pressed.eq(self.button), by_button.eq(0)]
            with m.If(self.i.valid):
                m.next = "SEQUENCE"
            with m.Elif(self.button & ~was_pressed):
                m.d.sync += by_button.eq(1)
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
            m.d.sync += token_left.eq(self._sizes.input_bytes)
            with m.If(self.i.valid):
                m.d.sync += left[8:].eq(self.i.payload)
                m.next = "DISPATCH"
        with m.State("DISPATCH"):
            m.next = "ANSWER"
            with m.If((kind == Kind.DATA) & (left != 0)):
                m.next = "FILL"
            with m.Elif(kind == Kind.BIST):
                m.next = "TEST"
        with m.State("TEST"):
            m.d.comb += [self.test_starts.eq(1), self.core_reset.eq(1)]
            m.d.sync += [
                self.testing.eq(1),
                self.tested.eq(0),
                left.eq(BIST_TOKENS),
                token_left.eq(self._sizes.input_bytes),
            ]
            m.next = "FILL"

    def _feed(self, m, left, token_left, shift):
        with m.State("FILL"):
            with m.If(token_left == 0):
                m.d.sync += self.token_valid.eq(1)
                m.next = "OFFER"
            with m.Elif(self.testing):
                m.d.sync += [token_left.eq(token_left - 1), shift.eq(1)]
            with m.Else():
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += [token_left.eq(token_left - 1), left.eq(left - 1), shift.eq(1)]
        with m.State("OFFER"):
            m.d.sync += token_left.eq(self._sizes.input_bytes)
            with m.If(self.token_ready):
                m.d.sync += self.token_valid.eq(0)
                with m.If(self.testing):
                    m.d.sync += [left.eq(left - 1), shift.eq(left != 1)]
                    m.next = "REFRESH"
                    with m.If(left == 1):
                        m.next = "DRAIN"
                with m.Elif(left == 0):
                    m.next = "DRAIN"
                with m.Else():
                    m.next = "FILL"
        with m.State("REFRESH"):
            m.d.sync += self.token_valid.eq(1)
            m.next = "OFFER"

    def _finish(self, m, kind, by_button):
        calm = Signal(range(self._drain + 1), init=self._drain)
        m.d.sync += calm.eq(self._drain)
        with m.State("DRAIN"):
            with m.If(self.quiet):
                m.d.sync += calm.eq(calm - 1)
            with m.If(calm == 0):
                m.next = "ANSWER"
                with m.If(self.testing):
                    m.d.comb += self.core_reset.eq(1)
                    m.d.sync += [self.testing.eq(0), self.tested.eq(1)]
                    with m.If(by_button):
                        m.next = "IDLE"
        with m.State("ANSWER"):
            m.d.comb += [
                self.done_request.eq(kind == Kind.DATA),
                self.status_request.eq(kind != Kind.DATA),
            ]
            with m.If(self.accepted):
                m.next = "IDLE"
