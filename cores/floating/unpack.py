"""A float code taken apart: sign, exponent, significand, and what kind of number it is."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.timed import Timed

__all__ = ["Unpacked", "unpack"]


@dataclass(frozen=True)
class Unpacked:
    """One operand; a finite number is ``significand * 2**(exponent - bias)``.

    Parameters
    ----------
    sign : Timed
        One bit; 0 for a format without sign.
    exponent : Timed
        Unsigned: the exponent field, 1 for subnormal numbers and zero.
    significand : Timed
        Unsigned, with the hidden bit; 0 for zero. Means nothing for NaN and infinity.
    bias : int
        What to subtract from ``exponent``: the weight of the significand's last bit is
        ``2**(exponent - bias)``.
    is_zero : Timed
        Whether the number is zero, a flushed subnormal number included.
    is_infinite, is_nan, is_signaling : Timed or None
        ``None`` where the format has no such code. Only ``ieee`` formats have signaling NaNs:
        those whose top fraction bit is 0.
    """

    sign: Timed
    exponent: Timed
    significand: Timed
    bias: int
    is_zero: Timed
    is_infinite: Timed | None
    is_nan: Timed | None
    is_signaling: Timed | None

    @property
    def exponent_range(self):
        """Lowest and highest exponent of the finite numbers."""
        return 1, max(1, (1 << len(self.exponent)) - 1 - (self.is_infinite is not None))


def unpack(pipeline, code, format, subnormals="full", name="operand"):
    """Take a code apart.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the logic becomes part of.
    code : Timed
        Code of ``format``.
    format : FloatFormat
        Its specials decide which of the kinds exist.
    subnormals : str
        ``"full"``, or ``"flush"``: subnormal numbers are zeros of the same sign.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    Unpacked
    """
    low, width = format.significand_bits, format.exponent_bits
    top = low + width

    def flag(function, *inputs, what):
        return pipeline.reduced(function, *inputs, name=f"{name}_{what}")

    fraction = pipeline.slice(code, 0, low)
    field = pipeline.slice(code, low, top)
    full = subnormals == "full" and format.subnormals
    normal = flag(lambda bits: bits.any(), field, what="normal")
    some = flag(lambda bits: bits.any(), fraction, what="fraction_some")
    if full:
        zero = flag(lambda one, two: ~(one | two), normal, some, what="zero")
    else:
        zero = flag(lambda one: ~one, normal, what="zero")
        fraction = pipeline.logic(
            lambda bits, keep: bits & keep.replicate(low),
            fraction,
            normal,
            shape=unsigned(low),
            name=f"{name}_fraction",
        )
    exponent = pipeline.logic(
        lambda bits, above: Cat(bits[0] | ~above, bits[1:]),
        field,
        normal,
        shape=unsigned(width),
        name=f"{name}_exponent",
    )
    no_sign = pipeline.constant(Const(0, 1))
    sign = pipeline.slice(code, top, top + 1) if format.signed else no_sign
    infinite = nan = signaling = None
    if format.specials == "ieee":
        highest = flag(lambda bits: bits.all(), field, what="special")
        infinite = flag(lambda one, two: one & ~two, highest, some, what="infinite")
        nan = flag(lambda one, two: one & two, highest, some, what="nan")
        quiet = pipeline.slice(code, low - 1, low)
        signaling = flag(lambda one, bit: one & ~bit, nan, quiet, what="signaling")
    elif format.specials == "fn":
        nan = flag(lambda bits: bits[:top].all(), code, what="nan")
    elif format.specials == "fnuz":
        nan = flag(lambda bits: bits[top] & ~bits[:top].any(), code, what="nan")
    return Unpacked(
        sign=sign,
        exponent=exponent,
        significand=pipeline.free(lambda bits, one: Cat(bits, one), fraction, normal),
        bias=format.bias + low,
        is_zero=zero,
        is_infinite=infinite,
        is_nan=nan,
        is_signaling=signaling,
    )
