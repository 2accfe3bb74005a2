"""An element of an MX block as the operand of a multiplier: significand, exponent, sign, flags."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, signed, unsigned
from hwgen.cores.arith.timed import Timed

__all__ = ["Element", "ElementRange", "decode_element"]


@dataclass(frozen=True)
class ElementRange:
    """What a decoder of one element format can produce.

    Parameters
    ----------
    minimum, maximum : int
        Range of a number before its sign, in units of the format's lowest bit.
    exponent_low, exponent_high : int
        Range of the effective exponent field; both 0 where the format has no exponent.
    """

    minimum: int
    maximum: int
    exponent_low: int
    exponent_high: int

    @classmethod
    def of(cls, element, specials):
        """Return the range of format ``element`` under the policy ``specials``."""
        if not hasattr(element, "exponent_bits"):
            low = -(1 << element.width - 1) if element.signed else 0
            high = (1 << element.width - element.signed) - 1
            return cls(low, high, 0, 0)
        highest = (1 << element.exponent_bits) - 1
        if element.specials == "ieee" and specials == "ieee":
            highest -= 1
        highest = max(1, highest)
        largest = (1 << element.exponent_bits + element.significand_bits) - 1
        if specials == "ieee":
            largest = element.max_code
        hidden = 1 << element.significand_bits
        fraction, field = largest % hidden, largest // hidden
        significand = fraction + hidden * (field > 0)
        return cls(0, significand << max(field, 1) - 1, 1, highest)


@dataclass(frozen=True)
class Element:
    """A decoded element, worth ``(-1)**sign * significand * 2**(exponent - low)`` lsb units.

    Parameters
    ----------
    significand : Timed
        With the hidden bit; signed for integer elements.
    exponent : Timed or None
        Exponent field, at least 1; ``None`` where the format has none.
    sign : Timed or None
        Sign bit; ``None`` where the significand is signed.
    magnitude : Timed or None
        Code without its sign; ``None`` for integers.
    nan, infinite, zero : Timed or None
        Flags; ``None`` where the format or the policy has no such codes.
    """

    significand: Timed
    exponent: Timed | None
    sign: Timed | None
    magnitude: Timed | None = None
    nan: Timed | None = None
    infinite: Timed | None = None
    zero: Timed | None = None


def decode_element(pipeline, element, code, specials, name):
    """Decode ``code`` of format ``element``.

    The exponent field of a subnormal is 0 but weighs as much as 1: the hidden bit and the lowest
    exponent bit are all that has to be corrected.
    """
    if not hasattr(element, "exponent_bits"):
        shape = signed(element.width) if element.signed else unsigned(element.width)
        value = pipeline.free(lambda bits: bits.as_signed() if shape.signed else bits, code)
        return Element(value, None, None)
    fraction_bits, exponent_bits = element.significand_bits, element.exponent_bits
    top = fraction_bits + exponent_bits
    field = pipeline.slice(code, fraction_bits, top)
    levels = 1 if exponent_bits <= 4 else 2
    hidden = pipeline.logic(
        lambda bits: bits.any(), field, levels=levels, shape=unsigned(1), name=f"{name}_normal"
    )
    lowest = pipeline.logic(
        lambda bits: bits[0] | ~bits.any(),
        field,
        levels=levels,
        shape=unsigned(1),
        name=f"{name}_exponent_0",
    )
    fraction = pipeline.slice(code, 0, fraction_bits)
    if not element.subnormals and fraction_bits:
        fraction = pipeline.logic(
            lambda bits, one: bits & one.replicate(fraction_bits),
            fraction,
            hidden,
            shape=unsigned(fraction_bits),
            name=f"{name}_fraction",
        )
    significand = pipeline.free(lambda bits, one: Cat(bits, one), fraction, hidden)
    exponent = pipeline.free(lambda bits, low: Cat(low, bits[1:]), field, lowest)
    sign = pipeline.slice(code, top, top + 1) if element.signed else None
    magnitude = pipeline.slice(code, 0, top)
    flags = {}
    if specials == "ieee":
        flags = _flags(pipeline, element, magnitude, sign, hidden, name)
    return Element(significand, exponent, sign, magnitude, **flags)


def _flags(pipeline, element, magnitude, sign, hidden, name):
    fraction_bits = element.significand_bits

    def flag(function, *inputs, what):
        return pipeline.reduced(function, *inputs, name=f"{name}_{what}")

    if element.specials == "fnuz":
        return {"nan": flag(lambda bits, minus: minus & ~bits.any(), magnitude, sign, what="nan")}
    if element.specials == "fn":
        return {"nan": flag(lambda bits: bits.all(), magnitude, what="nan")}
    if element.specials != "ieee":
        return {}

    def fraction(bits):
        return bits[:fraction_bits].any() if fraction_bits else Const(0, 1)

    return {
        "nan": flag(
            lambda bits: bits[fraction_bits:].all() & fraction(bits), magnitude, what="nan"
        ),
        "infinite": flag(
            lambda bits: bits[fraction_bits:].all() & ~fraction(bits), magnitude, what="infinite"
        ),
        "zero": flag(
            # without subnormal numbers every code without the hidden bit is a zero
            lambda bits, one: ~one & ~fraction(bits) if element.subnormals else ~one,
            magnitude,
            hidden,
            what="zero",
        ),
    }
