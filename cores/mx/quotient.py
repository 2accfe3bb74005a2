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
        Signed: minus the divisor, whose top bit, the one below the sign, is 1 and which is worth
        as much by its own width. An integer is the divisor itself.
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
    width = divisor.bit_length() if isinstance(divisor, int) else len(divisor) - 1
    needed = width + count
    padding = max(0, needed - len(dividend))
    bits = pipeline.free(lambda value: Cat(Const(0, padding), value), dividend)
    below = len(bits) - needed
    if isinstance(divisor, int) and width <= _WIDEST_TABLE:
        digits, remains = _by_tables(pipeline, bits, divisor, count + 1, name)
    else:
        if isinstance(divisor, int):
            divisor = pipeline.constant(Const(-divisor, signed(width + 1)))
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


def _by_chains(pipeline, bits, minus_divisor, count, name):
    """Divide by adding or subtracting: the remainder stays within plus and minus the divisor.

    The sign of a remainder is what the next step complements and carries in, without a gate.
    """
    width, top = len(minus_divisor) - 1, len(bits)
    shape = signed(width + 1)
    remainder = pipeline.slice(bits, top - width, top)
    negative, carry, digits = None, 0, []
    for position in range(count):
        if position:
            at = top - width - position
            remainder = pipeline.free(
                lambda value, low, at=at: Cat(low[at], value)[: width + 1], remainder, bits
            )
        step = Term(minus_divisor, None, negative)
        remainder = add(pipeline, Term(remainder), step, shape, carry, f"{name}_step")
        negative = carry = pipeline.free(lambda value: value[-1], remainder)
        digits.append(pipeline.free(lambda value: ~value, negative))

    def nonzero(value, least):
        # a negative remainder still lacks the divisor
        lacking = least.as_unsigned() & value[-1].replicate(width + 1)
        return (value.as_unsigned() ^ lacking).any()

    def remains():
        return pipeline.logic(
            nonzero,
            remainder,
            minus_divisor,
            levels=1 + (width > 2),
            shape=unsigned(1),
            name=f"{name}_remains",
        )

    return digits, remains
