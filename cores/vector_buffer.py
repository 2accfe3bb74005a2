"""Two vectors on the chip: one comes in while the other is used."""

from amaranth.hdl import Cat, Const, Mux, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed

__all__ = ["VectorBuffer"]

_HELD = 2


class VectorBuffer:
    """A memory of two vectors, and which tokens fill it and use it.

    A vector is complete after the token with its last beat, and is dropped after the token with
    the last weights that it serves. While two are held, beats that are offered are ignored; while
    none is, weights are.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the buffer becomes part of.
    token : Value
        1 when a token is accepted.
    load, compute : Value
        Whether the token offers a beat of a vector, and whether it offers weights.
    beats : int
        Tokens of a vector, and of the weights that meet it once; at least 2.
    uses : int
        How often weights meet a vector.

    Attributes
    ----------
    works : Signal
        1 where the token's weights are used.
    beat : Signal
        Number of the beat that they meet.
    """

    def __init__(self, pipeline, token, load, compute, beats, uses):
        self.pipeline, m = pipeline, pipeline.m
        held, filling, using = Signal(range(_HELD + 1)), Signal(), Signal()
        loaded, beat = Signal(range(beats), name="loaded"), Signal(range(beats), name="beat")
        row = Signal(range(uses), name="row")
        takes, works = Signal(name="takes"), Signal(name="works")
        complete, row_ends, done = (
            Signal(name=each) for each in ("complete", "row_complete", "vector_done")
        )
        m.d.comb += [
            takes.eq(load & (held != _HELD)),
            works.eq(compute & (held != 0)),
            complete.eq(takes & (loaded == beats - 1)),
            row_ends.eq(works & (beat == beats - 1)),
            done.eq(row_ends & (row == uses - 1)),
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
            with m.If(row_ends):
                m.d.sync += row.eq(Mux(done, 0, row + 1))
        self.works, self.beat = works, beat
        self._write, self._write_address = takes & token, Cat(loaded, filling)
        self._read_address = Cat(beat, using)
        self._note_loop(len(beat) + len(row))

    def _note_loop(self, bits):
        """Let the pipeline know of the path from the counters to themselves."""
        fabric = self.pipeline.fabric
        # all counters are compared; then what is held and taken, and what changes
        levels = fabric.gate_levels(bits) + 2
        delay = fabric.logic_delay(levels) + fabric.fan_out_delay * (2 * bits) ** 0.5
        self.pipeline.capture(Timed(Const(0, 1), 0, fabric.launch_delay + delay))

    def elements(self, offered, shape):
        """Return the elements that the weights meet, in the stage after the first.

        Parameters
        ----------
        offered : Value
            Elements of a token side by side.
        shape : Shape
            Of one element.
        """
        pipeline, m, fabric = self.pipeline, self.pipeline.m, self.pipeline.fabric
        depth, width = 1 << len(self._read_address), len(offered)
        small = depth <= fabric.distributed_words
        style = "distributed" if small else "block"
        memory = Memory(shape=unsigned(width), depth=depth, init=[], attrs={"ram_style": style})
        m.submodules.vectors = memory
        writer, reader = memory.write_port(), memory.read_port()
        # who may write is known late: registers hand it on. The beat that is written last is read
        # two clocks later at the earliest, since a vector has two beats or more.
        domain = m.d.comb if pipeline.period is None else m.d.sync
        address = Signal(len(self._write_address), reset_less=True, name="write_address")
        data, enable = Signal(width, reset_less=True, name="write_data"), Signal(name="write")
        domain += [
            address.eq(self._write_address),
            data.eq(offered),
            enable.eq(self._write),
        ]
        m.d.comb += [
            writer.addr.eq(address),
            writer.data.eq(data),
            writer.en.eq(enable),
            reader.addr.eq(self._read_address),
            reader.en.eq(pipeline.enable),
        ]
        arrival = fabric.launch_delay
        if small:
            # the word goes to a register in the clock of its address
            reading = fabric.launch_delay + fabric.read_delay(depth, width)
            pipeline.capture(Timed(self._read_address, 0, reading))
        else:
            # the memory's own time does not grow with the circuit
            arrival = max(arrival, fabric.block_read_delay / pipeline.crowding)
        elements = []
        for number in range(width // shape.width):
            element = Signal(shape, name=f"element_{number}")
            m.d.comb += element.eq(reader.data.word_select(number, shape.width))
            elements.append(Timed(element, 1, arrival))
        return elements
