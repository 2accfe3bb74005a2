"""Look-up tables placed by hand, where the mapper's own covering is larger."""

from amaranth.hdl import Const, Instance, Signal, unsigned
from hwgen.cores.arith.timed import Timed

__all__ = ["choose_of_four", "lut4_row", "truth_table"]


def truth_table(function):
    """Return the 16-bit table of ``function(a, b, c, d)``; ``a`` is the lowest address bit."""
    table = 0
    for address in range(16):
        bits = [address >> position & 1 for position in range(4)]
        table |= int(bool(function(*bits))) << address
    return table


def lut4_row(pipeline, table, *inputs, width=1, name="row"):
    """Add ``width`` look-up tables of up to four inputs, all with the same table.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath on a fabric that has a ``lut4_module``.
    table : int
        Truth table of 16 bits; missing inputs are 0.
    inputs : Timed
        One bit, used by every table, or ``width`` bits.
    width : int
        Number of tables.
    name : str
        Name of the result in the emitted Verilog.
    """
    delay = pipeline.fabric.logic_delay()
    stage, arrival = pipeline.start(inputs, delay, width=width)
    signals = [pipeline.at(value, stage) for value in inputs]
    ports = [each if len(each) == width else each.replicate(width) for each in signals]
    ports += [Const(0, width)] * (4 - len(ports))
    result = Signal(unsigned(width), name=name)
    pipeline.m.submodules += Instance(
        pipeline.fabric.lut4_module,
        p_WIDTH=width,
        p_INIT=Const(table, 16),
        i_a=ports[0],
        i_b=ports[1],
        i_c=ports[2],
        i_d=ports[3],
        o_z=result,
    )
    return Timed(result, stage, arrival + delay)


def choose_of_four(pipeline, choices, low, high, name="choice"):
    """Return ``choices[low + 2 * high]``, bit by bit, in two tables a bit.

    The first table passes ``low`` on when ``high`` is 1, so that the second one needs no fifth
    input.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the multiplexer becomes part of.
    choices : list of Timed
        Four values of equal width.
    low, high : Timed
        Select bits.
    name : str
        Name of the result in the emitted Verilog.
    """
    width = len(choices[0])
    inner = lut4_row(
        pipeline,
        truth_table(lambda zero, one, s, t: s if t else (one if s else zero)),
        choices[0],
        choices[1],
        low,
        high,
        width=width,
        name=f"{name}_inner",
    )
    return lut4_row(
        pipeline,
        truth_table(lambda i, two, three, t: (three if i else two) if t else i),
        inner,
        choices[2],
        choices[3],
        high,
        width=width,
        name=name,
    )
