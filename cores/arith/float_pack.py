"""The last step of a rounding: overflow, underflow, the code and the exception flags."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed

__all__ = ["Discarded", "Special", "increment", "pack"]

# whether a number that is too large becomes the largest one, by its sign
_DIRECTED = {
    "toward-zero": lambda negative: Const(1, 1),
    "up": lambda negative: negative,
    "down": lambda negative: ~negative,
}


@dataclass(frozen=True)
class Discarded:
    """What a rounding cuts off.

    Parameters
    ----------
    bits : Timed
        Bits below the last one of the result.
    sticky : Timed
        Whether any bit below those is 1.
    random : Timed or None
        Random bits of a stochastic rounding.
    """

    bits: Timed
    sticky: Timed
    random: Timed | None


@dataclass(frozen=True)
class Special:
    """Results that do not depend on the number that was rounded; no flags come with them.

    Parameters
    ----------
    nan : Timed or None
        The result is the canonical NaN.
    infinite : Timed or None
        The result is infinite, with the sign of the number; the largest finite number where
        overflow saturates.
    """

    nan: Timed | None = None
    infinite: Timed | None = None

    def present(self):
        """Return the conditions that can occur."""
        return [each for each in (self.nan, self.infinite) if each is not None]


def increment(mode):
    """Return the function of (last kept bit, guard, sticky, sign) that rounds up."""
    return {
        "nearest-even": lambda last, guard, sticky, sign: guard & (sticky | last),
        "nearest-away": lambda last, guard, sticky, sign: guard,
        "toward-zero": lambda last, guard, sticky, sign: Const(0, 1),
        "up": lambda last, guard, sticky, sign: ~sign & (guard | sticky),
        "down": lambda last, guard, sticky, sign: sign & (guard | sticky),
    }[mode]


def pack(pipeline, code, discarded, present, sign, rounding, special):
    """Return (code of the result, overflow, underflow, inexact).

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the logic becomes part of.
    code : Timed
        Exponent field and fraction after rounding, as if neither had a limit; with flushed
        subnormals an exponent below 1 stands for what becomes zero.
    discarded : Discarded
        What was cut off.
    present : Timed
        Whether the value was a normal number before rounding; with flushed subnormals, whether it
        was not zero.
    sign : Timed
        Sign of the result.
    rounding : Rounding
        Format, mode and overflow of the result; whether there are flags.
    special : Special
        Results that are NaN or infinite whatever was rounded.
    """
    levels = pipeline.fabric.gate_levels(len(code) - rounding.format.significand_bits)
    large = pipeline.bit(
        lambda bits: _beyond(bits, rounding.format), code, levels=levels, name="too_large"
    )
    flushed = None
    if not rounding.gradual:
        fraction_bits = rounding.format.significand_bits

        def below_normal(bits):
            negative = bits[-1] if bits.shape().signed else Const(0, 1)
            return negative | ~bits[fraction_bits:].any()

        flushed = pipeline.bit(below_normal, code, levels=levels, name="too_small")
    result = _result(pipeline, code, large, flushed, sign, rounding, special)
    if not rounding.flags:
        return result, None, None, None
    flags = _flags(pipeline, code, discarded, present, sign, rounding, large, flushed)
    return result, *(_unless_special(pipeline, each, special) for each in flags)


def _unless_special(pipeline, flag, special):
    if not special.present():
        return flag
    return pipeline.bit(
        lambda bit, *others: bit & ~Cat(*others).any(),
        flag,
        *special.present(),
        name="flag",
    )


def _flags(pipeline, code, discarded, present, sign, rounding, large, flushed):
    """Return overflow, underflow and inexact of a finite result."""
    lost = pipeline.reduced(
        lambda bits, rest: bits.any() | rest,
        discarded.bits,
        discarded.sticky,
        name="cut_off",
    )
    if flushed is None:
        inexact = pipeline.bit(lambda x, y: x | y, lost, large, name="inexact")
        underflow = _underflow(pipeline, code, discarded, present, lost, sign, rounding)
        return large, underflow, inexact
    underflow = pipeline.bit(lambda small, some: small & some, flushed, present, name="underflow")
    inexact = pipeline.bit(lambda x, y, z: x | y | z, lost, large, underflow, name="inexact")
    return large, underflow, inexact


def _beyond(bits, target):
    """Return whether a code without limits is beyond the largest finite number."""
    width = target.exponent_bits + target.significand_bits
    field = bits[target.significand_bits : width]
    above = bits[width:].any() if len(bits) > width else Const(0, 1)
    if target.specials == "ieee":
        large = above | (field.all() if len(bits) >= width else Const(0, 1))
    elif target.specials == "fn":
        large = above | (bits[:width].all() if len(bits) >= width else Const(0, 1))
    else:
        large = above
    return large & ~bits[-1] if bits.shape().signed else large


def _result(pipeline, code, large, flushed, sign, rounding, special):
    target = rounding.format
    width = target.width - 1
    sign_bit = 1 << width
    conditions = {"zero": flushed, "nan": special.nan, "infinite": special.infinite}
    names = [name for name, each in conditions.items() if each is not None]
    # the NaN of fnuz formats, the code of -0, is the only one without a magnitude
    overflow_is_nan = target.specials == "fnuz" and rounding.overflow_code == target.nan_code

    def packed(bits, beyond, negative, *given):
        given = dict(zip(names, given, strict=True))
        none = Const(0, 1)
        zero, nan, infinite = (given.get(name, none) for name in ("zero", "nan", "infinite"))
        top = Const(rounding.overflow_code & (sign_bit - 1), width)
        limit, is_limit = top, Const(1, 1)
        if rounding.mode in _DIRECTED:
            is_limit = infinite | ~_DIRECTED[rounding.mode](negative)
            if rounding.overflow == "infinity":
                limit = Mux(is_limit, top, Const(target.max_code, width))
        finite = Cat(bits, Const(0, max(0, width - len(bits))))[:width]
        finite = finite & ~zero.replicate(width)
        out = beyond | infinite
        magnitude = Mux(out, limit, finite)[:width]
        if target.specials == "fnuz":
            negative = negative & magnitude.any()
            if overflow_is_nan:
                negative = negative | (out & is_limit)
        if special.nan is None:
            return Cat(magnitude, negative)
        canonical = Const(target.nan_code, target.width)
        return Mux(nan, canonical, Cat(magnitude, negative))

    inputs = [conditions[name] for name in names]
    # with constants for all that is too large a bit and its conditions fill one table
    constants = rounding.mode not in _DIRECTED and target.specials != "fnuz"
    levels = 1 if constants and 2 + len(inputs) <= pipeline.fabric.lut_inputs else 2
    if constants:
        # synthesis makes resets of them, where a register takes the code
        for each in (large, *inputs):
            each.wire = max(each.wire, pipeline.fabric.reset_delay)
    return pipeline.logic(
        packed, code, large, sign, *inputs, levels=levels, shape=unsigned(target.width), name="code"
    )


def _underflow(pipeline, code, discarded, normal, lost, sign, rounding):
    """Tiny and inexact, where tiny is what stays below the normal numbers with one bit more."""
    fraction_bits = rounding.format.significand_bits
    bits = discarded.bits
    if rounding.mode == "stochastic":
        count = rounding.random_bits
        carry = add(
            pipeline,
            Term(pipeline.slice(bits, 0, count)),
            Term(discarded.random),
            unsigned(count + 1),
            name="one_bit_more",
            divisible=True,
        )
        rounds_up = pipeline.slice(carry, count, count + 1)
    else:
        rounds_up = pipeline.bit(
            lambda below, rest, negative: increment(rounding.mode)(
                Const(1, 1), below[-2], below[:-2].any() | rest, negative
            ),
            bits,
            discarded.sticky,
            sign,
            name="one_bit_more",
        )

    def underflow(total, below, up, above, some):
        became_normal = total[fraction_bits] & below[-1] & up
        return ~above & ~became_normal & some

    return pipeline.bit(underflow, code, bits, rounds_up, normal, lost, levels=2, name="underflow")
