"""The nearest integer to 127 x / a for |x| <= a: a digit recurrence that rounds by itself.

Let R = 254 |x| - 127 a. Seven bits of the result come from the highest to the lowest, each 1 where
R is not negative; after each but the last, R moves by the bit's weight times a toward zero, which
is then in the middle of what is left. So the bits are those of the integer part of
(254 |x| + a) / 2a: 127 |x| / a rounded to nearest. A tie leaves R = 0 behind some bit. That bit is
1 and all later ones are 0, an even result, unless it is the lowest, which is therefore 0 where R
is 0.
"""

from amaranth.hdl import Cat, Const, signed, unsigned
from hwgen.cores.arith.adder import Term, add

__all__ = ["nearest_quotient"]

_DIGITS = 7


def nearest_quotient(pipeline, x, sign, minus_divisor, fraction, name):
    """Return 127 times ``x`` over a divisor, rounded to the nearest integer, ties to even.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the divider becomes part of.
    x : Timed
        Dividend, of which the magnitude is at most the divisor; signed, or a magnitude.
    sign : Timed or None
        One bit: whether the result is negative; ``None``: it never is.
    minus_divisor : Timed
        Signed: minus the divisor, which is positive.
    fraction : int
        Bits of ``x`` below the lowest bit of the divisor; 0 for a signed ``x``.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    Timed
        8 bits in two's complement, -127 to 127.
    """
    width = len(minus_divisor)
    remainder = _first_remainder(pipeline, x, sign, minus_divisor, fraction, name)
    place = _DIGITS - 1 + fraction
    high = pipeline.free(lambda bits: bits[place:].as_signed(), remainder)
    negative = pipeline.free(lambda bits: bits[-1], remainder)
    digits = []
    while True:
        digits.append(pipeline.free(lambda bit: ~bit, negative))
        step = Term(minus_divisor, None, negative)
        high = add(pipeline, Term(high), step, signed(width), negative, f"{name}_step", True)
        negative = pipeline.free(lambda bits: bits[-1], high)
        place -= 1
        if place == fraction:
            break
        high = pipeline.free(
            lambda bits, rest, at=place: Cat(rest[at], bits).as_signed(), high, remainder
        )
    rest = pipeline.slice(remainder, 0, fraction + 1)
    some = pipeline.reduced(lambda *bits: Cat(*bits).any(), high, rest, name=f"{name}_inexact")
    digits.append(pipeline.bit(lambda bit, more: ~bit & more, negative, some, name=f"{name}_low"))
    magnitude = pipeline.concatenate(digits[::-1])
    if sign is None:
        return pipeline.free(lambda bits: Cat(bits, Const(0, 1)), magnitude)
    zero = Term(pipeline.constant(Const(0, 1)))
    return add(pipeline, zero, Term(magnitude, None, sign), unsigned(8), sign, f"{name}_code")


def _first_remainder(pipeline, x, sign, minus_divisor, fraction, name):
    """Return 254 times the magnitude of ``x`` less 127 times the divisor, in units of ``x``."""
    width = len(minus_divisor)
    twice = pipeline.free(
        lambda bits: (
            Cat(Const(0, 1), bits).as_signed() if bits.shape().signed else Cat(Const(0, 1), bits)
        ),
        x,
    )
    below = pipeline.slice(twice, 0, fraction)
    if x.signal.shape().signed:
        # the complement of the double's lowest bit is one half of what a negation lacks
        dividend, carry = Term(twice, None, sign), sign
    else:
        dividend, carry = Term(pipeline.slice(twice, fraction, len(twice))), 0
    difference = add(
        pipeline, Term(minus_divisor), dividend, signed(width), carry, f"{name}_less", True
    )
    difference = pipeline.free(lambda low, bits: Cat(low, bits).as_signed(), below, difference)
    many = pipeline.free(lambda bits: Cat(Const(0, _DIGITS), bits).as_signed(), difference)
    ones = pipeline.constant(Const(1, 1))
    return add(
        pipeline,
        Term(many),
        Term(difference, None, ones),
        signed(width + fraction + _DIGITS),
        1,
        f"{name}_remainder",
        True,
    )
