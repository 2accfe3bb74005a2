"""Any fabric: plain Verilog operators, delays of a mid-range LUT6 device."""

from hwgen.targets.fabric import Fabric, Synthesis

GENERIC = Fabric(
    name="generic",
    lut_inputs=6,
    lut_delay=0.7,
    carry_delay=1.2,
    carry_delay_per_bit=0.02,
    multiplier_bits=18,
    multiplier_delay=3.5,
    multiplier_module=None,
    multiplier_output_delay=0.0,
    launch_delay=0.4,
    capture_delay=0.5,
    fan_out_delay=0.02,
    carry_chain_module=None,
    lut4_module=None,
    source="round figures for a mid-range LUT6 fabric; not fitted to any device",
    synthesis=Synthesis(
        command="synth -flatten -lut 4",
        checked="coarse",
        # registers of one bit: of wider ones whose constant bits it merged, Yosys 0.70 forgets the
        # initial values and then stops
        prepare=("splitnets",),
        cells=(
            ("lut", r"\$lut"),
            ("ff", r"\$_\w*DFF\w*_"),
            ("bram", r"\$mem\w*"),
            ("latch", r"\$_\w*DLATCH\w*_"),
        ),
    ),
)
