"""What the flow, the bridge and the reports need to know about a board."""

import importlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Board", "Capacity"]


@dataclass(frozen=True)
class Capacity:
    """How much of each resource the device has.

    Parameters
    ----------
    lut : int
        Four-input look-up tables.
    ff : int
        Flip-flops.
    carry : int
        Carry cells as the netlist counts them (ECP5: CCU2C, two bits each; iCE40: SB_CARRY).
    dsp : int
        Multiplier blocks (ECP5: MULT18X18D; iCE40: SB_MAC16).
    bram : int
        Block RAMs (ECP5: DP16KD, 18 kbit; iCE40: SB_RAM40_4K, 4 kbit).
    """

    lut: int
    ff: int
    carry: int
    dsp: int
    bram: int


@dataclass(frozen=True)
class Board:
    """A board as data.

    Parameters
    ----------
    name : str
        Name as typed on the command line.
    title : str
        Name for people.
    target : str
        Fabric, as in ``hwgen.targets``: ``"ecp5"`` or ``"ice40"``.
    device : str
        Vendor's name of the device.
    place_and_route : tuple of str
        Tool, then the arguments that choose device, package and speed grade.
    constraint_name : str
        Pin and clock constraints of the board top, a file of the folder ``constraints``.
    pack : tuple of str
        Tool that makes the bitstream, then its arguments.
    bitstream_suffix : str
        Suffix of the bitstream's file name, with the dot.
    platform_name : str
        ``module:class`` of the ``amaranth_boards`` platform.
    clock_hz : int
        Frequency of the oscillator at port ``clk``, in hertz.
    baud : int
        Bits per second of the USB serial port; 8 data bits, no parity, one stop bit.
    leds : int
        LEDs at port ``led``.
    leds_active_low, button_active_low : bool
        Whether a LED lights, or a pressed button reads, at 0.
    capacity : Capacity
        Resources of the device.
    program : str
        Command that loads a bitstream, with ``{bitstream}`` for the file.
    """

    name: str
    title: str
    target: str
    device: str
    place_and_route: tuple[str, ...]
    constraint_name: str
    pack: tuple[str, ...]
    bitstream_suffix: str
    platform_name: str
    clock_hz: int
    baud: int
    leds: int
    leds_active_low: bool
    button_active_low: bool
    capacity: Capacity
    program: str

    @property
    def constraint_file(self):
        """Path of the constraint file (LPF for ECP5, PCF for iCE40)."""
        return Path(__file__).resolve().parent.parent / "constraints" / self.constraint_name

    @property
    def constraint_option(self):
        """Option of the place and route tool that takes the constraint file."""
        return f"--{self.constraint_file.suffix[1:]}"

    @property
    def platform(self):
        """The board's ``amaranth_boards`` platform class, for designs that use its other pins."""
        module, name = self.platform_name.split(":")
        return getattr(importlib.import_module(module), name)

    def pll(self, mhz):
        """Return the PLL setting nearest to ``mhz``, or None when the oscillator serves directly.

        Parameters
        ----------
        mhz : float or None
            Clock wanted, in MHz; None means the oscillator.

        Raises
        ------
        UsageError
            If the PLL cannot reach a frequency within one percent.
        """
        from hwgen.boards.pll import choose

        if mhz is None or round(mhz * 1e6) == self.clock_hz:
            return None
        return choose(self.target, self.clock_hz, mhz * 1e6)

    def frequency(self, mhz):
        """Return the clock in hertz that the design really gets when it asks for ``mhz``."""
        setting = self.pll(mhz)
        return self.clock_hz if setting is None else float(setting.output_hz)
