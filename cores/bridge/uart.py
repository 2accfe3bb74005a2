"""Asynchronous serial receiver and transmitter, 8N1, with fractional clocks a bit."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["UartReceiver", "UartTransmitter", "phase_step"]

# fewer clocks a bit leave no margin to sample in the middle of one
LEAST_RATIO = 4
MARK = 1


def phase_step(clock_hz, baud):
    """Return (width, step) of the accumulator that overflows ``baud`` times a second.

    The rate is off by less than 0.05 %.

    Raises
    ------
    ValueError
        If there are fewer than four clocks a bit.
    """
    if clock_hz < LEAST_RATIO * baud:
        raise ValueError(
            f"clock_hz must be at least {LEAST_RATIO} times baud ({baud}), not {clock_hz!r}"
        )
    width = 10 + (int(clock_hz / baud) - 1).bit_length()
    return width, round(baud * 2**width / clock_hz)


class UartReceiver(wiring.Component):
    """Serial line to bytes.

    Each bit is sampled once, in its middle. The start edge is known to a clock, so at 8.33
    clocks a bit a rate error of 4 % is still received, at 4 clocks one of 2.5 %.

    Parameters
    ----------
    clock_hz, baud : float
        Clock of the domain and bits per second; at least four clocks a bit.

    Members
    -------
    rx : In(1)
        The line; may be asynchronous.
    data : Out(8)
        The byte, valid while ``strobe``.
    strobe : Out(1)
        High for one clock when a byte arrived.
    bad_stop : Out(1)
        With ``strobe``: the stop bit was 0.
    """

    def __init__(self, clock_hz, baud):
        self._width, self._step = phase_step(clock_hz, baud)
        super().__init__(
            {"rx": In(1, init=MARK), "data": Out(8), "strobe": Out(1), "bad_stop": Out(1)}
        )

    def elaborate(self, platform):
        m = Module()
        meta = Signal(init=MARK)
        line = Signal(init=MARK)
        m.d.sync += [meta.eq(self.rx), line.eq(meta)]

        phase = Signal(self._width + 1)
        sample = phase[-1]
        # bits still to come before the stop bit, start bit included
        left = Signal(range(10))
        # half a bit, less half a clock for the edge, half for rounding up, one for this register
        start = (1 << (self._width - 1)) + 2 * self._step

        m.d.sync += [phase.eq(phase[:-1] + self._step), self.strobe.eq(0)]
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [phase.eq(start), left.eq(9)]
                with m.If(~line):
                    m.next = "RECEIVE"
            with m.State("RECEIVE"), m.If(sample):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.sync += [self.strobe.eq(1), self.bad_stop.eq(~line)]
                    m.next = "IDLE"
                    with m.If(~line):
                        m.next = "RELEASE"
                with m.Elif((left == 9) & line):
                    m.next = "IDLE"
                with m.Else():
                    m.d.sync += self.data.eq(Cat(self.data[1:], line))
            with m.State("RELEASE"), m.If(line):
                m.next = "IDLE"
        return m


class UartTransmitter(wiring.Component):
    """Bytes to serial line.

    Parameters
    ----------
    clock_hz, baud : float
        Clock of the domain and bits per second; at least four clocks a bit.

    Members
    -------
    tx : Out(1)
        The line.
    data : In(8)
        The byte to send.
    valid : In(1)
        Whether there is one; taken when ``ready`` is high too.
    ready : Out(1)
        Whether the next byte can be taken.
    """

    def __init__(self, clock_hz, baud):
        self._width, self._step = phase_step(clock_hz, baud)
        super().__init__(
            {"tx": Out(1, init=MARK), "data": In(8), "valid": In(1), "ready": Out(1, init=1)}
        )

    def elaborate(self, platform):
        m = Module()
        phase = Signal(self._width + 1)
        # the line's bit in front, marks follow the data; empty when only marks are left
        bits = Signal(10, init=2**10 - 1)
        left = Signal(range(10))
        m.d.comb += self.tx.eq(bits[0])
        with m.If(self.ready), m.If(self.valid):
            m.d.sync += [
                bits.eq(Cat(Const(0, 1), self.data, Const(MARK, 1))),
                left.eq(9),
                phase.eq(0),
                self.ready.eq(0),
            ]
        with m.Else():
            m.d.sync += phase.eq(phase[:-1] + self._step)
            with m.If(phase[-1]):
                m.d.sync += [
                    bits.eq(Cat(bits[1:], Const(MARK, 1))),
                    left.eq(left - 1),
                    self.ready.eq(Mux(left == 0, 1, 0)),
                ]
        return m
