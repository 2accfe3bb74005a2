"""Consistent overhead byte stuffing (COBS) in hardware."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["CobsDecoder", "CobsEncoder"]


class CobsDecoder(wiring.Component):
    """Undo COBS, one byte in, at most one byte out.

    Members
    -------
    data, strobe : In(8), In(1)
        A byte from the line.
    decoded, decoded_strobe : Out(8), Out(1)
        A byte of the frame, one clock later.
    end : Out(1)
        The frame ended, one clock after its 0x00.
    whole : Out(1)
        With ``end``: its last group was complete.
    """

    data: In(8)
    strobe: In(1)
    decoded: Out(8)
    decoded_strobe: Out(1)
    end: Out(1)
    whole: Out(1)

    def elaborate(self, platform):
        m = Module()
        # bytes still to come in this group
        left = Signal(8)
        # the group that ends here stands for a zero, too
        owes_zero = Signal()
        between_groups = Signal()
        m.d.comb += between_groups.eq(left == 0)
        m.d.sync += [self.decoded_strobe.eq(0), self.end.eq(0)]
        with m.If(self.strobe):
            m.d.sync += self.decoded.eq(self.data & (~between_groups).replicate(8))
            with m.If(self.data == 0):
                m.d.sync += [
                    self.end.eq(1),
                    self.whole.eq(between_groups),
                    left.eq(0),
                    owes_zero.eq(0),
                ]
            with m.Elif(between_groups):
                m.d.sync += [
                    self.decoded_strobe.eq(owes_zero),
                    left.eq(self.data - 1),
                    owes_zero.eq(self.data != 0xFF),
                ]
            with m.Else():
                m.d.sync += [self.decoded_strobe.eq(1), left.eq(left - 1)]
        return m


class CobsEncoder(wiring.Component):
    """Encode a frame into a memory as it comes: a zero's place later takes its group's length.

    Frames hold at most 253 bytes, so that no group is a full one.

    Members
    -------
    data, store : In(8), In(1)
        Append a byte of the frame.
    close : In(1)
        Complete the last group; ``length`` and the memory then hold the encoded frame.
    clear : In(1)
        Start a new frame.
    byte, address, write : Out(8), Out(8), Out(1)
        To the memory.
    length : Out(8)
        Bytes of the encoded frame.
    """

    data: In(8)
    store: In(1)
    close: In(1)
    clear: In(1)
    byte: Out(8)
    address: Out(8)
    write: Out(1)
    length: Out(8, init=1)

    def elaborate(self, platform):
        m = Module()
        group = Signal(8)
        # bytes of the open group, and one
        code = Signal(8, init=1)
        ends_group = Signal()
        m.d.comb += [
            ends_group.eq(self.close | (self.data == 0)),
            self.write.eq(self.store | self.close),
            self.byte.eq(Mux(ends_group, code, self.data)),
            self.address.eq(Mux(ends_group, group, self.length)),
        ]
        with m.If(self.clear):
            m.d.sync += [group.eq(0), self.length.eq(1), code.eq(1)]
        with m.Elif(self.store):
            m.d.sync += [self.length.eq(self.length + 1), code.eq(code + 1)]
            with m.If(ends_group):
                m.d.sync += [group.eq(self.length), code.eq(1)]
        return m
