"""Lattice ECP5, speed grade 6: LUT4, CCU2C carry pairs, MULT18X18D."""

from hwgen.targets.fabric import Fabric, Memory, Synthesis

ECP5 = Fabric(
    name="ecp5",
    lut_inputs=4,
    lut_delay=0.57,
    # with what it takes longer that the tables must lie together: with 1.35 and 1.75, the delays of
    # PFUMX and L6MUX21 alone, a placed mnist-500 reaches 94 MHz where 100 are asked for
    wide_levels=(1.5, 2.2),
    carry_delay=1.0,
    carry_delay_per_bit=0.0284,
    multiplier_bits=18,
    multiplier_delay=5.29,
    multiplier_module="hwgen_multiplier",
    multiplier_output_delay=1.49,
    multiplier_capture_delay=3.81,
    multiplier_input_delay=0.601,
    # from its input register to its output pin, as nextpnr has it
    multiplier_inner_delay=3.86,
    launch_delay=0.821,
    capture_delay=0.821,
    fan_out_delay=0.056,
    # setup time of LSR, as nextpnr has it, less that of DI
    reset_delay=0.42,
    memory_delay=0.782,
    # DP16KD without its output register: 5.83 as nextpnr has it, and what the way from the columns
    # of memories takes longer than `capture_delay`, after a placed ternary-matvec of 8 lanes
    block_read_delay=7.4,
    carry_exit_delay=0.381,
    spread_delay=0.0442,
    crowding=0.0212,
    carry_chain_module="hwgen_carry_chain",
    lut4_module="hwgen_lut4",
    source="benchmarks/fit_delays.py: 85k, speed grade 6; nextpnr-ecp5 "
    "0.11.1.0.post826, yosys 0.70; bound 0.26 ns + 1.00",
    synthesis=Synthesis(
        command="synth_ecp5 -nowidelut",
        checked="coarse",
        options=(("widelut", "-nowidelut"), ("nodsp", "-nodsp"), ("noabc9", "-noabc9")),
        cells=(
            ("lut", r"LUT4"),
            ("carry", r"CCU2C"),
            ("ff", r"TRELLIS_FF"),
            ("dsp", r"MULT18X18D|MULT9X9D"),
            ("bram", r"DP16KD|PDPW16KD"),
            ("lutram", r"TRELLIS_DPR16X4"),
            ("wide_mux", r"PFUMX|L6MUX21"),
        ),
        luts_per_carry=2,
        models="ecp5",
        own_models="ecp5_cells.v",
    ),
    memories=(
        Memory("TRELLIS_DPR16X4", 64, ((16, 4),), "none"),
        Memory(
            "DP16KD",
            18432,
            ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)),
            "clock",
        ),
    ),
)
