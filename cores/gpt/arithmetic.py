"""Arithmetic that units of the GPT machine share: registers, lengths, sums, the greatest."""

from amaranth.hdl import Cat, Const, Mux, Signal, Value, signed
from hwgen.cores.arith.tree import Operand, add_tree

__all__ = [
    "added",
    "bit_length",
    "greatest",
    "moved_right",
    "registered",
]


def registered(m, value, count, name):
    """Return a value behind so many registers."""
    for number in range(count):
        register = Signal(value.shape(), name=f"{name}_{number}")
        m.d.sync += register.eq(value)
        value = register
    return value


def moved_right(value, amount):
    """Return an Amaranth value moved right by an unsigned amount; signed ones keep their sign."""
    for place in range(len(amount)):
        value = Mux(amount[place], value >> min(1 << place, len(value) - 1), value)
    return value


def bit_length(m, bits, name):
    """Return the number of bits of an unsigned value, in a module."""
    bits = Value.cast(bits)
    found = Signal(range(len(bits) + 1), name=name)
    some, highest = _highest(bits, 1 << (len(bits) - 1).bit_length())
    m.d.comb += found.eq(Mux(some, highest + 1, 0))
    return found


def _highest(bits, size):
    """Return (whether a bit is set, the number of the highest one), of up to ``size`` bits."""
    if not len(bits):
        return Const(0, 1), Const(0, (size - 1).bit_length())
    if size == 1:
        return bits, Const(0, 0)
    low, high = _highest(bits[: size // 2], size // 2), _highest(bits[size // 2 :], size // 2)
    return low[0] | high[0], Cat(Mux(high[0], high[1], low[1]), high[0])


def greatest(pipeline, values):
    """Return the greatest of signed values of one width."""
    bits = len(values[0])
    while len(values) > 1:
        pairs = list(zip(values[::2], values[1::2], strict=True))
        values = [
            pipeline.operate(
                lambda x, y: Mux(x > y, x, y),
                *pair,
                delay=pipeline.fabric.carry_chain_delay(bits) + pipeline.fabric.logic_delay(),
                shape=signed(bits),
                name=f"greatest{bits}_{len(pairs)}_{number}",
            )
            for number, pair in enumerate(pairs)
        ]
    return values[0]


def added(pipeline, values, bits):
    """Return the sum of values of so many bits, signed."""
    if len(values) == 1:
        return values[0]
    most = 1 << bits - 1
    operands = [Operand(pipeline.signed(each), -most, most - 1) for each in values]
    return pipeline.signed(add_tree(pipeline, operands).bits)
