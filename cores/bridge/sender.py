"""Encoded frames to the line, one half of a memory at a time."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.block_ram import BlockRam

__all__ = ["FrameSender"]


class FrameSender(wiring.Component):
    """Send encoded frames from one half of a memory, while the other half is filled.

    Members
    -------
    byte, address, write : In(8), In(8), In(1)
        Write a byte into the half being filled.
    length : In(8)
        Bytes in that half, without the final 0x00.
    send : In(1)
        Send that half and swap; taken when ``ready`` is high too.
    ready : Out(1)
        Whether the previous frame has left.
    data, valid, next : Out(8), Out(1), In(1)
        Bytes to the line.
    """

    byte: In(8)
    address: In(8)
    write: In(1)
    length: In(8)
    send: In(1)
    ready: Out(1)
    data: Out(8)
    valid: Out(1)
    next: In(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = BlockRam(512)
        filling = Signal()
        address = Signal(8)
        end = Signal(8)
        at_end = Signal()
        m.d.comb += [
            memory.write_address.eq(Cat(self.address, filling)),
            memory.write_data.eq(self.byte),
            memory.write.eq(self.write),
            memory.read_address.eq(Cat(address, ~filling)),
            at_end.eq(address == end),
            # what follows a frame's last byte is the 0x00 between frames
            self.data.eq(memory.read_data & (~at_end).replicate(8)),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.ready.eq(1)
                m.d.sync += [address.eq(0), end.eq(self.length)]
                with m.If(self.send):
                    m.d.sync += filling.eq(~filling)
                    m.next = "READ"
            with m.State("READ"), m.If(~self.write):
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.valid.eq(1)
                with m.If(self.next):
                    m.d.sync += address.eq(address + 1)
                    m.next = "READ"
                    with m.If(at_end):
                        m.next = "IDLE"
        return m
