"""What all Xilinx fabrics with tables of six inputs have in common."""

from hwgen.targets.fabric import Fabric, Synthesis

__all__ = ["xilinx_fabric"]


def xilinx_fabric(family, **own):
    """Return the fabric of a family.

    Parameters
    ----------
    family : str
        Name of the family as ``synth_xilinx`` takes it.
    own : object
        Fields of `Fabric` in which this family differs from the others.
    """
    synthesis = Synthesis(
        command=f"synth_xilinx -flatten -noiopad -noclkbuf -nowidelut -family {family}",
        checked="prepare",
        options=(("widelut", "-nowidelut"), ("nodsp", "-nodsp")),
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
    )
    return Fabric(
        lut_inputs=6,
        # MUXF7 and MUXF8 have no routing in front; 0.1 ns each is an estimate
        wide_levels=(1.25, 1.5),
        multiplier_bits_b=18,
        multiplier_module="hwgen_multiplier48",
        carry_chain_module="hwgen_carry_chain6",
        carry_inputs=5,
        ternary_module="hwgen_ternary_adder",
        lut4_module=None,
        synthesis=synthesis,
        **own,
    )
