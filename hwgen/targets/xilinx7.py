"""Xilinx 7 series (Artix-7, speed grade -1): LUT6_2, CARRY4, DSP48E1.

Nothing here is measured on the open flow. Where each figure comes from, in ns:

- net in front of a cell 0.7: estimate;
- LUT6 0.124 and clock to Q 0.518: Vivado timing reports of Zynq-7000, speed grade -1; setup 0.2:
  estimate. TILO and TCKO of the data sheet were not compared;
- CARRY4: S to CO 0.53, CI to CO 0.11 a cell: Yosys' timing model of Artix-7, from Project X-Ray;
- DSP48E1: A to P 3.84: typical of speed grade -1 in Vivado reports (the one report at hand has A
  to PCOUT, 4.04); into the output register as much: estimate; clock to P 0.44: unchecked;
- distributed RAM from address to word: a table, estimate.
"""

from hwgen.targets.fabric import Memory
from hwgen.targets.xilinx_family import xilinx_fabric

XILINX7 = xilinx_fabric(
    "xc7",
    name="xilinx7",
    lut_delay=0.82,
    carry_delay=1.7,
    carry_delay_per_bit=0.029,
    multiplier_bits=25,
    multiplier_delay=4.6,
    multiplier_capture_delay=4.6,
    multiplier_output_delay=0.44,
    launch_delay=0.52,
    capture_delay=0.2,
    fan_out_delay=0.02,
    memory_delay=0.82,
    carry_cell_bits=4,
    source="not measured: Vivado timing reports and Yosys' timing model of Artix-7, speed grade "
    "-1, plus estimates; the record says which is which",
    memories=(
        Memory("RAM32M", 256, ((32, 8), (64, 4)), "none"),
        Memory(
            "RAMB18E1",
            18432,
            ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)),
            "clock",
        ),
        Memory("RAMB36E1", 36864, ((32768, 1), (4096, 9), (2048, 18), (1024, 36)), "clock"),
    ),
)
