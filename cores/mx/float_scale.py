"""Scales that are floats: the largest magnitude over the largest element, rounded once.

Elements are then divided by the significand of the scale; what its exponent does to them is the
same as with a power of two.
"""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_round import Rounding, round_significand
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.mx.encode import is_float
from hwgen.cores.mx.factor import normalised_product
from hwgen.cores.mx.lane import LaneFormat, decode_float, reduce_lane
from hwgen.cores.mx.quotient import normalised_quotient
from hwgen.cores.mx.shared_exponent import Offset, SharedExponent, leading_bits

__all__ = ["divide_lane", "divided_format", "magnitude_bits", "magnitude_key", "share_float"]


def _rounding(scale):
    """Return how a scale is rounded; the rounder wants a sign bit."""
    return Rounding(replace(scale, signed=True), "nearest-even", "saturate")


def magnitude_bits(block, offset=None):
    """Return on how many leading bits of the largest magnitude the scale depends."""
    bits = leading_bits(block.element).bit_length() + _rounding(block.scale).kept_bits
    if offset is not None and offset.unit is not None:
        bits += len(offset.unit)
    return bits


def magnitude_key(pipeline, lane, block, offset, name):
    """Return what lanes are compared by: the exponent, above the bits that the scale depends on."""
    exponent = lane.exponent
    if exponent.signal.shape().signed:
        # flip the sign bit: unsigned order
        exponent = pipeline.free(lambda bits: Cat(bits[:-1], ~bits[-1]), exponent)
    width = min(magnitude_bits(block, offset), len(lane.significand))
    leading = reduce_lane(pipeline, lane, width, True, f"{name}_magnitude")
    return pipeline.concatenate([leading, exponent])


def share_float(pipeline, key, exponent_bits, lanes, offset, block, kept, nan):
    """Turn the largest key of a block into its scale.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    key : Timed
        Largest of the lanes' keys, see `magnitude_key`.
    exponent_bits : int
        Bits of it that are the exponent.
    lanes : LaneFormat
        Format of the lanes.
    offset : Offset
        Lane values count in units of 2 to the offset.
    block : BlockFormat
        Format of the result and its choices.
    kept : Kept
        On what the elements depend.
    nan : Timed or None
        1: the block is NaN.

    Returns
    -------
    (SharedExponent, Timed, Timed)
        Scale and exponent, the latter for lanes of `divided_format`; minus the normalized
        significand of the scale; whether the elements are zero because the scale is NaN or zero.
    """
    element, number = block.element, block.scale
    bits = len(key) - exponent_bits
    magnitude, exponent = pipeline.slice(key, 0, bits), pipeline.slice(key, bits, len(key))
    least = 0
    if lanes.low < 0:
        least = -(1 << len(exponent) - 1)
        exponent = pipeline.free(lambda value: Cat(value[:-1], ~value[-1]).as_signed(), exponent)
    rounding = _rounding(number)
    divisor, raised = leading_bits(element), offset
    if offset.unit is not None:
        divisor, raised = _largest_in_units(pipeline, divisor, offset)
    quotient, whole, inexact = normalised_quotient(
        pipeline, magnitude, divisor, rounding.kept_bits, "scale"
    )
    exponent = _raised(pipeline, exponent, whole, (least, lanes.top + 1), raised, "scale_exponent")
    code = round_significand(
        pipeline,
        pipeline.constant(Const(0, 1)),
        quotient,
        exponent,
        lanes.bias + 1 - offset.constant + element.max_exponent + rounding.kept_bits - 1,
        (min(lanes.low, 0) + raised.low, lanes.top + 1 + raised.high),
        rounding,
        sticky=inexact,
        normalised=True,
    ).code
    code = _finished(pipeline, code, magnitude, block, nan)
    scale, kind = decode_float(pipeline, number, code, number.significand_bits, True, "scale")
    constant = element.max_exponent + lanes.bias + 1 - offset.constant - kind.bias
    place, bounds = _place(pipeline, offset, constant, lanes, kind, element, kept)
    low, high = kind.low + bounds[0], kind.high + bounds[1]
    significand, one = scale.significand, 0
    if offset.unit is not None:
        significand, one = normalised_product(pipeline, significand, offset.unit, "divisor")
        high += 1
    anchor = add(
        pipeline,
        Term(scale.exponent),
        Term(place),
        shape_of_range(min(low, 0), max(high, 0)),
        one,
        name="anchor",
    )
    nothing = pipeline.reduced(
        lambda value, *broken: ~value.any() | Cat(*broken).any(),
        code,
        *([nan] if nan is not None else []),
        name="no_numbers",
    )
    shared = SharedExponent(code, anchor, low, high, True, nan)
    divisor = _minus(pipeline, significand, "minus_divisor")
    if pipeline.period is not None:
        # every step of every lane's division takes it
        divisor = pipeline.register(divisor)
    return shared, divisor, nothing


