"""1BitSquared iCEBreaker: Lattice iCE40UP5K, 12 MHz oscillator, FT2232H USB serial.

Device figures: Lattice FPGA-DS-02008, table of the iCE40 UltraPlus family.
"""

from hwgen.boards.board import Board, Capacity

__all__ = ["BOARD"]

BOARD = Board(
    name="icebreaker",
    title="iCEBreaker",
    target="ice40",
    device="iCE40UP5K-SG48",
    place_and_route=("nextpnr-ice40", "--up5k", "--package", "sg48"),
    constraint_name="icebreaker.pcf",
    pack=("icepack",),
    bitstream_suffix=".bin",
    platform_name="amaranth_boards.icebreaker:ICEBreakerPlatform",
    clock_hz=12_000_000,
    # six clocks a bit exactly, and a rate that the FT2232H divides exactly
    baud=2_000_000,
    leds=2,
    leds_active_low=True,
    button_active_low=True,
    capacity=Capacity(lut=5280, ff=5280, carry=5280, dsp=8, bram=30),
    program="iceprog {bitstream}",
)
