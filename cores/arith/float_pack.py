"""The last step of a rounding: overflow, underflow, the code and the exception flags."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.pipeline import Timed

__all__ = ["Discarded", "increment", "pack"]


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


def increment(mode):
    """Return the function of (last kept bit, guard, sticky, sign) that rounds up."""
    return {
        "nearest-even": lambda last, guard, sticky, sign: guard & (sticky | last),
        "nearest-away": lambda last, guard, sticky, sign: guard,
        "toward-zero": lambda last, guard, sticky, sign: Const(0, 1),
        "up": lambda last, guard, sticky, sign: ~sign & (guard | sticky),
        "down": lambda last, guard, sticky, sign: sign & (guard | sticky),
    }[mode]


def _flag(pipeline, function, *inputs, levels=1, name):
    return pipeline.logic(function, *inputs, levels=levels, shape=unsigned(1), name=name)


def pack(pipeline, code, discarded, normal, sign, rounding):
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
    normal : Timed
        Whether the value was a normal number before rounding (flushed: a number but zero).
    sign : Timed
        Sign of the result.
    rounding : Rounding
        Format, mode and overflow of the result; whether there are flags.
    """
    large = _flag(
        pipeline, lambda bits: _beyond(bits, rounding.format), code, levels=2, name="too_large"
    )
    flushed = None
    if not rounding.gradual:
        fraction_bits = rounding.format.significand_bits

        def below_normal(bits):
            negative = bits[-1] if bits.shape().signed else Const(0, 1)
            return negative | ~bits[fraction_bits:].any()

        flushed = _flag(pipeline, below_normal, code, levels=2, name="too_small")
    result = _result(pipeline, code, large, flushed, sign, rounding)
    if not rounding.flags:
        return result, None, None, None
    lost = _flag(
        pipeline,
        lambda bits, rest: bits.any() | rest,
        discarded.bits,
        discarded.sticky,
        levels=2,
        name="cut_off",
    )
    if flushed is None:
        inexact = _flag(pipeline, lambda x, y: x | y, lost, large, name="inexact")
        return (
            result,
            large,
            _underflow(pipeline, code, discarded, normal, lost, sign, rounding),
            inexact,
        )
    underflow = _flag(pipeline, lambda small, some: small & some, flushed, normal, name="underflow")
    inexact = _flag(pipeline, lambda x, y, z: x | y | z, lost, large, underflow, name="inexact")
    return result, large, underflow, inexact


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


def _result(pipeline, code, large, flushed, sign, rounding):
    target = rounding.format
    width = target.width - 1

    def packed(bits, beyond, negative, *zero):
        limit = Const(rounding.overflow_code, width)
        toward_zero = {
            "toward-zero": Const(1, 1),
            "up": negative,
            "down": ~negative,
        }.get(rounding.mode)
        if toward_zero is not None:
            limit = Mux(toward_zero, Const(target.max_code, width), limit)
        finite = Cat(bits, Const(0, max(0, width - len(bits))))[:width]
        if zero:
            finite = finite & ~zero[0].replicate(width)
        magnitude = Mux(beyond, limit, finite)
        if target.specials == "fnuz":
            # the only code with a sign but no magnitude is NaN: what overflow becomes
            nan = beyond & Const(rounding.overflow_code != target.max_code, 1)
            if toward_zero is not None:
                nan = nan & ~toward_zero
            magnitude = Mux(nan, 0, magnitude)[:width]
            negative = (negative & magnitude.any()) | nan
        return Cat(magnitude, negative)

    small = [] if flushed is None else [flushed]
    return pipeline.logic(
        packed, code, large, sign, *small, levels=2, shape=unsigned(target.width), name="code"
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
        )
        rounds_up = pipeline.slice(carry, count, count + 1)
    else:
        rounds_up = _flag(
            pipeline,
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

    return _flag(
        pipeline, underflow, code, bits, rounds_up, normal, lost, levels=2, name="underflow"
    )
