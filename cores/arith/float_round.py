"""One rounding: an exact integer times a power of two becomes a code of a float format."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_normalise import any_bit, leading_zeros, shifted_window
from hwgen.cores.arith.float_pack import Discarded, Special, increment, pack
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["Rounded", "Rounding", "Special", "round_significand", "round_to_float"]


@dataclass(frozen=True)
class Rounding:
    """How an exact value becomes a code.

    Parameters
    ----------
    format : FloatFormat
        Format of the result; it has a sign and subnormal numbers.
    mode : str
        ``nearest-even``, ``nearest-away``, ``toward-zero``, ``up``, ``down`` or ``stochastic``.
    overflow : str
        ``infinity``: as IEEE 754 section 7.4; ``saturate``: the largest finite number.
    subnormals : str
        ``full``: gradual underflow; ``flush``: a result that, rounded as if the exponent had no
        limits, is below the smallest normal number becomes zero.
    flags : bool
        Whether the exception flags are made.
    random_bits : int
        Random bits of a stochastic rounding.
    """

    format: object
    mode: str
    overflow: str
    subnormals: str = "full"
    flags: bool = False
    random_bits: int = 16

    @property
    def overflow_code(self):
        """Magnitude code of a value that rounds away from zero beyond the largest number."""
        codes = (self.format.infinity_code, self.format.nan_code, self.format.max_code)
        if self.overflow == "saturate":
            return self.format.max_code
        return next(code for code in codes if code is not None)

    @property
    def kept_bits(self):
        """Bits of a normalised significand that decide the result, but for the sticky bit."""
        extra = self.random_bits if self.mode == "stochastic" else 1
        # whether a subnormal result was tiny needs its rounding to one bit more
        return self.format.significand_bits + 1 + extra + (self.flags and self.gradual)

    @property
    def gradual(self):
        """Whether there are subnormal results."""
        return self.subnormals == "full"


@dataclass(frozen=True)
class Rounded:
    """A rounded result.

    Parameters
    ----------
    code : Timed
        Code of the result.
    overflow, underflow, inexact : Timed or None
        Exception flags; ``None`` unless ``Rounding.flags``.
    """

    code: Timed
    overflow: Timed | None = None
    underflow: Timed | None = None
    inexact: Timed | None = None


def round_to_float(pipeline, significand, exponent, exponent_bias, exponent_range, rounding):
    """Round the signed integer ``significand`` times ``2**(exponent - exponent_bias)`` once.

    The parameters are those of `round_significand`, but for the sign.

    Returns
    -------
    Timed
        Code of the result. Zero is +0; a nonzero value that rounds to zero keeps its sign.
    """
    width = len(significand)
    sign = pipeline.free(lambda bits: bits[-1], significand)
    zero = Term(pipeline.constant(Const(0, 1)))
    magnitude = add(
        pipeline,
        zero,
        Term(significand, None, sign),
        unsigned(width),
        sign,
        name="magnitude",
        divisible=True,
    )
    return round_significand(
        pipeline, sign, magnitude, exponent, exponent_bias, exponent_range, rounding
    ).code


def round_significand(
    pipeline,
    sign,
    significand,
    exponent,
    exponent_bias,
    exponent_range,
    rounding,
    *,
    sticky=None,
    random=None,
    normalised=False,
    most_zeros=None,
    nonzero=None,
    zero_sign=None,
    special=None,
):
    """Round ``(-1)**sign * significand * 2**(exponent - exponent_bias)`` once.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the rounder becomes part of.
    sign : Timed
        One bit.
    significand : Timed
        Unsigned integer.
    exponent : Timed
        Integer, signed or unsigned as its shape says.
    exponent_bias : int
        Subtracted from ``exponent``.
    exponent_range : (int, int)
        Lowest and highest value of ``exponent``.
    rounding : Rounding
        Format, mode and overflow of the result.
    sticky : Timed or None
        1: the value is larger in magnitude by something between 0 and 1 unit of the significand.
        The significand then has ``rounding.kept_bits`` bits from its leading one on, or the unit
        is less than half of the smallest subnormal number (a quarter, with flags).
    random : Timed or None
        ``rounding.random_bits`` bits for stochastic rounding. With F the discarded fraction cut to
        as many bits, the magnitude is rounded up where F + random carries.
    normalised : bool
        The caller knows that the top bit of the significand is 1 unless the value is zero.
    most_zeros : int or None
        The caller knows that a significand with more leading zeros has a subnormal result, or is
        0. By default any number of zeros is counted.
    nonzero : Timed or None
        Whether the value is not zero; by default found from the significand and ``sticky``.
    zero_sign : Timed or None
        Sign of the result where the value is 0; ``sign`` by default.
    special : Special or None
        Results that are NaN or infinite whatever the value.

    Returns
    -------
    Rounded
        A zero keeps the sign that it came with, where the format has -0.
    """
    target, width = rounding.format, len(significand)
    # room: how far the significand can move left until its top bit is that of a normal number
    # with exponent field 1
    offset = width - 1 - exponent_bias - target.min_normal_exponent
    low, high = (each + offset for each in exponent_range)
    if most_zeros is None or normalised:
        most_zeros = 0 if normalised else width - 1
    kept_bits = rounding.kept_bits
    gradual = rounding.gradual and low < most_zeros
    pad = _pad(offset, low, kept_bits) if gradual else 0
    base = _plus_constant(pipeline, exponent, offset + pad, (low + pad, high + pad), "room")
    zeros, some = _zeros(pipeline, significand, pad, most_zeros)
    # a count of zeros that finds no one is all ones
    lowest = min(low - most_zeros, low + pad + 1 - (1 << len(zeros)))
    field = _minus(pipeline, base, zeros, (lowest, high), "leading_exponent")
    amount, most = (None, 0) if normalised else (zeros, most_zeros)
    if gradual:
        amount, most = _limited(pipeline, base, zeros, field, pad + most_zeros)
    kept, lost = shifted_window(pipeline, significand, pad, amount, most, kept_bits, "normalised")
    if sticky is not None:
        lost = pipeline.bit(lambda x, y: x | y, lost, sticky, name="sticky")
    if nonzero is None:
        present = [some] if sticky is None else [some, sticky]
        nonzero = any_bit(pipeline, pipeline.concatenate(present), "nonzero")
    if low + pad < 0 and gradual:
        kept, lost = _all_lost(pipeline, kept, lost, base, nonzero)
    if zero_sign is not None:
        sign = pipeline.bit(
            lambda one, usual, zero: Mux(one, usual, zero),
            nonzero,
            sign,
            zero_sign,
            name="result_sign",
        )
    finish = _Finish(sign, random, nonzero, special or Special())
    bounds = lowest if low < most_zeros else 0, high
    return _assembled(pipeline, kept, lost, field, some, finish, rounding, bounds)


def _pad(offset, low, kept_bits):
    """Return how many zeros to put above the significand, so that it is shifted left only.

    With more than enough of them the exponent may need no adder, or a short one.
    """
    least = min(max(0, -low), kept_bits)
    if least == 0:
        return 0
    candidates = range(least, least + max(8, least // 2))

    def cost(pad):
        constant = offset + pad
        return (16 - min(16, (constant & -constant).bit_length()) if constant else 0, pad)

    return min(candidates, key=cost)


def _plus_constant(pipeline, value, constant, bounds, name):
    """Return ``value + constant``; the low bits that the constant leaves alone cost nothing."""
    shape = shape_of_range(*bounds)
    if isinstance(value.signal, Const):
        return pipeline.constant(Const(value.signal.value + constant, shape))
    if constant == 0:
        return pipeline.free(lambda bits: _resized(bits, shape), value)
    low = (constant & -constant).bit_length() - 1
    low = min(low, len(value) - 1, shape.width - 1)

    def upper(bits):
        return bits.as_signed()[low:].as_signed() if bits.shape().signed else bits[low:]

    upper_shape = (signed if shape.signed else unsigned)(shape.width - low)
    total = add(
        pipeline,
        Term(pipeline.free(upper, value)),
        Term(pipeline.constant(Const(constant >> low, signed(shape.width - low + 1)))),
        upper_shape,
        name=name,
        divisible=True,
    )
    if not low:
        return total
    return pipeline.free(lambda bits, top: _resized(Cat(bits[:low], top), shape), value, total)


def _resized(bits, shape):
    """Return ``bits`` cut or extended to ``shape``, by wiring only."""
    extension = max(0, shape.width - len(bits))
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    wide = Cat(bits, top.replicate(extension))[: shape.width]
    return wide.as_signed() if shape.signed else wide


def _zeros(pipeline, significand, pad, most):
    """Return the leading zeros, ``pad`` included, and whether a one follows at most ``most``."""
    top = pipeline.slice(significand, len(significand) - 1 - most, len(significand))
    if most:
        return leading_zeros(pipeline, top, pad, "leading_zeros")
    return pipeline.constant(Const(pad, max(1, pad.bit_length()))), top


def _minus(pipeline, base, zeros, bounds, name):
    """Return ``base - zeros``."""
    shape = shape_of_range(*bounds)
    if isinstance(zeros.signal, Const) and zeros.signal.value == 0:
        return pipeline.free(lambda bits: _resized(bits, shape), base)
    one = pipeline.constant(Const(1, 1))
    # complement of the zero-extended count, plus one
    wide = pipeline.signed(zeros)
    return add(pipeline, Term(base), Term(wide, None, one), shape, 1, name, divisible=True)


def _limited(pipeline, base, zeros, field, most):
    """Return the distance to shift left, at most ``base``, and its largest value."""
    bits = max(1, most.bit_length())

    def choose(room, count, exponent):
        return Mux(exponent[-1], room[:bits], count[:bits])

    amount = pipeline.logic(
        choose, base, zeros, field, shape=unsigned(bits), name="normalising_shift"
    )
    return amount, most


def _all_lost(pipeline, kept, lost, base, some):
    """Move everything into the sticky bit where the value is below all bits that are kept."""
    bits = pipeline.logic(
        lambda value, room: value & ~room[-1].replicate(len(value)),
        kept,
        base,
        shape=unsigned(len(kept)),
        name="not_too_small",
    )
    sticky = pipeline.bit(
        lambda below, room, nonzero: below | (room[-1] & nonzero),
        lost,
        base,
        some,
        name="too_small",
    )
    return bits, sticky


@dataclass(frozen=True)
class _Finish:
    """What the rounding needs beside the number; the fields are those of `round_significand`."""

    sign: Timed
    random: Timed | None
    nonzero: Timed
    special: Special


def _assembled(pipeline, kept, lost, field, some, finish, rounding, bounds):
    """Round and pack: a carry out of the fraction moves on into the exponent by itself."""
    fraction_bits = rounding.format.significand_bits
    cut = len(kept) - fraction_bits - 1
    sign, random = finish.sign, finish.random
    discarded = Discarded(pipeline.slice(kept, 0, cut), lost, random)
    low, high = bounds
    normal = some
    if rounding.gradual and low < 0:
        normal = pipeline.bit(lambda bits, one: ~bits[-1] & one, field, some, name="is_normal")
        field, low = pipeline.free(lambda bits: bits[:-1], field), 0
    # the significand may be rounded up to the next power of two
    shape = shape_of_range(min(0, low) * (1 << fraction_bits), max(high, 0) + 2 << fraction_bits)
    if rounding.mode == "stochastic":
        code = _add_random(pipeline, kept, field, normal, random, shape, fraction_bits)
    else:
        whole = pipeline.slice(kept, cut, len(kept))
        carry = pipeline.bit(
            lambda bits, rest, negative: increment(rounding.mode)(
                bits[cut], bits[cut - 1], bits[: cut - 1].any() | rest, negative
            ),
            kept,
            lost,
            sign,
            name="increment",
        )
        exponent, mask = _placed(pipeline, field, normal, fraction_bits, shape.width)
        code = add(
            pipeline,
            Term(exponent, mask),
            Term(whole),
            shape,
            carry,
            name="rounded",
            divisible=True,
        )
    present = normal if rounding.gradual else finish.nonzero
    return Rounded(*pack(pipeline, code, discarded, present, sign, rounding, finish.special))


def _placed(pipeline, field, normal, low, width):
    """Return the exponent above ``low`` zeros, and the mask that keeps it for normal numbers."""

    def place(bits):
        wide = Cat(Const(0, low), bits)
        return wide.as_signed() if bits.shape().signed else wide

    mask = pipeline.free(lambda bit: Cat(Const(0, low), bit.replicate(width - low)), normal)
    return pipeline.free(place, field), mask


def _add_random(pipeline, kept, field, normal, random, shape, fraction_bits):
    """Add the random bits below the significand on the chain that adds the exponent."""
    cut = len(kept) - fraction_bits - 1
    unused = cut - len(random)
    exponent, mask = _placed(pipeline, field, normal, cut + fraction_bits, shape.width + cut)

    def with_random(bits, noise):
        wide = Cat(Const(0, unused), noise, bits[cut:])
        return wide.as_signed() if bits.shape().signed else wide

    addend = pipeline.free(with_random, exponent, random)
    mask = pipeline.free(lambda bits: Cat(Const(-1, cut), bits[cut:]), mask)
    wide_shape = (signed if shape.signed else unsigned)(shape.width + cut)
    total = add(
        pipeline, Term(addend, mask), Term(kept), wide_shape, name="rounded", divisible=True
    )

    def upper(bits):
        return bits[cut:].as_signed() if shape.signed else bits[cut:]

    return pipeline.free(upper, total)
