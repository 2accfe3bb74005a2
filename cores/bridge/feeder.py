"""The core's side of the bridge: bytes to input tokens, output tokens to bytes, self-test."""

from amaranth.hdl import Cat, Const, Module, Mux, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.bist import Prbs31
from hwgen.cores.bridge.crossing import Word, word_signature
from hwgen.cores.bridge.protocol import BIST_TOKENS

__all__ = ["Collector", "Feeder"]


class Feeder(wiring.Component):
    """Shift bytes together to tokens and offer them to the core.

    In the self-test the bytes are pseudo-random, and every token is the previous one shifted by
    one byte, so that the core gets a new one every second clock.

    Parameters
    ----------
    token_bytes : int
        Bytes of a token.
    drain : int
        Clocks without a result after which a core has nothing more to say.
    tests : int
        Tokens of the self-test, at least 2.

    Members
    -------
    i : In(word_signature())
        Words from the line's side; a payload stays for a clock after it was taken.
    token : Out(8 * token_bytes)
        Input token, first byte least significant.
    valid, ready : Out(1), In(1)
        Its handshake with the core.
    quiet : In(1)
        The core's output could have moved, and did not.
    end, end_taken : Out(1), In(1)
        The core has nothing more to say.
    testing : Out(1)
        The self-test runs.
    test_starts : Out(1)
        Clear the signature.
    core_reset : Out(1)
        Reset the core.
    """

    def __init__(self, token_bytes, drain, tests=BIST_TOKENS):
        self._token_bytes = token_bytes
        self._drain = drain
        self._tests = tests
        super().__init__(
            {
                "i": In(word_signature()),
                "token": Out(8 * token_bytes),
                "valid": Out(1),
                "ready": In(1),
                "quiet": In(1),
                "end": Out(1),
                "end_taken": In(1),
                "testing": Out(1),
                "test_starts": Out(1),
                "core_reset": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        # counters here end at -1, so that their sign alone says it: the core's clock may be fast
        # bytes that the token still lacks, less one
        lacking = Signal(range(-1, self._token_bytes), init=self._token_bytes - 1)
        # tokens after the one being offered, less one
        tests_left = Signal(range(-1, self._tests))
        shift = self._shift_tokens(m)
        m.d.sync += [shift.eq(0), self.test_starts.eq(0), self.core_reset.eq(0)]
        with m.FSM():
            with m.State("FILL"):
                with m.If(lacking < 0):
                    m.d.sync += self.valid.eq(1)
                    m.next = "OFFER"
                with m.Elif(self.testing):
                    m.d.sync += [lacking.eq(lacking - 1), shift.eq(1)]
                with m.Else():
                    self._take_word(m, lacking, tests_left, shift)
            self._offer(m, lacking, tests_left, shift)
            self._finish(m, lacking)
        return m

    def _shift_tokens(self, m):
        """Build the token register; return the signal that shifts a byte into it a clock later."""
        m.submodules.source = source = ResetInserter(self.test_starts)(Prbs31())
        shift = Signal()
        # no reset: a wide register, and every token fills all of it
        token = Signal.like(self.token, reset_less=True)
        m.d.comb += [source.step.eq(shift), self.token.eq(token)]
        with m.If(shift):
            byte = Mux(self.testing, source.data, self.i.payload.byte)
            m.d.sync += token.eq(Cat(token[8:], byte))
        return shift

    def _take_word(self, m, lacking, tests_left, shift):
        m.d.comb += self.i.ready.eq(1)
        with m.If(self.i.valid), m.Switch(self.i.payload.kind):
            with m.Case(Word.BYTE):
                m.d.sync += [lacking.eq(lacking - 1), shift.eq(1)]
            with m.Case(Word.END):
                m.next = "DRAIN"
            with m.Case(Word.TEST):
                m.d.sync += [
                    self.test_starts.eq(1),
                    self.core_reset.eq(1),
                    self.testing.eq(1),
                    tests_left.eq(self._tests - 2),
                    lacking.eq(self._token_bytes - 1),
                ]

    def _offer(self, m, lacking, tests_left, shift):
        with m.State("OFFER"), m.If(self.ready):
            m.d.sync += [self.valid.eq(0), lacking.eq(self._token_bytes - 1)]
            m.next = "FILL"
            with m.If(self.testing):
                m.d.sync += [tests_left.eq(tests_left - 1), shift.eq(1)]
                m.next = "REFRESH"
                with m.If(tests_left < 0):
                    m.next = "DRAIN"
        with m.State("REFRESH"):
            m.d.sync += self.valid.eq(1)
            m.next = "OFFER"

    def _finish(self, m, lacking):
        calm = Signal(range(-1, self._drain), init=self._drain - 1)
        m.d.sync += calm.eq(self._drain - 1)
        with m.State("DRAIN"):
            m.d.sync += lacking.eq(self._token_bytes - 1)
            with m.If(self.quiet):
                m.d.sync += calm.eq(calm - 1)
            with m.If(calm < 0):
                m.d.sync += [self.core_reset.eq(self.testing), self.testing.eq(0)]
                m.next = "END"
        with m.State("END"):
            m.d.comb += self.end.eq(1)
            with m.If(self.end_taken):
                m.next = "FILL"


class Collector(wiring.Component):
    """Take a core's output tokens apart.

    Parameters
    ----------
    width : int
        Bits of an output token.

    Members
    -------
    token, valid, ready : In(width), In(1), Out(1)
        The core's output. ``ready`` is a register.
    testing : In(1)
        Take a token every clock, and keep none.
    end, end_taken : In(1), Out(1)
        Send an ``END``; only while ``quiet``.
    quiet : Out(1)
        A token could have come, and did not.
    o : Out(word_signature())
        Token bytes, the least significant first, and ``END``.
    """

    def __init__(self, width):
        self._width = width
        super().__init__(
            {
                "token": In(width),
                "valid": In(1),
                "ready": Out(1),
                "testing": In(1),
                "end": In(1),
                "end_taken": Out(1),
                "quiet": Out(1),
                "o": Out(word_signature()),
            }
        )

    def elaborate(self, platform):
        m = Module()
        token_bytes = -(-self._width // 8)
        held = Signal(8 * token_bytes, reset_less=True)
        # bytes still to send, less one
        left = Signal(range(-1, token_bytes), init=-1)
        sending = Signal()
        m.d.comb += [
            sending.eq(left >= 0),
            self.quiet.eq(self.ready & ~self.valid),
            self.o.valid.eq(sending | self.end),
            self.o.payload.kind.eq(Mux(sending, Word.BYTE, Word.END)),
            self.o.payload.byte.eq(held[:8]),
            self.end_taken.eq(self.o.ready & ~sending),
        ]
        with m.If(self.ready):
            m.d.sync += held.eq(self.token)
            with m.If(self.valid & ~self.testing):
                m.d.sync += [left.eq(token_bytes - 1), self.ready.eq(0)]
        with m.Elif(~sending):
            m.d.sync += self.ready.eq(1)
        with m.Elif(self.o.ready):
            m.d.sync += [held.eq(Cat(held[8:], Const(0, 8))), left.eq(left - 1)]
        return m
