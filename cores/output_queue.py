"""A queue of results on their way out; what it is asked to hold back is the matter of its kinds."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["OutputQueue"]


class OutputQueue(wiring.Component):
    """Words in the order of their arrival. Whoever writes sees to it that there is room.

    Parameters
    ----------
    width : int
        Bits of a word.
    depth : int
        Most words at a time, a power of two.
    members : dict
        Further members of a kind of queue.

    Members
    -------
    data, write : In(width), In(1)
        A word.
    payload, valid, ready : Out(width), Out(1), In(1)
        The oldest word, as a stream.
    """

    def __init__(self, width, depth, members):
        self._width, self.depth = width, depth
        super().__init__(
            {
                "data": In(width),
                "write": In(1),
                "payload": Out(width),
                "valid": Out(1),
                "ready": In(1),
                **members,
            }
        )

    def queue(self):
        """Return (module with the queue, words in it, whether one leaves)."""
        m, depth = Module(), self.depth
        m.submodules.memory = memory = Memory(
            shape=self._width, depth=depth, init=[], attrs={"ram_style": "distributed"}
        )
        write, read = memory.write_port(), memory.read_port(domain="comb")
        head, tail = (Signal(range(depth), name=each) for each in ("head", "tail"))
        count, taken = Signal(range(depth + 1), name="count"), Signal(name="taken")
        m.d.comb += [
            self.valid.eq(count != 0),
            self.payload.eq(read.data),
            taken.eq(self.valid & self.ready),
            write.addr.eq(head),
            write.data.eq(self.data),
            write.en.eq(self.write),
            read.addr.eq(tail),
        ]
        m.d.sync += [
            head.eq(head + self.write),
            tail.eq(tail + taken),
            count.eq(count + self.write - taken),
        ]
        return m, count, taken
