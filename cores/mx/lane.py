"""One value of a block on its way to a shared exponent: sign, leading bits, exponent, flags."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range

__all__ = [
    "Lane",
    "LaneFormat",
    "decode_float",
    "decode_integer",
    "from_magnitude",
    "normalize",
    "reduce_lane",
]


@dataclass(frozen=True)
class LaneFormat:
    """What all lanes of a block have in common.

    Parameters
    ----------
    bias : int
        The significand's top bit is worth ``2**(exponent - bias)``.
    low, high : int
        Range of the exponents of numbers.
    by_exponent : bool
        Whether NaNs and infinities are the lanes with the exponent ``high + 1``, and have no flags.
    zero_lowest : bool
        Whether the exponent of a zero is the lowest one.
    """

    bias: int
    low: int
    high: int
    by_exponent: bool = False
    zero_lowest: bool = True

    @property
    def top(self):
        """Largest exponent, that of special codes included."""
        return self.high + self.by_exponent


@dataclass(frozen=True)
class Lane:
    """The value ``(-1)**sign * significand * 2**(exponent - bias - width + 1)``.

    Parameters
    ----------
    sign : Timed
        One bit.
    significand : Timed
        Unsigned, ``width`` bits. The top bit is 1 in all values but zeros and, where the decoder
        was told so, values too small to need it.
    exponent : Timed
        See ``LaneFormat``; of any value for a zero.
    nan, infinite : Timed or None
        Flags; ``None`` where there are none.
    lowered : Timed or None
        Signed; the exponent is in truth the exclusive or of both, ``lowered`` being 0 wherever
        ``exponent`` is not.
    """

    sign: Timed
    significand: Timed
    exponent: Timed
    nan: Timed | None = None
    infinite: Timed | None = None
    lowered: Timed | None = None


def normalize(pipeline, magnitude, depth, name, kept=None, top=None):
    """Shift left until the top bit is 1, by ``depth`` bits or a little more at most.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    magnitude : Timed
        Unsigned.
    depth : int
        Leading zeros to shift out, at least 1.
    name : str
        Prefix of the names in the emitted Verilog.
    kept : Kept or None
        The bits of the result that are wanted, a sticky bit among them; ``None``: all.
    top : Timed or None
        Bits whose disjunction is the top bit: a shorter way to a first step that is a large one.

    Returns
    -------
    (Timed, list of Timed)
        The shifted value and the bits of the distance, most significant first.
    """
    width, value, counts = len(magnitude), magnitude, []
    for stage in reversed(range(depth.bit_length())):
        distance = min(1 << stage, width)
        leading = pipeline.slice(value, width - distance, width)
        if top is not None and distance > 2:
            leading = pipeline.concatenate(
                [pipeline.slice(value, width - distance, width - 1), top]
            )
        top = None
        empty = pipeline.bit(
            lambda bits: ~bits.any(),
            leading,
            levels=1 + (len(leading) > 4) + (len(leading) > 16),
            name=f"{name}_empty_{distance}",
        )
        counts.append(empty)
        if stage == 0 and kept is not None:
            value = _normalized_last(pipeline, value, empty, kept, name)
            continue
        value = pipeline.logic(
            lambda bits, select, distance=distance: _shifted(bits, distance, select),
            value,
            empty,
            shape=unsigned(width),
            name=f"{name}_normal_{distance}",
        )
    return value, counts


def _shifted(bits, distance, select):
    """Return the bits shifted left where ``select`` tells that the highest ones are zero."""
    width = len(bits)

    def bit(place):
        here, there = bits[place], bits[place - distance]
        if place < distance:
            return here & ~select
        if place >= width - distance:
            # zero itself where another one moves here
            return here | (there & select)
        return Mux(select, there, here)

    return Cat(bit(place) for place in range(width))


def _normalized_last(pipeline, value, empty, kept, name):
    """Return the kept bits of a value that is shifted left by at most one more place."""
    width, wanted = len(value), kept.integer + kept.guard
    padding = max(0, wanted - width)
    below = width + padding - wanted

    def leading(bits, select):
        return _shifted(Cat(Const(0, padding), bits), 1, select)[below:]

    result = pipeline.logic(leading, value, empty, shape=unsigned(wanted), name=f"{name}_normal_1")
    if not kept.sticky:
        return result
    if not below:
        return pipeline.free(lambda bits: Cat(Const(0, 1), bits), result)
    lost = pipeline.bit(
        lambda bits, select: bits[: below - 1].any() | (bits[below - 1] & ~select),
        value,
        empty,
        levels=1 + (below > 2) + (below > 14),
        name=f"{name}_sticky",
    )
    return pipeline.concatenate([lost, result])


def decode_float(pipeline, number, code, depth, special, name, kept=None, apart=False):
    """Return (lane, format) of the code of a float.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the decoder becomes part of.
    number : FloatFormat
        Format of the code.
    code : Timed
        The code.
    depth : int
        Leading zeros that subnormal numbers are freed from; more than the format has do no harm.
    special : bool
        Whether NaNs and infinities get flags (else they are left to their exponent, if that tells).
    name : str
        Prefix of the names in the emitted Verilog.
    kept : Kept or None
        The bits of the significand that are wanted, a sticky bit among them; ``None``: all.
    apart : bool
        Whether the exponent of subnormal numbers may stay in ``Lane.lowered``.
    """
    fraction_bits, exponent_bits = number.significand_bits, number.exponent_bits
    top = fraction_bits + exponent_bits
    field = pipeline.slice(code, fraction_bits, top)
    normal = pipeline.reduced(lambda bits: bits.any(), field, name=f"{name}_normal")
    sign = pipeline.constant(Const(0, 1))
    if number.signed:
        sign = pipeline.slice(code, top, top + 1)
    fraction = pipeline.slice(code, 0, fraction_bits)
    exponent, low, lowered = field, 0, None
    if number.subnormals and fraction_bits:
        value = pipeline.concatenate([fraction, normal])
        depth = max(1, min(depth, fraction_bits))
        value, counts = normalize(pipeline, value, depth, name, kept, field)
        if len(counts) > 1:
            low = 2 - (1 << len(counts))
            lowered = _subnormal_exponent(pipeline, counts, name)
            if not apart:
                exponent, lowered = _merged_exponent(pipeline, field, lowered, name), None
    else:
        value = pipeline.logic(
            lambda bits, one: Cat(bits & one.replicate(fraction_bits), one),
            fraction,
            normal,
            shape=unsigned(fraction_bits + 1),
            name=f"{name}_significand",
        )
    by_exponent = number.specials == "ieee" and not special
    high = (1 << exponent_bits) - 1 - (number.specials == "ieee")
    lanes = LaneFormat(number.bias, low, high, by_exponent, zero_lowest=True)
    flags = {} if by_exponent else _flags(pipeline, number, code, field, fraction, name)
    return Lane(sign, value, exponent, **flags, lowered=lowered), lanes


def _subnormal_exponent(pipeline, counts, name):
    """Return 1 less the distance that a subnormal number was shifted by; 0 for normal numbers."""
    width = len(counts) + 1

    def lowered(*distance):
        return lookup(list(reversed(distance)), lambda count: count and 1 - count, width)

    return pipeline.logic(lowered, *counts, shape=signed(width), name=f"{name}_lowered")


def _merged_exponent(pipeline, field, lowered, name):
    width = max(len(field) + 1, len(lowered))

    def merged(bits, negative):
        wide = Cat(negative, negative[-1].replicate(width))[:width]
        return (Cat(bits, Const(0, width))[:width] | wide).as_signed()

    return pipeline.logic(merged, field, lowered, shape=signed(width), name=f"{name}_exponent")


def _flags(pipeline, number, code, field, fraction, name):
    top = number.exponent_bits + number.significand_bits

    def flag(function, what):
        return pipeline.reduced(function, code, name=f"{name}_{what}")

    if number.specials == "ieee":
        full = pipeline.reduced(lambda bits: bits.all(), field, name=f"{name}_special")
        some = pipeline.reduced(lambda bits: bits.any(), fraction, name=f"{name}_fraction")
        nan = pipeline.bit(lambda x, y: x & y, full, some, name=f"{name}_nan")
        infinite = pipeline.bit(lambda x, y: x & ~y, full, some, name=f"{name}_infinite")
        return {"nan": nan, "infinite": infinite}
    if number.specials == "fn":
        return {"nan": flag(lambda bits: bits[:top].all(), "nan")}
    if number.specials == "fnuz":
        return {"nan": flag(lambda bits: bits == number.nan_code, "nan")}
    return {}


def decode_integer(pipeline, number, code, name):
    """Return (lane, format) of an integer or fixed-point code."""
    sign, magnitude = pipeline.constant(Const(0, 1)), code
    width = number.width
    if number.signed:
        sign = pipeline.slice(code, width - 1, width)
        zero = Term(pipeline.constant(Const(0, 1)))
        bits = pipeline.free(lambda value: value.as_signed(), code)
        magnitude = add(
            pipeline, zero, Term(bits, None, sign), unsigned(width), sign, name=f"{name}_magnitude"
        )
    return from_magnitude(pipeline, sign, magnitude, number.lsb_exponent, None, name)


def from_magnitude(pipeline, sign, magnitude, lsb_exponent, base, name, flags=None):
    """Return (lane, format) of ``magnitude * 2**(lsb_exponent + base)``, normalized.

    ``base`` is None or (Timed, lowest, highest value).
    """
    width = len(magnitude)
    value, counts = normalize(pipeline, magnitude, width - 1, name)
    largest = (1 << len(counts)) - 1
    bias = largest - (width - 1) - lsb_exponent
    if not counts:
        exponent = pipeline.constant(Const(0, 1))
    else:
        exponent = pipeline.free(lambda *bits: Cat(*(~each for each in reversed(bits))), *counts)
    low, high = largest - (width - 1), largest
    if base is not None:
        shape = shape_of_range(min(0, base[1]), base[2] + largest)
        exponent = add(pipeline, Term(base[0]), Term(exponent), shape, name=f"{name}_exponent")
        low, high = base[1] + low, base[2] + high
    lanes = LaneFormat(bias, low, high, zero_lowest=base is None)
    return Lane(sign, value, exponent, **(flags or {})), lanes


def reduce_lane(pipeline, lane, kept, sticky, name):
    """Return the leading ``kept`` bits of the significand, above a sticky bit if asked for."""
    width = len(lane.significand)
    if sticky and width == kept + 1:
        return lane.significand
    if width <= kept:
        return pipeline.free(
            lambda bits: Cat(Const(0, kept - width + sticky), bits), lane.significand
        )
    if not sticky:
        return pipeline.slice(lane.significand, width - kept, width)
    lost = pipeline.bit(
        lambda bits: bits[: width - kept].any(),
        lane.significand,
        levels=1 if width - kept <= 4 else 2 if width - kept <= 16 else 3,
        name=f"{name}_sticky",
    )
    return pipeline.free(lambda bits, low: Cat(low, bits[width - kept :]), lane.significand, lost)
