"""The top of a board: clock, reset, pins, and the harness around a core."""

import math

from amaranth.hdl import ClockDomain, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.harness import Harness

__all__ = ["BoardTop", "board_top"]

# iCE40 block RAMs are not readable before
RESET_SECONDS = 20e-6


class BoardTop(wiring.Component):
    """A harness on the pins that the board's constraint file names.

    Parameters
    ----------
    harness : Harness
        What the board does; clock domains ``link`` and ``sync``.
    clock_hz : float
        Frequency of the oscillator, which clocks domain ``link``.
    pll : object or None
        PLL setting with a method ``build(m, pin, oscillator, clock, locked)`` that makes the
        clocks of domains ``link`` and ``sync`` from port ``clk``; None lets it clock both.
    leds : int
        LEDs of the board.
    leds_active_low, button_active_low : bool
        Polarity of the pins.

    Members
    -------
    clk : In(1)
        The oscillator.
    uart_rx, uart_tx : In(1), Out(1)
        Serial line.
    button : In(1)
        Starts the self-test.
    led : Out(leds)
        See `Harness`.
    """

    def __init__(self, harness, clock_hz, pll, leds, leds_active_low, button_active_low):
        self._harness = harness
        self._clock_hz = clock_hz
        self._pll = pll
        self._leds_active_low = leds_active_low
        self._button_active_low = button_active_low
        super().__init__(
            {
                "clk": In(1),
                "uart_rx": In(1, init=1),
                "uart_tx": Out(1),
                "button": In(1, init=int(button_active_low)),
                "led": Out(leds),
            }
        )

    def elaborate(self, platform):
        m = Module()
        link = ClockDomain("link")
        sync = ClockDomain("sync")
        m.domains += [link, sync]
        locked = Signal(init=1)
        if self._pll is None:
            m.d.comb += link.clk.eq(self.clk)
            sync.clk = link.clk
        else:
            self._pll.build(m, self.clk, link.clk, sync.clk, locked)

        steady = Signal(reset_less=True)
        m.submodules.lock = FFSynchronizer(locked, steady, o_domain="link")
        clocks = math.ceil(RESET_SECONDS * self._clock_hz)
        waited = Signal(range(clocks + 1), reset_less=True)
        with m.If(~steady):
            m.d.link += waited.eq(0)
        with m.Elif(link.rst):
            m.d.link += waited.eq(waited + 1)
        reset = Signal(init=1, reset_less=True)
        m.d.link += reset.eq(~steady | (reset & (waited != clocks)))
        m.d.comb += link.rst.eq(reset)
        m.submodules.reset = FFSynchronizer(reset, sync.rst, o_domain="sync", init=1)

        m.submodules.harness = harness = self._harness
        m.d.comb += [
            harness.uart_rx.eq(self.uart_rx),
            self.uart_tx.eq(harness.uart_tx),
            harness.button.eq(~self.button if self._button_active_low else self.button),
            self.led.eq(~harness.led if self._leds_active_low else harness.led),
        ]
        return m


def board_top(
    component, board, freq=None, *, name="", identity=bytes(8), signature=None, simulated=False
):
    """Return the top module of ``board`` with ``component`` behind its serial port.

    Parameters
    ----------
    component : wiring.Component
        A core with one input and one output stream, described by its ``streams``.
    board : hwgen.boards.Board
        The board.
    freq : float or None
        Clock of the core in MHz; None is the oscillator's.
    name, identity, signature
        What the board reports about itself; see `Harness` and
        `hwgen.cores.bridge.identity.identity`.
    simulated : bool
        Leave out the PLL: the core, too, runs on port ``clk``.

    Raises
    ------
    UsageError
        If the board's PLL cannot make ``freq``.
    """
    pll = None if simulated else board.pll(freq)
    harness = Harness(
        component,
        component.streams,
        board.clock_hz,
        board.baud,
        leds=board.leds,
        name=name,
        identity=identity,
        signature=signature,
    )
    top = BoardTop(
        harness, board.clock_hz, pll, board.leds, board.leds_active_low, board.button_active_low
    )
    # what the core instantiates goes into the top's Verilog
    top.verilog_libraries = getattr(component, "verilog_libraries", ())
    top.verilog_modules = getattr(component, "verilog_modules", {})
    return top
