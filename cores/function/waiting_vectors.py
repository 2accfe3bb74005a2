"""Vectors of any length that wait until what their values share is known, and then come again."""

from amaranth.hdl import Cat, Mux, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed

__all__ = ["UNDER_WAY", "WaitingVectors"]

UNDER_WAY = 32
"""Most vectors that are complete and have not left; whole distributed memories keep what they
share."""


class WaitingVectors:
    """A stream of vectors, a value a token; the last value of each is marked.

    A vector that has ``longest`` values is complete without a mark. Values follow each other
    without a gap, whatever the lengths, as long as no more than `UNDER_WAY` vectors are under way.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    valid : ValidChain
        Its tokens become those of the latest run.
    last : Value
        Mark of the token that is offered.
    longest : int
        Values of a vector, at most; 2 or more.

    Attributes
    ----------
    first, last : Timed
        Whether a token is the first one of a vector, and the last one, in the latest run.
    full : Signal
        1 while no token may be accepted: so many vectors are under way.
    """

    def __init__(self, pipeline, valid, last, longest):
        self.pipeline, self.valid, self.longest = pipeline, valid, longest
        m = pipeline.m
        number, ends = Signal(range(longest), name="number"), Signal(name="ends")
        m.d.comb += ends.eq(last | (number == longest - 1))
        with m.If(valid.update(0)):
            m.d.sync += number.eq(Mux(ends, 0, number + 1))
        self.first, self.last = pipeline.input(number == 0, "first"), pipeline.input(ends, "last")
        self._entered = Signal(name="vector_entered")
        m.d.comb += self._entered.eq(valid.update(0) & ends)
        self.full = Signal(name="full")

    def limit(self):
        """Count the vectors under way; called once, behind the last run."""
        pipeline, m = self.pipeline, self.pipeline.m
        count, after = (
            Signal(range(UNDER_WAY + 1), name=f"vectors{each}") for each in ("", "_then")
        )
        m.d.comb += after.eq(count + self._entered - (pipeline.enable & self._left))
        m.d.sync += [count.eq(after), self.full.eq(after == UNDER_WAY)]

    def gather(self, value, combine, shape, name):
        """Return what carry chains make of the values of a vector so far.

        Parameters
        ----------
        value : Timed
        combine : callable
            Takes what the values so far made, and a value; one carry chain long.
        shape : Shape
            Of the result.
        name : str
        """
        pipeline, m, fabric = self.pipeline, self.pipeline.m, self.pipeline.fabric
        delay = fabric.carry_chain_delay(shape.width) + fabric.carry_exit_delay
        delay += fabric.logic_delay(2)
        stage, arrival = pipeline.start([value], delay, width=shape.width)
        result, so_far = Signal(shape, name=name), Signal(shape, name=f"{name}_so_far")
        now = pipeline.at(value, stage)
        first = pipeline.at(self.first, stage)
        m.d.comb += result.eq(Mux(first, now, combine(so_far, now)))
        with m.If(self.valid.update(stage)):
            m.d.sync += so_far.eq(result)
        return Timed(result, stage, arrival + delay)

    def send_again(self, stored, gathered):
        """Return the ``stored`` values of each token, and the ``gathered`` ones of its vector.

        Both are lists of Timed and come back as such, in a later stage. The gathered values need
        to be right with the last token of a vector only.
        """
        pipeline, m, valid = self.pipeline, self.pipeline.m, self.valid
        arrived = max(each.stage for each in stored)
        # a value is in the memory a clock before it may be asked for
        stage = max(arrived + 1, *(each.stage for each in gathered))
        places = 1 << (self.longest + stage - arrived + 2).bit_length()
        written, passed, complete, read = (
            Signal(range(places), name=each) for each in ("written", "passed", "complete", "read")
        )
        next_complete, next_read = (
            Signal(range(places), name=f"next_{each}") for each in ("complete", "read")
        )
        playing, ends = Signal(name="playing"), Signal(name="vector_complete")
        behind = Signal(range(places), name="behind")
        m.d.comb += [
            ends.eq(valid.at(stage) & pipeline.at(self.last, stage)),
            behind.eq(passed + 1),
            next_complete.eq(Mux(ends, behind, complete)),
            next_read.eq(read + playing),
        ]
        with m.If(valid.update(arrived)):
            m.d.sync += written.eq(written + 1)
        with m.If(valid.update(stage)):
            m.d.sync += passed.eq(behind)
        with m.If(pipeline.enable):
            m.d.sync += [
                complete.eq(next_complete),
                read.eq(next_read),
                playing.eq(next_read != next_complete),
            ]
        again = self._ring(stored, arrived, stage, written, (read, next_read), places)
        *shared, end = self._queue(gathered, ends, stage, behind)
        first, last = Signal(name="plays_first", init=1), Signal(name="plays_last")
        m.d.comb += last.eq(playing & (next_read == end.signal))
        with m.If(pipeline.enable & playing):
            m.d.sync += first.eq(last)
        with m.If(pipeline.enable & last):
            m.d.sync += self._number.eq(self._number + 1)
        self.first = Timed(first, stage + 1, pipeline.fabric.launch_delay)
        compared = end.arrival + pipeline.fabric.carry_chain_delay(len(end))
        compared += pipeline.fabric.carry_exit_delay
        self.last, self._left = Timed(last, stage + 1, compared), last
        valid.restart(stage + 1, playing)
        return again, shared

    def _ring(self, stored, arrived, stage, written, read, places):
        """Return the words of the memory that values go to in one stage and come from in another.

        ``read`` has the place that is read in this clock cycle, and that of the next one.
        """
        pipeline, m, fabric = self.pipeline, self.pipeline.m, self.pipeline.fabric
        width = sum(len(each) for each in stored)
        clocked = places > fabric.distributed_words
        memory = Memory(
            shape=unsigned(width),
            depth=places,
            init=[],
            attrs={"ram_style": "block" if clocked else "distributed"},
        )
        m.submodules[f"values_of_stage_{stage}"] = memory
        write, port = memory.write_port(), memory.read_port(domain="sync" if clocked else "comb")
        now, following = read
        m.d.comb += [
            write.addr.eq(written),
            write.data.eq(Cat(*(pipeline.at(each, arrived) for each in stored))),
            write.en.eq(self.valid.update(arrived)),
            port.addr.eq(following if clocked else now),
        ]
        if clocked:
            m.d.comb += port.en.eq(pipeline.enable)
            # the memory's own time does not grow with the circuit
            arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
        else:
            arrival = fabric.launch_delay + fabric.read_delay(places, width)
        return _parts(m, port.data, stored, "again", stage + 1, arrival)

    def _queue(self, gathered, ends, stage, behind):
        """Return what the vector that is read shares, and the place behind its last value."""
        pipeline, m, fabric = self.pipeline, self.pipeline.m, self.pipeline.fabric
        width = sum(len(each) for each in gathered) + len(behind)
        memory = Memory(
            shape=unsigned(width), depth=UNDER_WAY, init=[], attrs={"ram_style": "distributed"}
        )
        m.submodules[f"vectors_of_stage_{stage}"] = memory
        write, port = memory.write_port(), memory.read_port(domain="comb")
        head = Signal(range(UNDER_WAY), name="vectors_written")
        self._number = Signal(range(UNDER_WAY), name="vectors_read")
        update = pipeline.enable & ends
        m.d.comb += [
            write.addr.eq(head),
            write.data.eq(Cat(*(pipeline.at(each, stage) for each in gathered), behind)),
            write.en.eq(update),
            port.addr.eq(self._number),
        ]
        with m.If(update):
            m.d.sync += head.eq(head + 1)
        arrival = fabric.launch_delay + fabric.read_delay(UNDER_WAY, width)
        place = Timed(behind, stage, 0.0)
        return _parts(m, port.data, [*gathered, place], "of_vector", stage + 1, arrival)


def _parts(m, word, values, name, stage, arrival):
    """Return the parts of a memory's word that values went to."""
    parts, low = [], 0
    for each in values:
        part = Signal(each.signal.shape(), name=name)
        m.d.comb += part.eq(word[low : low + len(each)])
        parts.append(Timed(part, stage, arrival))
        low += len(each)
    return parts
