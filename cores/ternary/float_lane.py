"""Floats in units of the exponent that the largest of them has."""

from amaranth.hdl import Cat, Const, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.shift import shift_left
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["SHIFTS", "aligned", "float_divisor"]

SHIFTS = 8
"""Places that a value may be below the divisor; one that is further below is less than half a unit.

A significand is less than twice the divisor's, which has its top bit set where exponents differ:
127 * 2 / 2**9 is less than one half.
"""


def _parts(pipeline, fmt, code, name):
    """Return (significand, exponent field, 1 for subnormal numbers) of a code without its sign."""
    fraction_bits = fmt.significand_bits
    top = fraction_bits + fmt.exponent_bits
    field = pipeline.slice(code, fraction_bits, top)
    normal = pipeline.reduced(lambda bits: bits.any(), field, name=f"{name}_normal")
    significand = pipeline.concatenate([pipeline.slice(code, 0, fraction_bits), normal])
    # subnormal numbers have the exponent of the least normal ones
    exponent = pipeline.free(lambda bits, one: Cat(bits[0] | ~one, bits[1:]), field, normal)
    return significand, exponent


def float_divisor(pipeline, fmt, code):
    """Return what lanes need to know of a divisor.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    fmt : FloatFormat
        Format of the code.
    code : Timed
        Code of a positive number, of infinity or of a NaN, without its sign.

    Returns
    -------
    (Timed, Timed, Timed)
        Minus its significand, signed; `SHIFTS` less its exponent, signed; whether it is a number.
    """
    significand, exponent = _parts(pipeline, fmt, code, "absmax")
    zero = Term(pipeline.constant(Const(0, 1)))
    inverted = pipeline.free(lambda bits: Cat(~bits, Const(1, 1)).as_signed(), significand)
    minus = add(
        pipeline, zero, Term(inverted), signed(len(significand) + 1), 1, "minus_significand"
    )
    ones = pipeline.free(lambda bits: Cat(~bits, Const(1, 1)).as_signed(), exponent)
    constant = pipeline.constant(Const(SHIFTS, unsigned(SHIFTS.bit_length())))
    shape = shape_of_range(SHIFTS - (1 << len(exponent)) + 1, SHIFTS - 1)
    place = add(pipeline, Term(constant), Term(ones), shape, 1, "minus_exponent")
    finite = pipeline.reduced(
        lambda bits: ~bits.all(),
        pipeline.slice(code, fmt.significand_bits, fmt.significand_bits + fmt.exponent_bits),
        name="finite",
    )
    return minus, place, finite


def aligned(pipeline, fmt, code, place, finite, name):
    """Return the magnitude of a float in units of the divisor's lowest bit, with a fraction.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    fmt : FloatFormat
        Format of the code.
    code : Timed
        Code of a number that is not larger than the divisor.
    place, finite : Timed
        What `float_divisor` tells; all is zero where the divisor is no number.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    Timed
        Unsigned, with `SHIFTS` fraction bits; zero where that cuts anything off.
    """
    significand, exponent = _parts(pipeline, fmt, code, name)
    shape = shape_of_range(min(-1, SHIFTS - (1 << len(exponent)) + 2), SHIFTS)
    amount = add(pipeline, Term(place), Term(exponent), shape, name=f"{name}_place")
    keep = pipeline.bit(
        lambda bits, number: ~bits[-1] & number, amount, finite, name=f"{name}_large"
    )
    significand = pipeline.masked(significand, keep, name=f"{name}_significand")
    distance = pipeline.slice(amount, 0, SHIFTS.bit_length())
    bits, mask = shift_left(pipeline, significand, distance, 0, SHIFTS, f"{name}_aligned")
    if mask is None:
        return bits
    return pipeline.logic(
        lambda value, kept: value & kept,
        bits,
        mask,
        shape=unsigned(len(bits)),
        name=f"{name}_magnitude",
    )
