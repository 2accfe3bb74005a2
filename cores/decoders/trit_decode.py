"""Trits from the codes of a dictionary in block RAM, one code a clock cycle."""

from amaranth.hdl import Cat, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed
from hwgen.cores.decoders.gearbox import Gearbox
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["TritDecode"]


class TritDecode(PipelinedCore):
    """Decoder of a trit dictionary (``hwgen/formats/trit_dictionary.py``).

    Parameters
    ----------
    config : TritDecodeConfig
        Size of the dictionary, and fabric.

    Members
    -------
    i : In(stream)
        A code to decode, or with ``load`` an entry to write.
    o : Out(stream)
        The sequence of a code; with ``lanes`` so many trits of the sequences in a row.

    Attributes
    ----------
    latency : int
        Clock cycles from a code to its sequence, or to the word that it completes.
    """

    keeps_state = True

    def __init__(self, config):
        self._pauses = config.lanes is not None
        sequence = [
            Field("trits", 2, config.trits, doc="the sequence, first trit lowest; 0 beyond it"),
            Field("pairs", config.pairs_width, doc="pairs of trits in the sequence"),
        ]
        fields = [
            Field("code", config.code_width, doc="number of the entry"),
            Field("load", 1, doc="writes the entry and gives no output"),
        ]
        result = sequence
        if config.out == "two-bit":
            doc = "packed weights: a byte has four codes of two bits, the first one highest"
            result = [Field("weights", 8, config.lanes // 4, doc=doc)]
        elif config.lanes:
            result = [Field("trits", 2, config.lanes, doc="trits, first one lowest")]
        super().__init__(config, [*fields, *sequence], result)

    def datapath(self, pipeline, valid):
        m, payload = pipeline.m, self.i.payload
        load = pipeline.input(payload.load, "load")
        trit_bits = 2 * self.config.trits
        low, width = self.streams[0].lsb("trits"), trit_bits + self.config.pairs_width
        m.submodules.dictionary = memory = Memory(
            shape=width, depth=self.config.entries, init=[], attrs={"ram_style": "block"}
        )
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(payload.code),
            write.data.eq(payload.as_value()[low:]),
            write.en.eq(valid.update(0) & payload.load),
            read.addr.eq(payload.code),
        ]
        # a token reads or writes, so what blocks do when both meet does not matter
        entry = Signal(width, reset_less=True, name="entry")
        with m.If(pipeline.enable & ~payload.load):
            m.d.sync += entry.eq(read.data)
        pipeline.capture(load)
        fabric = pipeline.fabric
        # the memory's own time does not grow with the circuit
        arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
        found = Timed(entry, 1, arrival)
        trits = pipeline.slice(found, 0, trit_bits)
        pairs = pipeline.slice(found, trit_bits, width)
        reads = pipeline.bit(lambda loads: ~loads, load, levels=0, name="reads")
        if self.config.lanes is None:
            return {"trits": trits, "pairs": pairs}, reads
        return self._words(pipeline, valid, trits, pairs, reads), None

    def _words(self, pipeline, valid, trits, pairs, reads):
        """Return the fields of words of equal length."""
        config, m = self.config, pipeline.m
        nearly_full = Signal(name="nearly_full")
        m.d.comb += self._paused.eq(nearly_full)
        gearbox = Gearbox(pipeline, valid, config.longest, config.lanes // 2)
        symbols = [pipeline.slice(trits, at, at + 4) for at in range(0, 2 * config.trits, 4)]
        word = pipeline.concatenate(gearbox.words(symbols, pairs, reads, nearly_full))
        if config.out == "trits":
            return {"trits": word}
        weights = pipeline.logic(
            _packed, word, shape=unsigned(2 * config.lanes), name="packed_weights"
        )
        return {"weights": weights}


def _packed(trits):
    """Return trits 0, 1 and 2 as the codes 1, 0 and 2, four a byte, the first one highest."""
    codes = [Cat(~trits[at : at + 2].any(), trits[at + 1]) for at in range(0, len(trits), 2)]
    return Cat(Cat(*reversed(codes[at : at + 4])) for at in range(0, len(codes), 4))
