"""CRC-32, one bit a clock: a byte takes eight clocks and hardly any logic."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["SerialCrc32"]

# reflected form of 0x04C11DB7 (IEEE 802.3)
POLYNOMIAL = 0xEDB88320
# register after a message and its own CRC
RESIDUE = 0xDEBB20E3


class SerialCrc32(wiring.Component):
    """The CRC-32 of IEEE 802.3 and zlib over bytes, least significant bit first.

    Members
    -------
    clear : In(1)
        Start over.
    data : In(8)
        Byte to add when ``load`` is high.
    load : In(1)
        Add ``data``, which must stay until ``busy`` falls, eight clocks later.
    unload : In(1)
        Shift the register out by a byte instead; must stay, too.
    busy : Out(1)
        High while a byte is being added.
    match : Out(1)
        The bytes so far are a message and its own little-endian CRC.
    next_byte : Out(8)
        The next byte of the little-endian CRC.
    """

    clear: In(1)
    data: In(8)
    load: In(1)
    unload: In(1)
    busy: Out(1)
    match: Out(1)
    next_byte: Out(8)

    def elaborate(self, platform):
        m = Module()
        register = Signal(32, init=0xFFFFFFFF)
        position = Signal(range(8))
        bit = Signal()
        feedback = Signal()
        m.d.comb += [
            bit.eq(self.data.bit_select(position, 1)),
            feedback.eq((register[0] ^ bit) & ~self.unload),
            self.match.eq(register == RESIDUE),
            self.next_byte.eq(~register[:8]),
        ]
        with m.If(self.busy):
            m.d.sync += [
                register.eq((register >> 1) ^ (feedback.replicate(32) & POLYNOMIAL)),
                position.eq(position + 1),
                self.busy.eq(position != 7),
            ]
        with m.Elif(self.load):
            m.d.sync += self.busy.eq(1)
        with m.If(self.clear):
            m.d.sync += register.eq(0xFFFFFFFF)
        return m
