"""Xilinx 7 series (Artix-7, speed grade -1): LUT6_2, CARRY4, DSP48E1."""

from hwgen.targets.fabric import Fabric, Memory, Synthesis

XILINX7 = Fabric(
    name="xilinx7",
    lut_inputs=6,
    lut_delay=0.82,
    carry_delay=1.7,
    carry_delay_per_bit=0.029,
    multiplier_bits=25,
    multiplier_bits_b=18,
    multiplier_delay=4.6,
    multiplier_module="hwgen_multiplier48",
    multiplier_output_delay=0.44,
    launch_delay=0.52,
    capture_delay=0.2,
    fan_out_delay=0.02,
    carry_chain_module="hwgen_carry_chain6",
    carry_inputs=5,
    carry_cell_bits=4,
    ternary_module="hwgen_ternary_adder",
    lut4_module=None,
    source="published figures, not measured: carry cells as in Yosys' timing model of Artix-7 "
    "(Project X-Ray: CI to CO 0.11 a CARRY4, S to CO 0.53); table 0.12, clock to Q 0.52 and DSP "
    "3.84 typical of speed grade -1, unchecked; 0.7 for the net in front of a cell",
    synthesis=Synthesis(
        command="synth_xilinx -flatten -noiopad -noclkbuf -family xc7",
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
        Memory("RAM32M", 256, ((32, 8), (64, 4)), "none"),
        Memory("RAMB18E1", 18432, ((16384, 1), (2048, 9), (1024, 18), (512, 36)), "clock"),
        Memory("RAMB36E1", 36864, ((32768, 1), (4096, 9), (2048, 18), (1024, 36)), "clock"),
    ),
)
