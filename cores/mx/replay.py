"""Blocks that arrive in several beats: what is known after the last one, and the beats again."""

from amaranth.hdl import Cat, Mux, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed

__all__ = ["Beats", "mark_beats"]


def mark_beats(pipeline, valid, count):
    """Count the beats of a block as they are accepted.

    Returns
    -------
    Timed
        Number of the beat, 0 to ``count - 1``, in the pipeline's first stage.
    """
    beat = Signal(range(count), name="beat")
    with pipeline.m.If(valid.update(0)):
        pipeline.m.d.sync += beat.eq(Mux(beat == count - 1, 0, beat + 1))
    return pipeline.input(beat, "beat_number")


class Beats:
    """Gathers one value over the beats of a block and then sends all beats through once more.

    The beats lie in a memory of one block: a beat is read, at the latest, in the clock in which
    the same beat of the next block is written. So blocks may follow each other without a gap.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    valid : ValidChain
        Its tokens become those of the second run.
    count : int
        Beats in a block, at least 2.
    """

    def __init__(self, pipeline, valid, count):
        self.pipeline, self.valid, self.count = pipeline, valid, count
        self.number = mark_beats(pipeline, valid, count)

    def gather(self, value, combine, delay, name):
        """Return ``combine`` of the values of a block's beats so far.

        ``combine`` takes two Amaranth values of equal width, that of the beats so far and that of
        this beat; ``delay`` is its time in nanoseconds. The loop is one clock long.
        """
        pipeline, m = self.pipeline, self.pipeline.m
        delay += pipeline.fabric.logic_delay()
        stage, arrival = pipeline.start([value], delay)
        now = pipeline.at(value, stage)
        so_far = Signal(len(value), reset_less=True, name=f"{name}_so_far")
        result = Signal(len(value), name=f"{name}_of_beats")
        first = pipeline.at(self.number, stage) == 0
        m.d.comb += result.eq(Mux(first, now, combine(so_far, now)))
        with m.If(self.valid.update(stage)):
            m.d.sync += so_far.eq(result)
        return Timed(result, stage, arrival + delay)

    def send_again(self, stored, gathered):
        """Return the ``stored`` values of each beat, and the ``gathered`` ones of its whole block.

        Both are lists of Timed and come back as such, in a later stage.
        """
        pipeline, m, count = self.pipeline, self.pipeline.m, self.count
        stage = max(each.stage for each in (*stored, *gathered))
        update = self.valid.update(stage)
        number = pipeline.at(self.number, stage)
        last = Signal(name="block_complete")
        m.d.comb += last.eq(update & (number == count - 1))
        playing, position = Signal(name="playing"), Signal(range(count), name="position")
        with m.If(pipeline.enable):
            m.d.sync += position.eq(Mux(last | (position == count - 1), 0, position + 1))
            with m.If(last):
                m.d.sync += playing.eq(1)
            with m.Elif(position == count - 1):
                m.d.sync += playing.eq(0)
        again = self._memory(stored, stage, number, update, position)
        blocks = []
        for value in gathered:
            held = Signal(value.signal.shape(), reset_less=True, name="of_block")
            complete = pipeline.at(value, stage)
            with m.If(last):
                m.d.sync += held.eq(complete)
            blocks.append(Timed(held, stage + 1, pipeline.fabric.launch_delay))
        self.valid.restart(stage + 1, playing)
        return again, blocks

    def _memory(self, stored, stage, number, update, position):
        pipeline, m = self.pipeline, self.pipeline.m
        width = sum(len(each) for each in stored)
        m.submodules.beats = memory = Memory(
            shape=unsigned(width), depth=self.count, init=[], attrs={"ram_style": "distributed"}
        )
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(number),
            write.data.eq(Cat(*(pipeline.at(each, stage) for each in stored))),
            write.en.eq(update),
            read.addr.eq(position),
        ]
        fabric = pipeline.fabric
        arrival = fabric.launch_delay + fabric.read_delay(self.count, width)
        whole = Timed(read.data, stage + 1, arrival)
        again, low = [], 0
        for each in stored:
            part = Signal(each.signal.shape(), name="again")
            m.d.comb += part.eq(read.data[low : low + len(each)])
            again.append(Timed(part, whole.stage, arrival))
            low += len(each)
        return again
