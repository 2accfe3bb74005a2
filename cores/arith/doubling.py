"""The step of a sum that is built from its highest digit down: twice what is held, plus a term."""

from amaranth.hdl import Cat, Const, Instance, Mux, Signal, signed

__all__ = ["double_and_add", "doubling_delay"]

# the tables' inputs: the term, whether to double, a bit of what is held, the bit below it
_INPUTS = 4


def doubling_delay(fabric, width):
    """Return the delay of `double_and_add` up to a register that a table stands in front of."""
    delay = fabric.carry_chain_delay(width + 1) + fabric.carry_exit_delay
    levels = 1 if fabric.carry_chain_module is None else 0
    return delay + fabric.logic_delay(levels + 1, bits=width)


def double_and_add(m, fabric, held, double, term, carry_in, name):
    """Return ``held``, or twice ``held`` where ``double`` is 1, plus ``term`` and ``carry_in``.

    One carry chain, whose own tables choose; modulo the width of ``held``.

    Parameters
    ----------
    m : Module
        Receives the circuit.
    fabric : Fabric
    held, term : Value
        Signed or unsigned; ``term`` is extended or cut to the width of ``held``.
    double, carry_in : Value
        One bit each.
    name : str
        Name of the sum in the emitted Verilog.
    """
    width = len(held)
    result, addend = Signal(signed(width), name=name), Signal(signed(width), name=f"{name}_term")
    m.d.comb += addend.eq(term)
    if fabric.carry_chain_module is None:
        chosen = Mux(double, held << 1, held)[:width]
        m.d.comb += result.eq(chosen + addend + carry_in)
        return result
    size = _INPUTS if fabric.carry_inputs == _INPUTS else _INPUTS + 2
    parameters = {"p_INIT": Const(_truth_table(size), 16), "p_CARRY_IN": 2}
    further = {}
    if fabric.carry_inputs != _INPUTS:
        parameters = {"p_SUM": Const(_truth_table(size), 64), "p_CELL": fabric.carry_cell_bits}
        further = {"i_e": Const(0, width), "i_f": Const(0, width)}
    m.submodules += Instance(
        fabric.carry_chain_module,
        p_WIDTH=width,
        **parameters,
        i_a=addend,
        i_b=double.replicate(width),
        i_c=held,
        i_d=Cat(Const(0, 1), held[:-1]),
        **further,
        i_ci=carry_in,
        o_s=result,
    )
    return result


def _truth_table(inputs):
    """Return the table of term xor (double ? below : held) for addresses of so many bits."""
    table = 0
    for address in range(1 << inputs):
        term, double, bit, below = (address >> at & 1 for at in range(_INPUTS))
        table |= (term ^ (below if double else bit)) << address
    return table
