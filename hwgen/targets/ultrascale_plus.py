"""Xilinx UltraScale+ (speed grade -1): LUT6_2, CARRY8, DSP48E2.

Nothing here is measured on the open flow. Where each figure comes from, in ns:

- net in front of a cell 0.25: estimate; Vivado timing reports (Zynq xczu3eg-1) have 0.02 to 0.4;
- LUT6 0.17 to 0.18 from its slowest input, clock to Q 0.096, CARRY8: S to CO 0.24, CI to O 0.15:
  the same reports; setup 0.1: estimate, they have less;
- DSP48E2: data sheet DS925, table of DSP48 switching characteristics, -1 at 0.85 V: a product
  between two registers, without the one inside, at 456 MHz, 2.19 ns. The reports have 1.92 from B
  to P through multiplier and adder and 1.78 to the output register; 0.25 for the net in front and
  0.3 to spare: estimate; clock to P 0.25: estimate;
- distributed RAM from address to word: a table, estimate.
"""

from hwgen.targets.fabric import Memory
from hwgen.targets.xilinx_family import xilinx_fabric

ULTRASCALE_PLUS = xilinx_fabric(
    "xcup",
    name="ultrascale_plus",
    lut_delay=0.42,
    carry_delay=0.75,
    carry_delay_per_bit=0.006,
    multiplier_bits=27,
    multiplier_delay=2.5,
    multiplier_capture_delay=2.4,
    multiplier_output_delay=0.25,
    launch_delay=0.1,
    capture_delay=0.1,
    fan_out_delay=0.01,
    memory_delay=0.42,
    carry_cell_bits=8,
    source="not measured: data sheet DS925 and Vivado timing reports, speed grade -1, plus "
    "estimates; the record says which is which",
    memories=(
        Memory("RAM32M16", 512, ((32, 16), (64, 8)), "none"),
        Memory(
            "RAMB18E2",
            18432,
            ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)),
            "clock",
        ),
        Memory("RAMB36E2", 36864, ((32768, 1), (4096, 9), (2048, 18), (1024, 36)), "clock"),
        Memory("URAM288", 294912, ((4096, 72),), "clock"),
    ),
)
