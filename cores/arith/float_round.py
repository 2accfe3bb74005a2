"""One rounding: an exact integer times a power of two becomes a code of a float format."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add

__all__ = ["Rounding", "round_to_float"]


@dataclass(frozen=True)
class Rounding:
    """How an exact value becomes a code.

    Parameters
    ----------
    format : FloatFormat
        Format of the result.
    mode : str
        ``nearest-even``, ``nearest-away``, ``toward-zero``, ``up`` or ``down``.
    overflow : str
        ``infinity``: as IEEE 754 section 7.4; ``saturate``: the largest finite number.
    """

    format: object
    mode: str
    overflow: str

    @property
    def overflow_code(self):
        """Magnitude code of a value that rounds away from zero beyond the largest number."""
        if self.overflow == "saturate":
            return self.format.max_code
        code = self.format.infinity_code
        return self.format.nan_code if code is None else code


def _flag(pipeline, function, *inputs, levels=1, name):
    return pipeline.logic(function, *inputs, levels=levels, shape=unsigned(1), name=name)


def _normalized(pipeline, magnitude):
    """Return (magnitude shifted left until its top bit is 1, number of bits shifted)."""
    width = len(magnitude)
    value, counts = magnitude, []
    for stage in reversed(range((width - 1).bit_length())):
        distance = 1 << stage
        empty = _flag(
            pipeline,
            lambda bits, distance=distance: ~bits[-distance:].any(),
            value,
            levels=2 if distance > 4 else 1,
            name=f"empty_{distance}",
        )
        value = pipeline.logic(
            lambda bits, select, distance=distance: Mux(select, bits << distance, bits)[:width],
            value,
            empty,
            shape=unsigned(width),
            name=f"normalized_{distance}",
        )
        counts.append(empty)
    count = pipeline.free(lambda *bits: Cat(*reversed(bits)), *counts) if counts else None
    return value, count


def _shifted_for_subnormal(pipeline, kept, field, width):
    """Shift ``kept`` right by ``-field`` where negative, or-ing what falls out into bit 0."""
    distance = pipeline.operate(
        lambda bits: Mux(bits[-1], -bits, 0)[: len(bits)],
        field,
        delay=pipeline.fabric.carry_chain_delay(len(field)) + pipeline.fabric.lut_delay,
        shape=unsigned(len(field)),
        name="below_normal",
    )
    value = kept
    stages = width.bit_length()
    for stage in range(stages):
        step = 1 << stage

        def shifted(bits, amount, step=step, stage=stage):
            lost = bits[: step + 1].any()
            return Mux(amount[stage], Cat(lost, bits[step + 1 :], Const(0, step)), bits)

        value = pipeline.logic(
            shifted, value, distance, levels=2, shape=unsigned(width), name=f"denormal_{step}"
        )
    if len(distance) > stages:

        def all_lost(bits, amount):
            return Mux(amount[stages:].any(), Cat(bits.any(), Const(0, width - 1)), bits)

        value = pipeline.logic(
            all_lost,
            value,
            distance,
            levels=3,
            shape=unsigned(width),
            name="denormal",
        )
    return value


def round_to_float(pipeline, significand, exponent, exponent_bias, exponent_range, rounding):
    """Round ``significand * 2**(exponent - exponent_bias)`` once.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the rounder becomes part of.
    significand : Timed
        Signed integer.
    exponent : Timed
        Unsigned integer.
    exponent_bias : int
        Subtracted from ``exponent``.
    exponent_range : (int, int)
        Lowest and highest value of ``exponent``.
    rounding : Rounding
        Format, mode and overflow of the result.

    Returns
    -------
    Timed
        Code of the result. Zero is +0; a nonzero value that rounds to zero keeps its sign.
    """
    target = rounding.format
    width = len(significand)
    sign = pipeline.free(lambda bits: bits[-1], significand)
    zero = Term(pipeline.constant(Const(0, 1)))
    magnitude = add(
        pipeline, zero, Term(significand, None, sign), unsigned(width), sign, name="magnitude"
    )
    value, count = _normalized(pipeline, magnitude)
    # biased exponent field minus 1 of the leading bit, as if exponents were unbounded
    offset = width - 1 - exponent_bias - target.min_normal_exponent
    low, high = exponent_range[0] + offset - (width - 1), exponent_range[1] + offset
    field = _leading_field(pipeline, exponent, count, offset, low, high)
    kept_width = target.significand_bits + 3
    kept = _kept(pipeline, value, width, kept_width)
    if low < 0:
        kept = _shifted_for_subnormal(pipeline, kept, field, kept_width)
    return _assembled(pipeline, kept, field, sign, high, rounding)


def _leading_field(pipeline, exponent, count, offset, low, high):
    shape = signed(max(low.bit_length(), high.bit_length()) + 1)
    shifted = add(
        pipeline,
        Term(exponent),
        Term(pipeline.constant(Const(offset, shape))),
        shape,
        name="exponent_offset",
    )
    if count is None:
        return shifted
    ones = pipeline.constant(Const(1, 1))
    # exponent - count: complement of the zero-extended count, plus one
    wide = pipeline.free(lambda bits: Cat(bits, Const(0, 1)).as_signed(), count)
    return add(pipeline, Term(shifted), Term(wide, None, ones), shape, 1, name="leading_exponent")


def _kept(pipeline, value, width, kept_width):
    """Return the leading bits, with a last bit that tells whether anything else is set."""
    if width < kept_width:
        return pipeline.free(lambda bits: Cat(Const(0, kept_width - width), bits), value)
    if width == kept_width:
        return value
    sticky = _flag(
        pipeline,
        lambda bits: bits[: width - kept_width + 1].any(),
        value,
        levels=2 + (width > 64),
        name="sticky",
    )
    return pipeline.free(lambda bits, low: Cat(low, bits[-kept_width + 1 :]), value, sticky)


def _increment(mode):
    """Return the function of (last kept bit, guard, sticky, sign) that rounds up."""
    return {
        "nearest-even": lambda last, guard, sticky, sign: guard & (sticky | last),
        "nearest-away": lambda last, guard, sticky, sign: guard,
        "toward-zero": lambda last, guard, sticky, sign: Const(0, 1),
        "up": lambda last, guard, sticky, sign: ~sign & (guard | sticky),
        "down": lambda last, guard, sticky, sign: sign & (guard | sticky),
    }[mode]


def _assembled(pipeline, kept, field, sign, high, rounding):
    """Round and pack: a carry out of the fraction moves on into the exponent by itself."""
    target = rounding.format
    fraction_bits = target.significand_bits
    nonzero = _flag(pipeline, lambda bits: bits.any(), kept, levels=3, name="nonzero")
    increment = _flag(
        pipeline,
        lambda bits, negative: _increment(rounding.mode)(bits[2], bits[1], bits[0], negative),
        kept,
        sign,
        name="increment",
    )
    exponent_width = max(len(field), target.exponent_bits + 2)
    code_shape = unsigned(exponent_width + fraction_bits)
    exponent = pipeline.logic(
        lambda bits: Mux(bits[-1], 0, bits)[: len(bits)],
        field,
        shape=unsigned(len(field)),
        name="exponent_field",
    )
    placed = pipeline.free(lambda bits: Cat(Const(0, fraction_bits), bits), exponent)
    whole = pipeline.slice(kept, 2, fraction_bits + 3)
    code = add(pipeline, Term(whole), Term(placed), code_shape, increment, name="rounded")
    overflow = pipeline.operate(
        lambda bits, some: (bits > target.max_code) & some,
        code,
        nonzero,
        delay=pipeline.fabric.carry_chain_delay(len(code)),
        shape=unsigned(1),
        name="too_large",
    )

    def packed(bits, some, large, negative):
        limit = Const(rounding.overflow_code, target.width - 1)
        toward_zero = {
            "toward-zero": Const(1, 1),
            "up": negative,
            "down": ~negative,
        }.get(rounding.mode)
        if toward_zero is not None:
            limit = Mux(toward_zero, Const(target.max_code, target.width - 1), limit)
        finite = bits[: target.width - 1] & some.replicate(target.width - 1)
        magnitude = Mux(large, limit, finite)
        negative_result = negative & some
        if target.specials == "fnuz":
            # the only code with a sign but no magnitude is NaN: what overflow becomes
            negative_result = Mux(magnitude.any(), negative_result, large)
        return Cat(magnitude, negative_result)

    return pipeline.logic(
        packed, code, nonzero, overflow, sign, levels=2, shape=unsigned(target.width), name="code"
    )
