"""Leading bits of quotients: division bit by bit, without restoring, the last remainder kept."""

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.table import lookup

__all__ = ["normalised_quotient"]

_WIDEST_TABLE = 4


def normalised_quotient(pipeline, dividend, divisor, count, name, sticky=True):
    """Return the leading ``count`` bits of a quotient of two normalized significands.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the divider becomes part of.
    dividend : Timed
        Unsigned; worth ``dividend / 2**(width - 1)``. Its top bit is 1, or it is zero or so small
        that the first bit of the quotient does not matter.
    divisor : Timed or int
        Unsigned, top bit 1, worth as much by its own width; an integer is a constant.
    count : int
        Bits of the quotient, at least 1.
    name : str
        Prefix of the names in the emitted Verilog.
    sticky : bool
        Whether it is asked if the quotient has bits below.

    Returns
    -------
    (Timed, Timed, Timed or None)
        The bits, top bit worth 1 or 1/2; whether it is worth 1; whether there are bits below.
    """
    width = divisor.bit_length() if isinstance(divisor, int) else len(divisor)
    needed = width + count
    padding = max(0, needed - len(dividend))
    bits = pipeline.free(lambda value: Cat(Const(0, padding), value), dividend)
    below = len(bits) - needed
    if isinstance(divisor, int) and width <= _WIDEST_TABLE:
        digits, remains = _by_tables(pipeline, bits, divisor, count + 1, name)
    else:
        if isinstance(divisor, int):
            divisor = pipeline.constant(Const(divisor, width))
        digits, remains = _by_chains(pipeline, bits, divisor, count + 1, name)
    whole = digits[0]
    raw = pipeline.concatenate(digits[::-1])
    quotient = pipeline.logic(
        lambda value, one: Mux(one, value[1:], value[:-1]),
        raw,
        whole,
        shape=unsigned(count),
        name=f"{name}_quotient",
    )
    if not sticky:
        return quotient, whole, None
    rest = pipeline.slice(bits, 0, below) if below else pipeline.constant(Const(0, 1))
    inexact = pipeline.logic(
        lambda left, lost, one, low: left | lost.any() | (one & low[0]),
        remains(),
        rest,
        whole,
        raw,
        levels=1 + (below > 1) + (below > 8),
        shape=unsigned(1),
        name=f"{name}_inexact",
    )
    return quotient, whole, inexact


def _by_tables(pipeline, bits, divisor, count, name):
    """Divide by a small constant: one table a bit of remainder and step."""
    width = divisor.bit_length()
    top = len(bits)
    remainder = pipeline.slice(bits, top - width, top)
    digits = []

    def step(address):
        digit = address >= divisor
        return (address - divisor * digit) | digit << width

    for position in range(count):
        if position:
            at = top - width - position
            below = pipeline.slice(bits, at, at + 1)
            remainder = pipeline.concatenate([below, remainder])
        both = pipeline.logic(
            lambda value: lookup(list(value), step, width + 1),
            remainder,
            shape=unsigned(width + 1),
            name=f"{name}_step",
        )
        digits.append(pipeline.slice(both, width, width + 1))
        remainder = pipeline.slice(both, 0, width)

    def remains():
        return pipeline.logic(
            lambda value: value.any(), remainder, shape=unsigned(1), name=f"{name}_remains"
        )

    return digits, remains


def _by_chains(pipeline, bits, divisor, count, name):
    """Divide by adding or subtracting: the remainder stays within plus and minus the divisor."""
    width, top = len(divisor), len(bits)
    shape = signed(width + 1)
    remainder = pipeline.slice(bits, top - width, top)
    positive = pipeline.constant(Const(1, 1))
    carry, digits = 1, []
    for position in range(count):
        if position:
            at = top - width - position
            remainder = pipeline.free(
                lambda value, low, at=at: Cat(low[at], value)[: width + 1], remainder, bits
            )
        remainder = add(
            pipeline, Term(remainder), Term(divisor, None, positive), shape, carry, f"{name}_step"
        )
        positive = carry = pipeline.free(lambda value: ~value[-1], remainder)
        digits.append(positive)

    def nonzero(value, amount):
        # a negative remainder still lacks the divisor: is their sum zero, without a carry chain
        value, wide = value.as_unsigned(), Cat(amount, Const(0, 1))
        added = wide & value[-1].replicate(width + 1)
        return ((value ^ added) ^ Cat(Const(0, 1), (value | added)[:-1])).any()

    def remains():
        return pipeline.logic(
            nonzero,
            remainder,
            divisor,
            levels=2 + (width > 4),
            shape=unsigned(1),
            name=f"{name}_remains",
        )

    return digits, remains
