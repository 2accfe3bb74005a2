"""One value of a block on its way to a shared exponent: sign, leading bits, exponent, flags."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, Value, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.pipeline import Timed
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
    """

    sign: Timed
    significand: Timed
    exponent: Timed
    nan: Timed | None = None
    infinite: Timed | None = None


def _bit(pipeline, function, *inputs, name, levels=1):
    return pipeline.logic(function, *inputs, levels=levels, shape=unsigned(1), name=name)


def normalize(pipeline, magnitude, depth, name):
    """Shift left until the top bit is 1, by ``depth`` bits or a little more at most.

    Returns
    -------
    (Timed, list of Timed)
        The shifted value and the bits of the distance, most significant first.
    """
    width, value, counts = len(magnitude), magnitude, []
    for stage in reversed(range(depth.bit_length())):
        distance = min(1 << stage, width)
        empty = _bit(
            pipeline,
            lambda bits, distance=distance: ~bits[-distance:].any(),
            value,
            levels=1 if distance <= 4 else 2,
            name=f"{name}_empty_{distance}",
        )
        value = pipeline.logic(
            lambda bits, select, distance=distance: Mux(select, bits << distance, bits)[:width],
            value,
            empty,
            shape=unsigned(width),
            name=f"{name}_normal_{distance}",
        )
        counts.append(empty)
    return value, counts


def decode_float(pipeline, number, code, depth, special, name):
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
    """
    fraction_bits, exponent_bits = number.significand_bits, number.exponent_bits
    top = fraction_bits + exponent_bits
    field = pipeline.slice(code, fraction_bits, top)
    normal = _bit(pipeline, lambda bits: bits.any(), field, levels=2, name=f"{name}_normal")
    sign = pipeline.constant(Const(0, 1))
    if number.signed:
        sign = pipeline.slice(code, top, top + 1)
    fraction = pipeline.slice(code, 0, fraction_bits)

    def significand(bits, one):
        zero = Const(0, 1)
        subnormal = Cat(zero, bits) if number.subnormals else Const(0, fraction_bits + 1)
        return Mux(one, Cat(bits, Const(1, 1)), subnormal)

    value = pipeline.logic(
        significand, fraction, normal, shape=unsigned(fraction_bits + 1), name=f"{name}_significand"
    )
    depth = min(depth, fraction_bits if number.subnormals else 0)
    exponent, low = field, 0
    if depth > 1:
        value, counts = normalize(pipeline, value, depth - 1, name)
        low = -((1 << len(counts)) - 1)
        exponent = _subnormal_exponent(pipeline, field, counts, name)
    by_exponent = number.specials == "ieee" and not special
    high = (1 << exponent_bits) - 1 - (number.specials == "ieee")
    lanes = LaneFormat(number.bias, low, high, by_exponent, zero_lowest=True)
    flags = {} if by_exponent else _flags(pipeline, number, code, field, fraction, name)
    return Lane(sign, value, exponent, **flags), lanes


def _subnormal_exponent(pipeline, field, counts, name):
    """Return the field, or minus the distance that a subnormal number was shifted by."""

    width = max(len(field), len(counts)) + 1

    def merged(bits, *distance):
        count = Cat(*reversed(distance))
        lowered = (-Cat(count, Const(0, 1)))[: len(count) + 1].as_signed()
        wide = Value.cast(lowered)
        extended = Cat(wide, wide[-1].replicate(width - len(wide)))
        return (Cat(bits, Const(0, 1)) | extended)[:width].as_signed()

    return pipeline.logic(
        merged, field, *counts, levels=2, shape=signed(width), name=f"{name}_exponent"
    )


def _flags(pipeline, number, code, field, fraction, name):
    top = number.exponent_bits + number.significand_bits

    def flag(function, what):
        return _bit(pipeline, function, code, levels=2, name=f"{name}_{what}")

    if number.specials == "ieee":
        full = _bit(pipeline, lambda bits: bits.all(), field, levels=2, name=f"{name}_special")
        some = _bit(pipeline, lambda bits: bits.any(), fraction, levels=2, name=f"{name}_fraction")
        nan = _bit(pipeline, lambda x, y: x & y, full, some, name=f"{name}_nan")
        infinite = _bit(pipeline, lambda x, y: x & ~y, full, some, name=f"{name}_infinite")
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

    if width <= kept:
        return pipeline.free(
            lambda bits: Cat(Const(0, kept - width + sticky), bits), lane.significand
        )
    if not sticky:
        return pipeline.slice(lane.significand, width - kept, width)
    lost = _bit(
        pipeline,
        lambda bits: bits[: width - kept].any(),
        lane.significand,
        levels=1 if width - kept <= 4 else 2 if width - kept <= 16 else 3,
        name=f"{name}_sticky",
    )
    return pipeline.free(lambda bits, low: Cat(low, bits[width - kept :]), lane.significand, lost)
