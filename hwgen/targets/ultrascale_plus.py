"""Xilinx UltraScale+ (speed grade -1): LUT6_2, CARRY8, DSP48E2."""

from hwgen.targets.fabric import Fabric, Memory, Synthesis

ULTRASCALE_PLUS = Fabric(
    name="ultrascale_plus",
    lut_inputs=6,
    lut_delay=0.42,
    carry_delay=0.75,
    carry_delay_per_bit=0.006,
    multiplier_bits=27,
    multiplier_bits_b=18,
    multiplier_delay=3.0,
    multiplier_module="hwgen_multiplier48",
    multiplier_output_delay=0.25,
    launch_delay=0.1,
    capture_delay=0.1,
    fan_out_delay=0.01,
    carry_chain_module="hwgen_carry_chain6",
    carry_inputs=5,
    carry_cell_bits=8,
    ternary_module="hwgen_ternary_adder",
    lut4_module=None,
    source="published figures, not measured: timing reports of speed grade -1 (LUT6 0.18, DI to CO "
    "0.18 a CARRY8, clock to Q 0.09, DSP 2.7); 0.25 for the net in front of a cell",
    synthesis=Synthesis(
        command="synth_xilinx -flatten -noiopad -noclkbuf -family xcup",
        checked="prepare",
        options=(("nowidelut", "-nowidelut"), ("nodsp", "-nodsp")),
        cells=(
            ("lut", r"LUT[1-6]|LUT6_2"),
            ("carry", r"CARRY[48]"),
            ("ff", r"FD[RSCP]E(_1)?"),
            ("dsp", r"DSP48E[12]"),
            ("bram", r"RAMB\w+|URAM\w+|FIFO\w+"),
            ("lutram", r"RAM\d+\w*|SRL\w+"),
            ("wide_mux", r"MUXF[789]"),
            ("latch", r"LDCE|LDPE"),
        ),
        models="xilinx",
        own_models="xilinx_cells.v",
    ),
    memories=(
        Memory("RAM32M16", 512, ((32, 16), (64, 8)), "none"),
        Memory("RAMB18E2", 18432, ((16384, 1), (2048, 9), (1024, 18), (512, 36)), "clock"),
        Memory("RAMB36E2", 36864, ((32768, 1), (4096, 9), (2048, 18), (1024, 36)), "clock"),
        Memory("URAM288", 294912, ((4096, 72),), "clock"),
    ),
)
