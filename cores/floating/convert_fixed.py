"""Conversion of a float to an integer or fixed-point number, and back."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_normalise import any_bit, shifted_window
from hwgen.cores.arith.float_round import round_significand
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.timed import Timed
from hwgen.cores.floating.result import any_of

__all__ = ["Fixed", "fixed_to_float", "float_to_fixed"]


@dataclass(frozen=True)
class Fixed:
    """A fixed-point result.

    Parameters
    ----------
    code : Timed
        Two's complement or unsigned code, saturated.
    invalid : Timed
        1: NaN, infinity, or out of range after rounding.
    inexact : Timed
        1: in range and not the exact value.
    """

    code: Timed
    invalid: Timed
    inexact: Timed


def fixed_to_float(pipeline, source, code, rounding, random):
    """Round an integer or fixed-point ``code`` of format ``source`` to a float.

    Returns
    -------
    Rounded
    """
    width = source.width
    sign, magnitude = pipeline.constant(Const(0, 1)), code
    if source.signed:
        sign = pipeline.slice(code, width - 1, width)
        zero = Term(pipeline.constant(Const(0, 1)))
        magnitude = add(
            pipeline, zero, Term(code, None, sign), unsigned(width), sign, name="magnitude"
        )
    exponent = pipeline.constant(Const(0, 1))
    return round_significand(
        pipeline,
        sign,
        magnitude,
        exponent,
        -source.lsb_exponent,
        (0, 0),
        rounding,
        random=random,
    )


def float_to_fixed(pipeline, source, operand, nan, target, mode, random):
    """Round a decoded float once to a number of the format ``target``.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the converter becomes part of.
    source : FloatFormat
        Format of the operand.
    operand : Element
        The operand; the exponent of an infinity or NaN of IEEE formats is the highest.
    nan : Timed
        Whether the operand is NaN: the result is then the largest number.
    target : IntFormat or FixedFormat
        Format of the result.
    mode : str
        Rounding.
    random : Timed or None
        Random bits of stochastic rounding.

    Returns
    -------
    Fixed
    """
    guards = len(random) if mode == "stochastic" else 1
    sign = operand.sign or pipeline.constant(Const(0, 1))
    kept, lost, beyond = _placed(pipeline, source, operand, target, guards)
    discarded = pipeline.slice(kept, 0, guards)
    whole = pipeline.slice(kept, guards, len(kept))
    carry = _increment(pipeline, whole, discarded, lost, sign, mode, random)
    rest = pipeline.bit(
        lambda bits, below: bits.any() | below,
        *(discarded, lost),
        levels=1 + (guards > 3),
        name="discarded_any",
    )
    build = _signed if target.signed else _unsigned
    code, invalid = build(pipeline, target, whole, carry, sign, beyond, nan)
    inexact = pipeline.bit(lambda x, y: x & ~y, rest, invalid, name="inexact")
    return Fixed(code, invalid, inexact)


def _placed(pipeline, source, operand, target, guards):
    """Return (integer and guard bits, sticky bit, whether the exponent is out of range)."""
    width, bits = target.width, source.significand_bits
    # weight of the leading bit of the significand in units of the result, for exponent field 0
    weight = source.lsb_exponent - target.lsb_exponent + bits - 1
    special = source.specials == "ieee"
    highest = (1 << source.exponent_bits) - 1
    largest = max(1, highest - special) + weight
    top = min(largest, width - 1)
    # at distance 0 the significand lies just below the guard bits, or where the least one does
    least = min(max(1 + weight, -guards - 1), top)
    significand, excess = _in_range(pipeline, operand.significand, 1 + weight - top)
    reach = top - least
    amount = None
    if reach:

        def distance(field):
            return min(max(max(field, 1) + weight, least), top) - least

        amount = pipeline.logic(
            lambda field: lookup(list(field), distance, reach.bit_length()),
            operand.exponent,
            levels=1 if source.exponent_bits <= 4 else 2 if source.exponent_bits <= 6 else 3,
            shape=unsigned(reach.bit_length()),
            name="distance",
        )
    pad = width - 1 - least
    kept, lost = shifted_window(pipeline, significand, pad, amount, reach, width + guards, "placed")
    far = [excess]
    if largest > max(top, 1 + weight) or special:
        # the leading bit of a subnormal number, of field 0, may be 0
        first = max(top - weight, 1) + 1

        def out_of_range(field):
            return int(field >= first or (special and field == highest))

        far.append(
            pipeline.bit(
                lambda field: lookup(list(field), out_of_range, 1),
                operand.exponent,
                levels=1 if source.exponent_bits <= 4 else 2,
                name="beyond",
            )
        )
    return kept, lost, any_of(pipeline, far, "out_of_reach") or pipeline.constant(Const(0, 1))


def _in_range(pipeline, significand, above):
    """Return the bits of the least exponent's significand that fit, and whether others are 1.

    ``above`` is how many of its bits are above the result's.
    """
    if above <= 0:
        return significand, None
    kept = max(len(significand) - above, 0)
    high = pipeline.slice(significand, kept, len(significand))
    low = pipeline.slice(significand, 0, kept) if kept else pipeline.constant(Const(0, 1))
    return low, any_bit(pipeline, high, "significand_beyond")


def _increment(pipeline, whole, discarded, lost, sign, mode, random):
    """Return the bit that rounding adds to the magnitude."""
    if mode == "stochastic":
        bits = len(random)
        total = add(pipeline, Term(discarded), Term(random), unsigned(bits + 1), name="random_sum")
        return pipeline.slice(total, bits, bits + 1)
    rule = {
        "nearest-even": lambda last, guard, rest, s: guard & (rest | last),
        "nearest-away": lambda last, guard, rest, s: guard,
        "toward-zero": lambda last, guard, rest, s: Const(0, 1),
        "up": lambda last, guard, rest, s: ~s & (guard | rest),
        "down": lambda last, guard, rest, s: s & (guard | rest),
    }[mode]
    return pipeline.bit(
        lambda last, guard, rest, s: rule(last[0], guard, rest, s),
        *(whole, discarded, lost, sign),
        name="increment",
    )


def _signed(pipeline, target, whole, carry, sign, beyond, nan):
    """Return code and invalid flag of a two's complement result."""
    width = target.width
    # -(m + c) = ~m + (1 - c)
    flipped = pipeline.bit(lambda s, c: s ^ c, sign, carry, name="signed_carry")
    invert = pipeline.free(lambda s: s.replicate(width + 1), sign)
    zero = Term(pipeline.constant(Const(0, 1)))
    total = add(
        pipeline,
        zero,
        Term(whole, None, invert),
        unsigned(width + 1),
        flipped,
        name="rounded_integer",
    )
    invalid = pipeline.bit(
        lambda value, far, n: far | n | (value[width] ^ value[width - 1]),
        *(total, beyond, nan),
        name="out_of_range",
    )
    negative = pipeline.bit(lambda s, n: s & ~n, sign, nan, name="below")

    def saturated(value, far, minus):
        limit = Cat(~minus.replicate(width - 1), minus)
        return Mux(far, limit, value[:width])

    code = pipeline.logic(saturated, total, invalid, negative, shape=unsigned(width), name="code")
    return code, invalid


def _unsigned(pipeline, target, whole, carry, sign, beyond, nan):
    """Return code and invalid flag of an unsigned result."""
    width = target.width
    zero = Term(pipeline.constant(Const(0, 1)))
    total = add(pipeline, Term(whole), zero, unsigned(width + 1), carry, name="rounded_integer")
    nonzero = any_bit(pipeline, total, "integer_some")
    high = pipeline.bit(lambda value, far: far | value[width], total, beyond, name="too_large")
    invalid = pipeline.bit(
        lambda large, some, s, n: n | large | (s & some),
        *(high, nonzero, sign, nan),
        name="out_of_range",
    )
    # NaN is the largest number, whatever its sign
    limit = pipeline.bit(lambda large, s, n: n | (large & ~s), high, sign, nan, name="above")
    keep = pipeline.bit(lambda s, n: ~s | n, sign, nan, name="not_below")
    code = pipeline.logic(
        lambda value, up, stay: (value[:width] | up.replicate(width)) & stay.replicate(width),
        *(total, limit, keep),
        shape=unsigned(width),
        name="code",
    )
    return code, invalid
