"""The scales of two blocks as one factor: an exponent, and what floats have beside it."""

from dataclasses import dataclass

from amaranth.hdl import unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, negate_if
from hwgen.cores.mx.element import decode_element
from hwgen.cores.mx.special import any_of

__all__ = ["Scales", "combine_scales", "scaled_sum"]


@dataclass(frozen=True)
class Scales:
    """The product of two scales, worth ``significand * 2**exponent`` of its least unit.

    Parameters
    ----------
    exponent : Timed
        Sum of both exponent fields, that of a subnormal number counted as 1.
    significand : Timed or None
        Product of both significands, an integer with a sign if a format has one; ``None`` is 1.
    nan : Timed or None
        Whether a scale is NaN; ``None`` where that is ignored.
    """

    exponent: Timed
    significand: Timed | None
    nan: Timed | None


def combine_scales(pipeline, codes, config):
    """Return the ``Scales`` of the codes of both operands, in the formats of a `MxDotConfig`."""
    numbers = (config.fmt_a.scale, config.fmt_b.scale)
    exponents, significands, signs, nans, powers = [], [], [], [], []
    for code, number, name in zip(codes, numbers, ("scale_a", "scale_b"), strict=True):
        if not hasattr(number, "exponent_bits"):
            exponents.append(code)
            powers.append(code)
            continue
        found = decode_element(pipeline, number, code, config.specials, name)
        exponents.append(found.exponent)
        significands.append(found.significand)
        signs += [found.sign] if found.sign is not None else []
        nans += [found.nan] if found.nan is not None else []
    shape = unsigned(config.scale_width)
    exponent = add(pipeline, Term(exponents[0]), Term(exponents[1]), shape, name="scale")
    if config.specials == "ignore":
        nan = None
    else:
        if powers:
            nans.append(
                pipeline.logic(
                    lambda one, other: one.all() | other.all(),
                    *(powers[0], powers[-1]),
                    levels=3,
                    shape=unsigned(1),
                    name="scale_nan",
                )
            )
        nan = any_of(pipeline, nans, "scale_nan")
    return Scales(exponent, _product(pipeline, significands, signs), nan)


def _product(pipeline, significands, signs):
    """Return the signed product of significands, or None if there are none."""
    if not significands:
        return None
    product = significands[0]
    if len(significands) == 2:
        product = multiply(pipeline, *significands, name="scale_significand")
    if not signs:
        return pipeline.signed(product)
    sign = signs[0]
    if len(signs) == 2:
        sign = pipeline.logic(lambda x, y: x ^ y, *signs, shape=unsigned(1), name="scale_sign")
    largest = (1 << len(product)) - 1
    return negate_if(pipeline, Operand(product, 0, largest, sign=sign), "scale_factor").bits


def scaled_sum(pipeline, block_sum, scales, config):
    """Return the sum of a block times the significand of its scales."""
    if scales.significand is None:
        return block_sum
    product = multiply(
        pipeline, block_sum, scales.significand, hard=config.hard_scale, name="scaled_sum"
    )
    return pipeline.free(lambda bits: bits[: config.scaled_shape.width].as_signed(), product)
