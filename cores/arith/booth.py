"""Booth's recoding on carry chains: two bits of the multiplier a chain, one six-input table a bit.

A. D. Booth, "A signed binary multiplication technique", 1951, in the radix-4 form of
O. L. MacSorley, "High-speed arithmetic in binary computers", 1961.
"""

from itertools import product

from amaranth.hdl import Cat, Const, Instance, Signal, signed
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["booth_digits", "booth_partials"]

_LONGEST_SEQUENCE = 4


def _table():
    """Return the table of ``p ^ row`` for inputs p, a, a one bit lower, and the digit's bits.

    A digit is -2 high + middle + below; a negative one complements the row, and the carry in
    does the rest. The digit -0 is a row of ones and a carry in.
    """
    table = 0
    for address, bits in enumerate(product((0, 1), repeat=6)):
        high, middle, below, lower, same, p = bits
        size = abs(-2 * high + middle + below)
        row = (0, same, lower)[size] ^ high
        table |= (p ^ row) << address
    return table


def booth_digits(width, is_signed):
    """Return the number of digits of a multiplier of ``width`` bits."""
    return (width + 1) // 2 if is_signed else width // 2 + 1


def booth_partials(pipeline, a, b, name="product"):
    """Multiply by sequences of chains, each of which adds one digit's row to the sum so far.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath on a fabric whose carry chain module takes six inputs past a plain operand.
    a, b : Timed
        Multiplicand, and the multiplier that is recoded.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    list of (Timed, int, int, int)
        Partial products: value, position of its lowest bit, minimum and maximum of the value.
        Their sum is the product.
    """
    count = booth_digits(len(b), b.signal.shape().signed)
    sequences = -(-count // _LONGEST_SEQUENCE)
    length = -(-count // sequences)
    return [
        _sequence(pipeline, a, b, first, min(first + length, count), name)
        for first in range(0, count, length)
    ]


def _sequence(pipeline, a, b, first, end, name):
    """Return the partial product of the digits ``first`` to ``end - 1``."""
    limits_a = _limits(a.signal.shape())
    value = pipeline.constant(Const(0, 1))
    for digit in range(first, end):
        low, high = _chunk_limits(b, first, digit + 1)
        corners = [x * y for x in limits_a for y in (low, high)]
        minimum, maximum = min(corners), max(corners)
        value = _row(
            pipeline, value, a, _digit(pipeline, b, digit), minimum, maximum, digit - first, name
        )
    return value, 2 * first, minimum, maximum


def _limits(shape):
    if shape.signed:
        return -(1 << shape.width - 1), (1 << shape.width - 1) - 1
    return 0, (1 << shape.width) - 1


def _chunk_limits(b, first, end):
    """Return the range of the digits ``first`` to ``end - 1`` of ``b`` as a number."""
    left = len(b) - 2 * first
    extra = int(first > 0)
    if 2 * (end - first) <= left or b.signal.shape().signed:
        bits = min(left, 2 * (end - first))
        return -(1 << bits - 1), (1 << bits - 1) - 1 + extra
    return 0, (1 << left) - 1 + extra


def _digit(pipeline, b, digit):
    """Return the three bits of a digit, the lowest one first."""

    def taken(bits):
        top = bits[-1] if bits.shape().signed else Const(0, 1)
        padded = Cat(Const(0, 1), bits, top, top)
        return padded[2 * digit : 2 * digit + 3]

    return pipeline.free(taken, b)


def _row(pipeline, value, a, digit, minimum, maximum, index, name):
    """Return ``value`` plus the digit's row, two bits further up for every digit so far."""
    passed = 2 * index
    shape = shape_of_range(min(minimum, -1), maximum)
    width = max(1, shape.width - passed)
    fabric = pipeline.fabric
    delay = fabric.carry_chain_delay(width)
    stage, arrival = pipeline.start((value, a, digit), delay)
    previous, multiplicand, bits = (pipeline.at(each, stage) for each in (value, a, digit))
    lower = previous[:passed]
    upper = previous[passed:].as_signed() if index else Const(0, 1)
    wide = Cat(multiplicand, multiplicand[-1]) if multiplicand.shape().signed else multiplicand
    total = Signal(width, name=f"{name}_sum")
    pipeline.m.submodules += Instance(
        fabric.carry_chain_module,
        p_WIDTH=width,
        p_SUM=Const(_table(), 64),
        p_X=Const(0xAAAAAAAA, 32),
        p_DIRECT=1,
        p_CELL=fabric.carry_cell_bits,
        i_a=_extended(upper, width),
        i_b=_extended(multiplicand, width),
        i_c=_extended(Cat(Const(0, 1), wide), width, multiplicand.shape().signed),
        i_d=bits[0].replicate(width),
        i_e=bits[1].replicate(width),
        i_f=bits[2].replicate(width),
        i_ci=bits[2],
        o_s=total,
    )
    result = Signal(signed(passed + width), name=f"{name}_partial")
    pipeline.m.d.comb += result.eq(Cat(lower, total))
    return pipeline.chained(result, stage, arrival + delay)


def _extended(bits, width, is_signed=None):
    is_signed = bits.shape().signed if is_signed is None else is_signed
    top = bits[-1] if is_signed else Const(0, 1)
    return Cat(bits, top.replicate(max(0, width - len(bits))))[:width]
