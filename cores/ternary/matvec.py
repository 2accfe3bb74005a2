"""Ternary matrix times INT8 vector: lanes add, subtract or skip."""

from amaranth.hdl import Cat, Mux, Signal, signed
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.fixed.accumulate import accumulate
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.ternary.decode import decode_word, unused_slots
from hwgen.cores.vector_buffer import VectorBuffer

__all__ = ["TernaryMatvec"]

_BITS = 8


class TernaryMatvec(PipelinedCore):
    """``y = W x`` with weights -1, 0, +1 that come packed, one exact sum a row.

    The matrix of BitNet b1.58 (S. Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, section 2).

    Parameters
    ----------
    config : TernaryMatvecConfig
        Packing, sizes and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` elements of x, and packed weights for ``lanes`` lanes, with a mark for each.
    o : Out(stream)
        One sum a row of W.

    Attributes
    ----------
    initiation_interval : int
        Clock cycles from one row to the next: its beats.
    macs_per_cycle : int
        Lanes.
    keeps_state : bool
        True: vectors stay in the core.
    """

    keeps_state = True

    def __init__(self, config):
        self.initiation_interval = config.beats
        self.macs_per_cycle = config.lanes
        element = {"format": "int8", "signed": True, "doc": "elements of x, in the weights' order"}
        inputs = [
            Field("activations", _BITS, config.lanes, **element),
            Field("weights", _BITS, config.word_bytes, doc="bytes of packed weights"),
            Field("load", 1, doc="1: the token offers elements of x"),
            Field("compute", 1, doc="1: the token offers weights"),
        ]
        width, doc = config.sum_shape.width, "element of y"
        super().__init__(config, inputs, [Field("sum", width, 1, "integer", True, doc)])

    def datapath(self, pipeline, valid):
        config = self.config
        values = self.inputs(pipeline)
        data = values["weights"] if config.word_bytes > 1 else [values["weights"]]
        taken, beat, pattern, stored = self._vectors(pipeline, valid)
        codes = decode_word(pipeline, data, config.packing)
        unused = unused_slots(pipeline, pattern, config)
        operands = [
            self._lane(pipeline, number, *each)
            for number, each in enumerate(zip(stored, codes, unused, strict=True))
        ]
        total = add_tree(pipeline, operands, "lanes")
        first, last = (
            pipeline.bit(lambda bits, at=at: bits == at, beat, levels=2, name=name)
            for at, name in ((0, "first_beat"), (config.beats - 1, "last_beat"))
        )
        emit = pipeline.bit(lambda end, works: end & works, last, taken, name="row_ends")

        def update(stage):
            return valid.update(stage) & pipeline.at(taken, stage)

        sums = accumulate(pipeline, total.bits, first, update, config.sum_shape, total.sign)
        return {"sum": sums}, emit

    def _lane(self, pipeline, number, element, code, unused):
        """Return what a lane adds: its element, masked and with a sign."""
        sign = pipeline.free(lambda bits: ~bits[1], code)
        if unused is None:
            keep = pipeline.free(lambda bits: ~bits[0], code)
        else:
            keep = pipeline.bit(lambda bits, no: ~(bits[0] | no), code, unused, name="keep")
        low, high = -(1 << _BITS - 1), (1 << _BITS - 1) - 1
        if pipeline.period is None or number % 2 or pipeline.fabric.ternary_module is not None:
            return Operand(element, low, high, keep, sign)
        # a chain has room for one mask: the other is the reset of the element's register
        element = pipeline.register_masked(element, keep, f"element_{number}")
        return Operand(element, low, high, None, sign)

    def _vectors(self, pipeline, valid):
        """Build the memory of two vectors and who may use it.

        Returns
        -------
        (Timed, Timed, Timed, list of Timed)
            Whether the token's weights are used; the number of their beat, and the same modulo
            the pattern of slots; the elements of x that they meet.
        """
        config, m, payload = self.config, pipeline.m, self.i.payload
        token = valid.update(0)
        buffer = VectorBuffer(
            pipeline, token, payload.load, payload.compute, config.beats, config.rows
        )
        pattern = Signal(range(config.beats_of_pattern), name="beat_of_pattern")
        with m.If(token & buffer.works):
            last = pattern == config.beats_of_pattern - 1
            m.d.sync += pattern.eq(Mux(last, 0, pattern + 1))
        stored = buffer.elements(Cat(payload.activations), signed(_BITS))
        used = pipeline.input(buffer.works, "works")
        beat = pipeline.input(buffer.beat, "beat")
        return used, beat, pipeline.input(pattern, "pattern"), stored
