"""Products of normalized lanes: an element, a scale, or the product of some, times another."""

from amaranth.hdl import Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.mx.encode import is_float
from hwgen.cores.mx.lane import Lane, LaneFormat, decode_float, decode_integer
from hwgen.cores.mx.special import any_of

__all__ = ["decode_factor", "is_power", "multiply_lanes", "normalised_product"]


def decode_factor(pipeline, number, code, name, special=True):
    """Return (lane, format) of the code of an element or a scale, normalized.

    ``special`` is that of ``decode_float``.
    """
    if is_float(number):
        return decode_float(pipeline, number, code, number.significand_bits, special, name)
    if number.name != "e8m0":
        return decode_integer(pipeline, number, code, name)
    nan = pipeline.reduced(lambda bits: bits.all(), code, name=f"{name}_nan")
    one = pipeline.constant(Const(1, 1))
    lane = Lane(pipeline.constant(Const(0, 1)), one, code, nan)
    return lane, LaneFormat(number.bias, 0, number.max_code)


def is_power(lane):
    """Return whether all values of a lane are powers of two."""
    return isinstance(lane.significand.signal, Const)


def normalised_product(pipeline, x, y, name, hard=False):
    """Return the product of two normalized significands, normalized, and whether it is 2 or more.

    A significand is worth 1 to 2; the product's comes with as many bits as both.
    """
    product = multiply(pipeline, x, y, hard, f"{name}_product")
    width = len(product)
    top = pipeline.slice(product, width - 1, width)
    significand = pipeline.logic(
        lambda bits, one: Mux(one, bits, bits << 1)[:width],
        product,
        top,
        shape=unsigned(width),
        name=f"{name}_product_significand",
    )
    return significand, top


def multiply_lanes(pipeline, a, b, name, hard=False):
    """Return the product of two normalized lanes, each as (lane, format), as another one.

    Infinity times zero is NaN. Flags may be set together: NaN counts. ``hard`` leaves the product
    to a hard multiplier.
    """
    (x, kind_x), (y, kind_y) = a, b
    low, high = kind_x.low + kind_y.low, kind_x.high + kind_y.high
    sign = pipeline.logic(
        lambda p, q: p ^ q, x.sign, y.sign, shape=unsigned(1), name=f"{name}_product_sign"
    )
    flags = _flags(pipeline, x, y, name)
    significand, top = y.significand if is_power(x) else x.significand, 0
    if not is_power(x) and not is_power(y):
        high += 1
        significand, top = normalised_product(pipeline, x.significand, y.significand, name, hard)
    exponent = add(
        pipeline,
        Term(x.exponent),
        Term(y.exponent),
        shape_of_range(min(low, 0), high),
        top,
        name=f"{name}_product_exponent",
    )
    kind = LaneFormat(kind_x.bias + kind_y.bias, low, high, zero_lowest=False)
    return Lane(sign, significand, exponent, **flags), kind


def _flags(pipeline, x, y, name):
    def flag(function, *inputs, what):
        return pipeline.logic(function, *inputs, shape=unsigned(1), name=f"{name}_{what}")

    nans = [each.nan for each in (x, y) if each.nan is not None]
    for lane, other in ((x, y), (y, x)):
        if lane.infinite is not None and not is_power(other):
            nans.append(
                flag(lambda p, q: p & ~q[-1], lane.infinite, other.significand, what="invalid")
            )
    flags = {}
    if nans:
        flags["nan"] = any_of(pipeline, nans, f"{name}_nan")
    infinities = [each.infinite for each in (x, y) if each.infinite is not None]
    if infinities:
        flags["infinite"] = any_of(pipeline, infinities, f"{name}_infinite")
    return flags
