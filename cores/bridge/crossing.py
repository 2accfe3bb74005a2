"""Words from one clock domain to another."""

from amaranth.hdl import Module, Signal
from amaranth.lib import enum, stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["Crossing", "Word", "word_signature"]


class Word(enum.Enum, shape=2):
    """What a word between the line's and the core's side is."""

    # a token's byte, in either direction
    BYTE = 0
    # to the core's side: answer with END when the core has nothing more to say
    END = 1
    # to the core's side: run the self-test, then answer with END
    TEST = 2


def word_signature():
    """Return the stream signature of words: ``kind`` (`Word`) and ``byte``."""
    from amaranth.lib import data

    return stream.Signature(data.StructLayout({"kind": Word, "byte": 8}))


class Crossing(wiring.Component):
    """A word at a time from one clock domain to another, whatever their frequencies.

    The word waits in a register of the source's domain; one bit that changes with every word
    crosses through two registers, and one comes back in the same way. Resetting one side resets
    the other, too, or words are made up. ``o`` is a register, and its payload stays for a clock
    after it was taken.

    Parameters
    ----------
    source, sink : str
        Clock domains of the writing and the reading side.

    Members
    -------
    i : In(word_signature())
        Words in domain ``source``.
    o : Out(word_signature())
        The same words in domain ``sink``.
    """

    def __init__(self, source, sink):
        self._source = source
        self._sink = sink
        super().__init__({"i": In(word_signature()), "o": Out(word_signature())})

    def elaborate(self, platform):
        m = Module()
        word = Signal.like(self.i.payload)
        sent, sent_seen = Signal(), Signal()
        taken, taken_seen = Signal(), Signal()
        m.submodules.forward = FFSynchronizer(sent, sent_seen, o_domain=self._sink)
        m.submodules.back = FFSynchronizer(taken, taken_seen, o_domain=self._source)
        m.d.comb += [
            self.i.ready.eq(sent == taken_seen),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d[self._source] += [word.eq(self.i.payload), sent.eq(~sent)]
        with m.If(self.o.valid):
            m.d[self._sink] += self.o.valid.eq(~self.o.ready)
        with m.Elif(sent_seen != taken):
            m.d[self._sink] += [
                self.o.payload.eq(word),
                self.o.valid.eq(1),
                taken.eq(sent_seen),
            ]
        return m
