"""Arithmetic that units of the GPT machine share: registers, lengths, sums, the greatest."""

from amaranth.hdl import Mux, Signal, Value, signed
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
    for place in range(len(bits)):
        with m.If(bits[place]):
            m.d.comb += found.eq(place + 1)
    return found


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
