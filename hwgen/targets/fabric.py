"""The record that describes one FPGA fabric to the arithmetic generators."""

from dataclasses import dataclass
from math import ceil, log2

__all__ = ["SMALL", "Fabric", "Memory", "Synthesis"]

SMALL = 256
"""Bits of operands and registers of a circuit whose wires are short."""


@dataclass(frozen=True)
class Memory:
    """One kind of memory cell.

    Parameters
    ----------
    cell : str
        Name of the primitive.
    bits : int
        Bits that one cell holds.
    shapes : tuple of (int, int)
        (words, bits a word) that one cell can be.
    read_delay : str
        ``"none"``: the word read follows the address at once; ``"clock"``: a clock later.
    """

    cell: str
    bits: int
    shapes: tuple
    read_delay: str


@dataclass(frozen=True)
class Synthesis:
    """How Yosys maps to a fabric, and how its cells are counted and simulated.

    Parameters
    ----------
    command : str
        Synthesis command.
    checked : str
        Label of that command before which the design is checked.
    prepare : tuple of str
        Commands on the flat design before that label.
    options : tuple of (str, str)
        Our name of an option, and the flag of the command that it toggles: one that stands in the
        command is taken out, another is added.
    cells : tuple of (str, str)
        Kind of cell, as ``hwgen.flow.cells.Counts`` names it, and the pattern of its cell types.
    luts_per_carry : int
        Look-up tables that a carry cell takes with it.
    models : str or None
        Folder of Yosys' simulation models; ``None`` where netlists cannot be simulated.
    own_models : str or None
        File of our own simulation models, beside ``hwgen/sim/netlist.py``.
    """

    command: str
    checked: str
    prepare: tuple = ()
    options: tuple = ()
    cells: tuple = ()
    luts_per_carry: int = 0
    models: str | None = None
    own_models: str | None = None


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
        A carry chain's fixed part up to a register, which lies in the same cell: routing, into
        the chain, out of the chain.
    carry_delay_per_bit : float
        What every bit of a carry chain adds.
    multiplier_bits : int
        Operand width of the hard multiplier (signed), 0 where there is none.
    multiplier_delay : float
        An unregistered hard multiplier with its routing.
    multiplier_module : str or None
        Name of the Verilog library module that uses the hard multiplier's own output register;
        ``None`` where products are inferred.
    multiplier_capture_delay : float
        Routing into the hard multiplier and through it to that register.
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
    synthesis : Synthesis
        How Yosys maps to this fabric.
    multiplier_bits_b : int
        Width of the hard multiplier's second operand (signed); 0: that of the first.
    wide_levels : tuple of float
        What two, four, ... look-up tables that hard multiplexers join to one with one, two, ...
        inputs more take, where one takes 1; empty where they are not worth it, or there are none.
    carry_inputs : int
        Look-up table inputs in front of every bit of the carry chain module.
    carry_cell_bits : int
        Bits of one carry cell, as the carry chain module wants to know it; 0 where it does not.
    ternary_module : str or None
        Name of the Verilog library module that adds three operands with one table a bit.
    multiplier_input_delay : float
        Routing into the hard multiplier's own input register.
    multiplier_inner_delay : float
        From that register to the output register; 0: the input register is not used.
    memories : tuple of Memory
        Memory cells, the smallest first.
    distributed_words : int
        Words up to which a memory is cheaper, and no slower, in distributed memory than as block
        memory.
    memory_delay : float
        From the address to the word of one cell of distributed memory; 0 where there is none.
    block_read_delay : float
        Clock to the word of a block memory, and the way from it; 0: not known, that of a
        flip-flop is taken.
    carry_exit_delay : float
        What a carry chain takes longer up to anything else, which lies elsewhere.
    spread_delay : float
        What an operation of n bits takes longer, because it is spread over the chip, divided by
        the square root of n.
    reset_delay : float
        What the synchronous reset of a flip-flop must be stable earlier than its data.
    crowding : float
        Share by which every path grows with each doubling of a circuit beyond `SMALL`; its size
        is counted in bits of operands and registers.
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
    synthesis: Synthesis
    multiplier_bits_b: int = 0
    wide_levels: tuple = ()
    carry_inputs: int = 4
    carry_cell_bits: int = 0
    ternary_module: str | None = None
    multiplier_capture_delay: float = 0.0
    multiplier_input_delay: float = 0.0
    multiplier_inner_delay: float = 0.0
    memories: tuple = ()
    distributed_words: int = 32
    memory_delay: float = 0.0
    block_read_delay: float = 0.0
    carry_exit_delay: float = 0.0
    spread_delay: float = 0.0
    reset_delay: float = 0.0
    crowding: float = 0.0

    def crowding_factor(self, bits):
        """Return what the paths of a circuit of so many bits are longer than alone."""
        return 1.0 + self.crowding * log2(max(SMALL, bits) / SMALL)

    def multiplies(self, width_a, width_b):
        """Return whether the hard multiplier takes signed operands of these widths."""
        limits = sorted((self.multiplier_bits, self.multiplier_bits_b or self.multiplier_bits))
        return min(width_a, width_b) <= limits[0] and max(width_a, width_b) <= limits[1]

    def logic_delay(self, levels=1, bits=0):
        """Return the delay of ``levels`` look-up tables in series, spread over ``bits`` bits."""
        delay = levels * self.lut_delay
        return delay + self.spread(bits) if bits else delay

    def gate_levels(self, inputs):
        """Return how many look-up tables in series an and or an or of so many inputs takes."""
        levels = 1
        while inputs > self.lut_inputs**levels:
            levels += 1
        return levels

    def spread(self, bits):
        """Return what an operation of ``bits`` bits takes longer because it is spread."""
        return self.spread_delay * bits**0.5

    def read_delay(self, words, bits):
        """Return the delay from the address to a word of a memory that is read without a clock.

        Where there is no distributed memory, it is made of registers.
        """
        distributed = [each for each in self.memories if each.read_delay == "none"]
        cell_words, cell_bits = distributed[0].shapes[0] if distributed else (1, 1)
        deep = ceil(words / cell_words)
        cells = deep * ceil(bits / cell_bits)
        select = (deep - 1).bit_length()
        levels = select if self.lut_inputs < 6 else (select + 1) // 2
        first = self.memory_delay if distributed else 0.0
        return first + self.logic_delay(levels) + self.fan_out_delay * (cells - 1) ** 0.5

    def block_rams(self, words, bits):
        """Return how many block RAMs, of the smallest kind, hold so many words of so many bits.

        ``None`` where the fabric has no block RAM. Synthesis may take fewer for words of more than
        eight bits, and look-up tables that choose between them.
        """
        clocked = [each for each in self.memories if each.read_delay == "clock"]
        if not clocked:
            return None
        shapes = sorted(clocked[0].shapes)
        # no word stands in several: look-up tables would have to choose
        deep, wide = next((each for each in shapes if each[0] >= words), shapes[-1])
        return ceil(words / deep) * ceil(bits / wide)

    def carry_chain_delay(self, bits):
        """Return the delay of a carry chain of ``bits`` bits up to a register."""
        return self.carry_delay + bits * self.carry_delay_per_bit
