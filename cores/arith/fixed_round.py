"""Rounding and overflow of fixed point: an exact integer becomes a code of fewer bits."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["FixedRounding", "Rounded", "resized", "round_to_fixed", "rounded_bounds"]


@dataclass(frozen=True)
class FixedRounding:
    """How an exact value becomes a code.

    Parameters
    ----------
    format : IntFormat or FixedFormat
        Format of the result.
    mode : str
        ``nearest-even``, ``nearest-away``, ``toward-zero``, ``up``, ``down`` or ``stochastic``.
    overflow : str
        ``saturate``: the nearest number of the format; ``wrap``: the low bits.
    flag : bool
        Whether to tell that a rounded value was beyond the format.
    random_bits : int
        Random bits of a stochastic rounding.
    """

    format: object
    mode: str
    overflow: str
    flag: bool = False
    random_bits: int = 16


@dataclass(frozen=True)
class Rounded:
    """A code, and the bit that tells about overflow (``None`` unless asked for)."""

    code: Timed
    overflow: Timed | None = None


def rounded_bounds(bounds, dropped, mode):
    """Return the least and greatest integer that bounds become without their ``dropped`` bits."""
    if dropped <= 0:
        return tuple(bound << -dropped for bound in bounds)
    low, high = bounds
    ceiling = -(-high >> dropped)
    floor = low >> dropped
    if mode == "down":
        return floor, high >> dropped
    if mode == "up":
        return -(-low >> dropped), ceiling
    if mode == "toward-zero":
        return (floor if low >= 0 else -(-low >> dropped)), (high >> dropped if high >= 0 else 0)
    return floor, ceiling


def round_to_fixed(pipeline, value, bounds, exponent, rounding, random=None):
    """Round ``value * 2**exponent`` once, then bring it into the range of the format.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the rounder becomes part of.
    value : Timed
        Integer, signed or unsigned as its shape says.
    bounds : (int, int)
        Least and greatest value of ``value``.
    exponent : int
        Exponent of 2 that the lowest bit of ``value`` is worth.
    rounding : FixedRounding
        Format, mode and overflow of the result.
    random : Timed or None
        ``rounding.random_bits`` random bits for the mode ``stochastic``. With F the leading bits
        of the discarded fraction of the magnitude, as many as there are random bits, the magnitude
        is rounded up where F + random carries.

    Returns
    -------
    Rounded
    """
    dropped = rounding.format.lsb_exponent - exponent
    bounds_after = rounded_bounds(bounds, dropped, rounding.mode)
    shape = shape_of_range(*bounds_after)
    if dropped <= 0:
        whole = pipeline.free(
            lambda bits: resized(Cat(Const(0, -dropped), bits), bits, shape), value
        )
    elif rounding.mode == "down":
        whole = pipeline.free(lambda bits: resized(bits[dropped:], bits, shape), value)
    elif rounding.mode == "stochastic":
        whole = _randomly(pipeline, value, dropped, shape, random, rounding.random_bits)
    else:
        whole = _by_rule(pipeline, value, dropped, shape, rounding.mode)
    return _limited(pipeline, whole, bounds_after, rounding)


def resized(part, bits, shape):
    """Return ``part``, upper bits of ``bits``, in ``shape``: with the sign of ``bits``, or cut."""
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    result = Cat(part, top.replicate(max(0, shape.width - len(part))))[: shape.width]
    return result.as_signed() if shape.signed else result


def _extended(value, width):
    """Return a function input of at least ``width`` bits: the bits that rounding looks at."""
    top = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value, top.replicate(max(0, width - len(value))))


def _by_rule(pipeline, value, dropped, shape, mode):
    """Return the kept bits plus the increment that a deterministic mode asks for."""

    def rule(bits):
        negative = bits[-1] if bits.shape().signed else Const(0, 1)
        every = _extended(bits, dropped + 1)
        last, half, rest = every[dropped], every[dropped - 1], every[: dropped - 1].any()
        return {
            "nearest-even": half & (rest | last),
            "nearest-away": half & (rest | ~negative),
            "toward-zero": negative & (half | rest),
            "up": half | rest,
        }[mode]

    increment = pipeline.logic(
        rule, value, levels=1 + (dropped > 3) + (dropped > 15), shape=unsigned(1), name="increment"
    )
    kept = pipeline.free(lambda bits: _kept(bits, dropped), value)
    zero = Term(pipeline.constant(Const(0, 1)))
    return add(pipeline, Term(kept), zero, shape, increment, name="rounded")


def _kept(bits, dropped):
    every = _extended(bits, dropped + 1)[dropped:]
    return every.as_signed() if bits.shape().signed else every


def _randomly(pipeline, value, dropped, shape, random, random_bits):
    """Add random bits below the kept ones, inverted for a negative value, and keep the carry.

    In two's complement the fraction f of a negative value is one minus that of its magnitude: the
    magnitude stays where F + random does not carry, which is where f + ~random does. What lies
    below the random bits rounds f up.
    """
    used = min(dropped, random_bits)
    below = dropped - used
    is_signed = value.signal.shape().signed
    wide = shape_of_range(
        *((-1 << shape.width + used - 1, 0) if shape.signed else (0, (1 << shape.width + used) - 1))
    )
    upper = pipeline.free(lambda bits: _kept(bits, below), value)
    noise = pipeline.slice(random, random_bits - used, random_bits)
    invert, carry = None, 0
    if is_signed:
        # a bit for every random one, and a zero: the kept bits are not inverted
        invert = pipeline.free(lambda bits: Cat(bits[-1].replicate(used), Const(0, 1)), value)
    if is_signed and below:
        carry = pipeline.bit(
            lambda bits: bits[-1] & _extended(bits, below)[:below].any(),
            value,
            levels=pipeline.fabric.gate_levels(below + 1),
            name="below_random",
        )
    total = add(pipeline, Term(upper), Term(noise, None, invert), wide, carry, name="rounded")
    return pipeline.free(lambda bits: resized(bits[used:], bits, shape), total)


def _limited(pipeline, whole, bounds, rounding):
    """Return the code of ``whole``, which is between ``bounds``."""
    target = rounding.format
    lowest, highest = (-(1 << target.width - 1) if target.signed else 0), target.max_code
    above, below = bounds[1] > highest, bounds[0] < lowest
    code = pipeline.free(lambda bits: resized(bits, bits, unsigned(target.width)), whole)
    saturate = rounding.overflow == "saturate"
    zero = pipeline.constant(Const(0, 1))
    if (not above and not below) or not (saturate or rounding.flag):
        return Rounded(code, zero if rounding.flag else None)
    magnitude_bits = target.width - target.signed

    def beyond(bits):
        """Return whether the bits above the code's magnitude differ from the sign."""
        negative = bits[-1] if bits.shape().signed else Const(0, 1)
        end = len(bits) - bits.shape().signed
        upper = bits[min(magnitude_bits, end) : end]
        too_high = ~negative & upper.any()
        too_low = negative & (~upper.all() if target.signed else Const(1, 1))
        return Cat(too_high, too_low)

    levels = 1 + (len(whole) - magnitude_bits > 3)
    outside = pipeline.logic(beyond, whole, levels=levels, shape=unsigned(2), name="outside")
    flag = None
    if rounding.flag:
        flag = pipeline.logic(
            lambda bits: bits.any(), outside, shape=unsigned(1), name="overflow_flag"
        )
    if not saturate:
        return Rounded(code, flag)
    code = pipeline.logic(
        lambda bits, limits: Mux(
            limits[1], Const(target.min_code, target.width), _at_most(bits, limits[0], target)
        ),
        code,
        outside,
        shape=unsigned(target.width),
        name="saturated",
    )
    return Rounded(code, flag)


def _at_most(bits, too_high, target):
    return Mux(too_high, Const(target.max_code, target.width), bits)
