"""A block RAM with one writer and one reader that never meet."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["BlockRam"]


class BlockRam(wiring.Component):
    """Bytes in block RAM.

    Blocks differ in what they read in a clock in which the same address is written, and a promise
    about it would cost a register for every port bit; so nothing is read in a clock with a write.

    Parameters
    ----------
    depth : int
        Bytes.
    contents : bytes
        What it holds at power-on, from address 0; the rest is zero.

    Members
    -------
    write_address, write_data, write : In
        Writing port.
    read_address : In
        Address to read.
    read_data : Out(8)
        Its byte, one clock later; unchanged after a clock with a write.
    """

    def __init__(self, depth, contents=b""):
        self._depth = depth
        self._contents = contents
        super().__init__(
            {
                "write_address": In(range(depth)),
                "write_data": In(8),
                "write": In(1),
                "read_address": In(range(depth)),
                "read_data": Out(8),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(
            shape=8, depth=self._depth, init=self._contents, attrs={"ram_style": "block"}
        )
        writer = memory.write_port()
        reader = memory.read_port(domain="comb")
        m.d.comb += [
            writer.addr.eq(self.write_address),
            writer.data.eq(self.write_data),
            writer.en.eq(self.write),
            reader.addr.eq(self.read_address),
        ]
        with m.If(~self.write):
            m.d.sync += self.read_data.eq(reader.data)
        return m
