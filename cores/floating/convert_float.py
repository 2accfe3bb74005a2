"""Conversion of a float to another float format; exact widening is little more than wiring."""

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_normalise import leading_zeros, shifted_window
from hwgen.cores.arith.float_round import Rounded, round_significand
from hwgen.cores.arith.table import lookup

__all__ = ["float_to_float"]


def float_to_float(pipeline, source, operand, rounding, random):
    """Convert a decoded number to ``rounding.format``; NaN and infinity are left to the caller.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the converter becomes part of.
    source : FloatFormat
        Format of the operand.
    operand : Element
        The operand: sign, significand, exponent field (at least 1), magnitude code.
    rounding : Rounding
        Format and mode of the result.
    random : Timed or None
        Random bits of stochastic rounding.

    Returns
    -------
    Rounded
    """
    target = rounding.format
    if _widens(source, target) and rounding.gradual:
        return _widened(pipeline, source, target, operand, rounding.flags)
    if _shares_exponents(source, target) and _is_plain(rounding):
        return Rounded(_shortened(pipeline, source, operand, rounding))
    return _rounded(pipeline, source, operand, rounding, random)


def _widens(source, target):
    """Return whether every number of ``source`` is one of ``target``, subnormal ones simply so."""
    deeper = source.min_normal_exponent - target.min_normal_exponent
    return (
        target.significand_bits >= source.significand_bits
        and target.max_value >= source.max_value
        and (deeper == 0 or deeper >= source.significand_bits)
    )


def _widened(pipeline, source, target, operand, flags):
    """Return the code of the same number; only a bias or subnormal numbers take logic."""
    fraction_bits, offset = source.significand_bits, target.bias - source.bias
    missing = target.significand_bits - fraction_bits
    fraction = pipeline.slice(operand.significand, 0, fraction_bits)
    field = pipeline.slice(operand.magnitude, fraction_bits, len(operand.magnitude))
    highest = (1 << target.exponent_bits) - 1
    if offset:
        top = (1 << len(field)) - 1

        def moved(value):
            special = value == top and source.specials == "ieee" and target.specials == "ieee"
            return highest if special else value + offset if value else 0

        normal = pipeline.logic(
            lambda bits: lookup(list(bits), moved, target.exponent_bits),
            field,
            levels=1 if len(field) <= 4 else 2,
            shape=unsigned(target.exponent_bits),
            name="moved_exponent",
        )
        exponent, fraction = _with_subnormals(
            pipeline, source, target, operand, normal, fraction, offset
        )
    else:
        exponent = pipeline.free(
            lambda bits: Cat(bits, Const(0, target.exponent_bits))[: target.exponent_bits], field
        )
    sign = operand.sign or pipeline.constant(Const(0, 1))
    if target.specials == "fnuz":
        sign = pipeline.reduced(
            lambda s, bits: s & bits.any(), sign, operand.magnitude, name="sign"
        )
    code = pipeline.free(
        lambda bits, power, s: Cat(Const(0, missing), bits, power, s), fraction, exponent, sign
    )
    if not flags:
        return Rounded(code)
    never = pipeline.constant(Const(0, 1))
    return Rounded(code, never, never, never)


def _with_subnormals(pipeline, source, target, operand, normal, fraction, offset):
    """Return exponent and fraction where subnormal operands become normal results."""
    bits = source.significand_bits
    if not bits or not source.subnormals:
        return normal, fraction
    zeros, some = leading_zeros(pipeline, fraction, 0, "subnormal")
    shifted, _ = shifted_window(pipeline, fraction, 0, zeros, bits - 1, bits, "subnormal")

    def weight(count):
        return max(0, offset - count)

    power = pipeline.logic(
        lambda count, one: (
            lookup(list(count), weight, target.exponent_bits) & one.replicate(target.exponent_bits)
        ),
        zeros,
        some,
        levels=2,
        shape=unsigned(target.exponent_bits),
        name="subnormal_exponent",
    )
    hidden = pipeline.slice(operand.significand, bits, bits + 1)
    exponent = pipeline.logic(
        lambda one, x, y: Mux(one, x, y), hidden, normal, power, name="exponent"
    )
    fraction = pipeline.logic(
        lambda one, x, y: Mux(one, x, Cat(Const(0, 1), y)[:bits]),
        *(hidden, fraction, shifted),
        shape=unsigned(bits),
        name="fraction",
    )
    return exponent, fraction


def _shares_exponents(source, target):
    """Return whether the target's code is the upper part of the source's code, rounded."""
    return (
        source.specials == target.specials == "ieee"
        and source.exponent_bits == target.exponent_bits
        and source.bias == target.bias
        and source.significand_bits > target.significand_bits
        and source.subnormals
    )


def _is_plain(rounding):
    """Return whether a carry into the infinity is what overflow means."""
    return (
        rounding.overflow == "infinity"
        and rounding.gradual
        and not rounding.flags
        and rounding.mode != "stochastic"
    )


def _shortened(pipeline, source, operand, rounding):
    """Round a code as the integer that it is."""
    cut = source.significand_bits - rounding.format.significand_bits
    sign = operand.sign or pipeline.constant(Const(0, 1))

    def increment(bits, negative):
        last, guard, rest = bits[cut], bits[cut - 1], bits[: cut - 1].any()
        return {
            "nearest-even": guard & (rest | last),
            "nearest-away": guard,
            "toward-zero": Const(0, 1),
            "up": ~negative & (guard | rest),
            "down": negative & (guard | rest),
        }[rounding.mode]

    whole = pipeline.slice(operand.magnitude, cut, len(operand.magnitude))
    if rounding.mode != "toward-zero":
        carry = pipeline.bit(
            increment,
            operand.magnitude,
            sign,
            levels=pipeline.fabric.gate_levels(cut + 2),
            name="increment",
        )
        zero = Term(pipeline.constant(Const(0, 1)))
        whole = add(pipeline, Term(whole), zero, unsigned(len(whole)), carry, name="rounded")
    return pipeline.free(lambda bits, s: Cat(bits, s), whole, sign)


def _rounded(pipeline, source, operand, rounding, random):
    """Round by the general rounder."""
    target, significand = rounding.format, operand.significand
    spare = rounding.random_bits + 1 if rounding.mode == "stochastic" else 2
    tiny = source.min_normal_exponent <= target.lsb_exponent - spare
    normalised = not (source.significand_bits and source.subnormals) or tiny
    if source.subnormals and source.significand_bits and tiny:
        # far below the smallest result one number is as good as another, if it is not 0
        bits = source.significand_bits
        hidden = pipeline.reduced(lambda value: value.any(), significand, name="nonzero")
        significand = pipeline.free(lambda value, one: Cat(value[:bits], one), significand, hidden)
    highest = source.max_code >> source.significand_bits
    return round_significand(
        pipeline,
        operand.sign or pipeline.constant(Const(0, 1)),
        significand,
        operand.exponent,
        1 - source.lsb_exponent,
        (1, max(1, highest)),
        rounding,
        random=random,
        normalised=normalised,
    )
