"""The record that describes one FPGA fabric to the arithmetic generators."""

from dataclasses import dataclass

__all__ = ["Fabric"]


@dataclass(frozen=True)
class Fabric:
    """Primitive sizes and delays of one FPGA family, in nanoseconds.

    Delays include the routing to the primitive's inputs, so that the delay of a path is the sum
    over its primitives.

    Parameters
    ----------
    name : str
        Name as typed on the command line.
    lut_inputs : int
        Inputs of the look-up table.
    lut_delay : float
        One level of logic with its routing.
    carry_delay : float
        A carry chain's fixed part: routing, into the chain, out of the chain.
    carry_delay_per_bit : float
        What every bit of a carry chain adds.
    multiplier_bits : int
        Operand width of the hard multiplier (signed), 0 where there is none.
    multiplier_delay : float
        An unregistered hard multiplier with its routing.
    multiplier_module : str or None
        Name of the Verilog library module that uses the hard multiplier's own output register;
        ``None`` where products are inferred.
    multiplier_output_delay : float
        Clock to output of that register.
    launch_delay : float
        Clock to output of a flip-flop.
    capture_delay : float
        Routing into a flip-flop and its setup time.
    fan_out_delay : float
        What a wire to n flip-flops across the chip adds, divided by the square root of n.
    carry_chain_module : str or None
        Name of the Verilog library module that absorbs operand masks and inversions into the
        carry chain; ``None`` where plain adders are inferred.
    lut4_module : str or None
        Name of the Verilog library module that places look-up tables by hand; ``None`` where the
        mapper does as well.
    source : str
        Where the delays come from.
    """

    name: str
    lut_inputs: int
    lut_delay: float
    carry_delay: float
    carry_delay_per_bit: float
    multiplier_bits: int
    multiplier_delay: float
    multiplier_module: str | None
    multiplier_output_delay: float
    launch_delay: float
    capture_delay: float
    fan_out_delay: float
    carry_chain_module: str | None
    lut4_module: str | None
    source: str

    def logic_delay(self, levels=1):
        """Return the delay of ``levels`` look-up tables in series."""
        return levels * self.lut_delay

    def carry_chain_delay(self, bits):
        """Return the delay of a carry chain of ``bits`` bits."""
        return self.carry_delay + bits * self.carry_delay_per_bit
