"""Vectors that wait until what all their beats share is known, and then come again."""

from amaranth.hdl import Cat, Mux, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed
from hwgen.cores.mx.replay import Beats

__all__ = ["HeldVectors"]


class HeldVectors(Beats):
    """Beats that lie in a ring from their arrival until they are sent again.

    What a vector's beats share may take many stages to find out: its beats wait in the memory and
    not in a register each. The ring has a place for each beat of a vector and for each stage.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    valid : ValidChain
        Its tokens become those of the second run.
    count : int
        Beats in a vector, at least 2.
    """

    def send_again(self, stored, gathered):
        """Return the ``stored`` values of each beat, and the ``gathered`` ones of its vector.

        Both are lists of Timed and come back as such, in a later stage. The gathered values need
        to be right with the last beat only.
        """
        pipeline, m, count = self.pipeline, self.pipeline.m, self.count
        arrived = max(each.stage for each in stored)
        stage = max(arrived, *(each.stage for each in gathered))
        last, goes_on = Signal(name="vector_complete"), Signal(name="goes_on")
        playing, position = Signal(name="playing"), Signal(range(count), name="position")
        m.d.comb += [
            last.eq(self.valid.at(stage) & (pipeline.at(self.number, stage) == count - 1)),
            goes_on.eq(last | (playing & (position != count - 1))),
        ]
        with m.If(pipeline.enable):
            m.d.sync += playing.eq(goes_on)
            with m.If(playing):
                m.d.sync += position.eq(Mux(position == count - 1, 0, position + 1))
        again = self._ring(stored, arrived, stage, goes_on, playing)
        shared = []
        for value in gathered:
            held = Signal(value.signal.shape(), reset_less=True, name="of_vector")
            complete = pipeline.at(value, stage)
            with m.If(pipeline.enable & last):
                m.d.sync += held.eq(complete)
            shared.append(Timed(held, stage + 1, pipeline.fabric.launch_delay))
        self.valid.restart(stage + 1, playing)
        return again, shared

    def _ring(self, stored, arrived, stage, goes_on, playing):
        """Return the words of the memory that beats go to in one stage and come from in another."""
        pipeline, m, fabric = self.pipeline, self.pipeline.m, self.pipeline.fabric
        width, places = sum(len(each) for each in stored), self.count + stage - arrived
        clocked = places > fabric.distributed_words
        style = "block" if clocked else "distributed"
        m.submodules.beats = memory = Memory(
            shape=unsigned(width), depth=places, init=[], attrs={"ram_style": style}
        )
        write, read = memory.write_port(), memory.read_port(domain="sync" if clocked else "comb")
        update = self.valid.update(arrived)
        m.d.comb += [
            write.addr.eq(_place(m, update, places, "written")),
            write.data.eq(Cat(*(pipeline.at(each, arrived) for each in stored))),
            write.en.eq(update),
        ]
        if clocked:
            # the word of the next clock
            m.d.comb += [
                read.addr.eq(_place(m, pipeline.enable & goes_on, places, "read")),
                read.en.eq(pipeline.enable),
            ]
            # the memory's own time does not grow with the circuit
            arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
        else:
            m.d.comb += read.addr.eq(_place(m, pipeline.enable & playing, places, "read"))
            arrival = fabric.launch_delay + fabric.read_delay(places, width)
        again, low = [], 0
        for each in stored:
            part = Signal(each.signal.shape(), name="again")
            m.d.comb += part.eq(read.data[low : low + len(each)])
            again.append(Timed(part, stage + 1, arrival))
            low += len(each)
        return again


def _place(m, step, places, name):
    """Return a place in the ring that moves on with ``step``."""
    place = Signal(range(places), name=f"place_{name}")
    with m.If(step):
        m.d.sync += place.eq(Mux(place == places - 1, 0, place + 1))
    return place
