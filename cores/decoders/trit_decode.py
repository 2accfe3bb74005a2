"""Trits from the codes of a dictionary in block RAM, one code a clock cycle."""

from amaranth.hdl import Signal
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed
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
        The sequence of a code.
    """

    keeps_state = True

    def __init__(self, config):
        sequence = [
            Field("trits", 2, config.trits, doc="the sequence, first trit lowest; 0 beyond it"),
            Field("pairs", config.pairs_width, doc="pairs of trits in the sequence"),
        ]
        fields = [
            Field("code", config.code_width, doc="number of the entry"),
            Field("load", 1, doc="writes the entry and gives no output"),
        ]
        super().__init__(config, [*fields, *sequence], sequence)

    def datapath(self, pipeline, valid):
        m, payload = pipeline.m, self.i.payload
        load = pipeline.input(payload.load, "load")
        low, width = self.streams[0].lsb("trits"), self.streams[1].width
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
        found = Timed(entry, 1, pipeline.fabric.launch_delay)
        trits = pipeline.slice(found, 0, 2 * self.config.trits)
        pairs = pipeline.slice(found, 2 * self.config.trits, width)
        reads = pipeline.bit(lambda loads: ~loads, load, levels=0, name="reads")
        return {"trits": trits, "pairs": pairs}, reads
