"""Lattice ECP5, speed grade 6: LUT4, CCU2C carry pairs, MULT18X18D."""

from hwgen.targets.fabric import Fabric

ECP5 = Fabric(
    name="ecp5",
    lut_inputs=4,
    lut_delay=1.0,
    carry_delay=1.9,
    carry_delay_per_bit=0.036,
    multiplier_bits=18,
    multiplier_delay=5.2,
    multiplier_module="hwgen_multiplier",
    multiplier_output_delay=1.9,
    launch_delay=0.53,
    capture_delay=0.7,
    fan_out_delay=0.024,
    carry_chain_module="hwgen_carry_chain",
    lut4_module="hwgen_lut4",
    source="nextpnr-ecp5 0.11.1 timing reports, speed grade 6, post-route paths of mx-dot cores",
)
