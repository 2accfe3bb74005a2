"""Radiona ULX3S: Lattice ECP5 LFE5U in four sizes, 25 MHz oscillator, FT231X USB serial.

Device figures: Lattice FPGA-DS-02012, table of the ECP5 family. A 12F is a 25F die with another
identification code, and the open tools use all of it.
"""

from hwgen.boards.board import Board, Capacity

__all__ = ["BOARDS"]


def _ulx3s(name, size, capacity):
    return Board(
        name=name,
        title=f"ULX3S {size}F",
        target="ecp5",
        device=f"LFE5U-{size}F-6BG381C",
        place_and_route=("nextpnr-ecp5", f"--{size}k", "--package", "CABGA381", "--speed", "6"),
        constraint_name="ulx3s.lpf",
        pack=("ecppack", "--compress"),
        bitstream_suffix=".bit",
        platform_name=f"amaranth_boards.ulx3s:ULX3S_{size}F_Platform",
        clock_hz=25_000_000,
        # the FT231X's highest rate
        baud=3_000_000,
        leds=8,
        leds_active_low=False,
        button_active_low=False,
        capacity=capacity,
        program="openFPGALoader --board ulx3s {bitstream}",
    )


_SMALL = Capacity(lut=24288, ff=24288, carry=12144, dsp=28, bram=56)
_MIDDLE = Capacity(lut=43848, ff=43848, carry=21924, dsp=72, bram=108)
_LARGE = Capacity(lut=83640, ff=83640, carry=41820, dsp=156, bram=208)

BOARDS = (
    _ulx3s("ulx3s", 85, _LARGE),
    _ulx3s("ulx3s-12f", 12, _SMALL),
    _ulx3s("ulx3s-25f", 25, _SMALL),
    _ulx3s("ulx3s-45f", 45, _MIDDLE),
    _ulx3s("ulx3s-85f", 85, _LARGE),
)
