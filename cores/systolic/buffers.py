"""What surrounds a systolic array: the buffer that stops it, and the queue that goes past it."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.output_queue import OutputQueue

__all__ = ["OutputBuffer", "SideQueue"]

_DEPTH = 8
# results that may still come after the buffer has asked for a stop: one in the cycle of the
# question, and one in each of the two cycles until every part of the array stands still
_UNDER_WAY = 3


class OutputBuffer(OutputQueue):
    """Results on their way out; asks the array to stop while there is room for those under way.

    Parameters
    ----------
    width : int
        Bits of a result token.

    Members
    -------
    go : Out(1)
        A register: whether the array may move. The array obeys a clock cycle later.
    """

    def __init__(self, width):
        super().__init__(width, _DEPTH, {"go": Out(1)})

    def elaborate(self, platform):
        m, count, _ = self.queue()
        go = Signal()
        m.d.comb += self.go.eq(go)
        m.d.sync += go.eq(count <= self.depth - _UNDER_WAY)
        return m


class SideQueue(wiring.Component):
    """A queue for what does not go through the array.

    It neither overflows nor runs empty by itself: what is pushed is popped a fixed time later.

    Parameters
    ----------
    width : int
        Bits of an entry.
    depth : int
        Most entries at a time.

    Members
    -------
    data, push : In(width), In(1)
        A new entry.
    head, pop : Out(width), In(1)
        The oldest entry; go on to the next.
    """

    def __init__(self, width, depth):
        self._depth = max(2, depth)
        self._width = width
        super().__init__({"data": In(width), "push": In(1), "head": Out(width), "pop": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(shape=self._width, depth=self._depth, init=[])
        write, read = memory.write_port(), memory.read_port(domain="comb")
        head, tail = (Signal(range(self._depth), name=each) for each in ("last", "oldest"))
        m.d.comb += [
            write.addr.eq(head),
            write.data.eq(self.data),
            write.en.eq(self.push),
            read.addr.eq(tail),
            self.head.eq(read.data),
        ]
        for pointer, moves in ((head, self.push), (tail, self.pop)):
            with m.If(moves):
                m.d.sync += pointer.eq(Mux(pointer == self._depth - 1, 0, pointer + 1))
        return m
