"""Lattice iCE40 UltraPlus: LUT4 with a carry multiplexer, SB_MAC16."""

from hwgen.targets.fabric import Fabric, Memory, Synthesis

ICE40 = Fabric(
    name="ice40",
    lut_inputs=4,
    lut_delay=1.7,
    carry_delay=1.73,
    carry_delay_per_bit=0.202,
    multiplier_bits=16,
    multiplier_delay=15.0,
    multiplier_module=None,
    multiplier_output_delay=0.0,
    launch_delay=3.23,
    capture_delay=3.23,
    fan_out_delay=0.25,
    carry_exit_delay=1.59,
    spread_delay=0.188,
    crowding=0.0,
    carry_chain_module=None,
    lut4_module=None,
    source="benchmarks/fit_delays.py: up5k; nextpnr-ice40 "
    "0.11.1.0.post826, yosys 0.70; bound 2.12 ns + 1.04",
    synthesis=Synthesis(
        command="synth_ice40 -device u -dsp",
        checked="flatten",
        options=(("nodsp", "-dsp"),),
        cells=(
            ("lut", r"SB_LUT4"),
            ("carry", r"SB_CARRY"),
            ("ff", r"SB_DFF\w*"),
            ("dsp", r"SB_MAC16"),
            ("bram", r"SB_RAM40_4K\w*|SB_SPRAM256KA"),
        ),
        models="ice40",
    ),
    memories=(
        Memory("SB_RAM40_4K", 4096, ((256, 16), (512, 8), (1024, 4), (2048, 2)), "clock"),
        Memory("SB_SPRAM256KA", 262144, ((16384, 16),), "clock"),
    ),
)