def _minus(pipeline, value, name):
    """Return an unsigned value with the other sign."""
    inverted = pipeline.free(lambda bits: Cat(~bits, Const(1, 1)).as_signed(), value)
    zero = Term(pipeline.constant(Const(0, 1)))
    return add(pipeline, zero, Term(inverted), signed(len(value) + 1), 1, name=name)


def _largest_in_units(pipeline, largest, offset):
    """Return (minus the largest element in units, the offset of quotients by it)."""
    constant = pipeline.constant(Const(largest, largest.bit_length()))
    product, top = normalised_product(pipeline, offset.unit, constant, "largest_element")
    value = add(
        pipeline,
        Term(offset.value),
        Term(pipeline.free(lambda bit: bit.as_signed(), top)),
        shape_of_range(min(offset.low - 1, 0), max(offset.high, 0)),
        name="scale_offset",
    )
    divisor = _minus(pipeline, product, "minus_largest")
    return divisor, replace(offset, value=value, low=offset.low - 1)


def _raised(pipeline, exponent, one, bounds, offset, name):
    """Return the exponent plus one bit, plus what an offset adds."""
    other = offset.value
    if other is None:
        other = pipeline.constant(Const(0, 1))
    low, high = bounds
    shape = shape_of_range(min(low + offset.low, 0), high + offset.high)
    return add(pipeline, Term(exponent), Term(other), shape, one, name)


def _place(pipeline, offset, constant, lanes, kind, element, kept):
    """Return what the exponent of a scale needs to be compared with those of lanes, and its range.

    Beyond the limits all lanes are too large, or too small, for their elements.
    """
    if offset.value is None:
        shape = shape_of_range(min(constant, 0), max(constant, 0))
        return pipeline.constant(Const(constant, shape)), (constant, constant)
    low, high = constant - offset.high - 1, constant - offset.low
    shape = shape_of_range(min(low, 0), max(high, 0))
    value = pipeline.signed(offset.value)
    place = add(
        pipeline,
        Term(pipeline.constant(Const(constant, shape_of_range(min(constant, 0), constant)))),
        Term(value, None, pipeline.constant(Const(1, 1))),
        shape,
        1,
        name="place",
    )
    least = max(low, lanes.low - 2 - kind.high)
    binades = element.max_code >> element.significand_bits if is_float(element) else 0
    most = min(high, lanes.top + 1 + binades + kept.integer + kept.guard + 1 - kind.low)
    if (least, most) == (low, high):
        return place, (low, high)
    limited = pipeline.logic(
        lambda bits: Mux(bits < least, least, Mux(bits > most, most, bits)),
        place,
        levels=3,
        shape=shape_of_range(min(least, 0), max(most, 0)),
        name="place_limited",
    )
    return limited, (least, most)


def _finished(pipeline, code, magnitude, block, nan):
    """Return the scale code with what zeros and NaNs make of it."""
    number = block.scale
    flags = [nan] if nan is not None else []
    one = int(number.encode(1.0)) if block.quantization.zero_scale == "one" else 0

    def finish(bits, largest, *broken):
        bits = bits[: number.width]
        if one:
            bits = Mux(largest.any(), bits, one)
        if broken:
            bits = Mux(broken[0], number.nan_code, bits)
        return bits

    return pipeline.logic(
        finish,
        code,
        magnitude,
        *flags,
        levels=1 + 2 * bool(one),
        shape=unsigned(number.width),
        name="scale",
    )


def divided_format(lanes):
    """Return the format of lanes that `divide_lane` has divided."""
    return LaneFormat(lanes.bias + 1, lanes.low, lanes.high + 1, lanes.by_exponent)


def divide_lane(pipeline, lane, kind, divisor, kept, name):
    """Return a lane over the scale's significand, cut to the bits that ``kept`` tells of.

    ``divisor`` is that of `share_float`.
    """
    quotient, whole, inexact = normalised_quotient(
        pipeline, lane.significand, divisor, kept.integer + kept.guard, name, kept.sticky
    )
    if inexact is not None:
        quotient = pipeline.concatenate([inexact, quotient])
    exponent = lane.exponent
    least = -(1 << len(exponent) - 1) if exponent.signal.shape().signed else 0
    bounds = least, kind.top + 1
    exponent = _raised(pipeline, exponent, whole, bounds, Offset(0), f"{name}_exponent")
    return replace(lane, significand=quotient, exponent=exponent)
