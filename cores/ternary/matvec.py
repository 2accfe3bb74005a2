"""Ternary matrix times INT8 vector: lanes add, subtract or skip."""

from amaranth.hdl import Cat, Const, Mux, Signal, signed, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.fixed.accumulate import accumulate
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.ternary.decode import decode_word, unused_slots

__all__ = ["TernaryMatvec"]

_BITS = 8
_HELD = 2
# a larger memory is cheaper, and no slower, as block RAM
_MOST_DISTRIBUTED_WORDS = 32


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
        beats, token = config.beats, valid.update(0)
        held, filling, using = Signal(range(_HELD + 1)), Signal(), Signal()
        loaded, beat = Signal(range(beats), name="loaded"), Signal(range(beats), name="beat")
        pattern = Signal(range(config.beats_of_pattern), name="beat_of_pattern")
        row = Signal(range(config.rows), name="row")
        takes, works = Signal(name="takes"), Signal(name="works")
        complete, row_ends, done = (
            Signal(name=each) for each in ("complete", "row_complete", "vector_done")
        )
        m.d.comb += [
            takes.eq(payload.load & (held != _HELD)),
            works.eq(payload.compute & (held != 0)),
            complete.eq(takes & (loaded == beats - 1)),
            row_ends.eq(works & (beat == beats - 1)),
            done.eq(row_ends & (row == config.rows - 1)),
        ]
        with m.If(token):
            m.d.sync += [
                held.eq(held + complete - done),
                filling.eq(filling ^ complete),
                using.eq(using ^ done),
            ]
            with m.If(takes):
                m.d.sync += loaded.eq(Mux(complete, 0, loaded + 1))
            with m.If(works):
                m.d.sync += beat.eq(Mux(row_ends, 0, beat + 1))
                last = pattern == config.beats_of_pattern - 1
                m.d.sync += pattern.eq(Mux(last, 0, pattern + 1))
            with m.If(row_ends):
                m.d.sync += row.eq(Mux(done, 0, row + 1))
        self._note_loop(pipeline, len(beat) + len(row))
        stored = self._memory(pipeline, Cat(loaded, filling), takes & token, Cat(beat, using))
        used = pipeline.input(works, "works")
        return used, pipeline.input(beat, "beat"), pipeline.input(pattern, "pattern"), stored

    def _note_loop(self, pipeline, bits):
        """Let the pipeline know of the path from the counters to themselves."""
        fabric = pipeline.fabric
        # all counters are compared; then what is held and taken, and what changes
        levels = fabric.gate_levels(bits) + 2
        delay = fabric.logic_delay(levels) + fabric.fan_out_delay * (2 * bits) ** 0.5
        pipeline.capture(Timed(Const(0, 1), 0, fabric.launch_delay + delay))

    def _memory(self, pipeline, write_address, write, read_address):
        """Return the elements of x at an address, in the stage after the first."""
        m, fabric, lanes = pipeline.m, pipeline.fabric, self.config.lanes
        depth, width = 1 << len(read_address), _BITS * lanes
        small = depth <= _MOST_DISTRIBUTED_WORDS
        style = "distributed" if small else "block"
        memory = Memory(shape=unsigned(width), depth=depth, init=[], attrs={"ram_style": style})
        m.submodules.vectors = memory
        writer, reader = memory.write_port(), memory.read_port()
        # who may write is known late: registers hand it on. The beat that is written last is read
        # two clocks later at the earliest, since a vector has two beats or more.
        domain = m.d.comb if pipeline.period is None else m.d.sync
        address = Signal(len(write_address), reset_less=True, name="write_address")
        data, enable = Signal(width, reset_less=True, name="write_data"), Signal(name="write")
        domain += [
            address.eq(write_address),
            data.eq(Cat(self.i.payload.activations)),
            enable.eq(write),
        ]
        m.d.comb += [
            writer.addr.eq(address),
            writer.data.eq(data),
            writer.en.eq(enable),
            reader.addr.eq(read_address),
            reader.en.eq(pipeline.enable),
        ]
        arrival = fabric.launch_delay
        if small:
            # the word goes to a register in the clock of its address
            reading = fabric.launch_delay + fabric.read_delay(depth, width)
            pipeline.capture(Timed(read_address, 0, reading))
        else:
            # the memory's own time does not grow with the circuit
            arrival = max(arrival, fabric.block_read_delay / pipeline.crowding)
        elements = []
        for lane in range(lanes):
            element = Signal(signed(_BITS), name=f"element_{lane}")
            m.d.comb += element.eq(reader.data.word_select(lane, _BITS))
            elements.append(Timed(element, 1, arrival))
        return elements
