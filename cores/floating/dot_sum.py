"""Exact sums of products of floats: in one fixed-point lane, or limb by limb where it is wide."""

from amaranth.hdl import Cat, Const
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.tree import Operand, add_tree, negate_if, shape_of_range
from hwgen.cores.floating.accumulate_segments import place_in_limbs, step_bits
from hwgen.cores.floating.product import multiply_significands
from hwgen.cores.mx.product import multiply_elements

__all__ = ["sum_by_limbs", "sum_in_one_lane"]


def sum_in_one_lane(pipeline, formats, elements, multipliers, signs):
    """Shift every product into one fixed-point lane, and add them on a tree of carry chains.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the sum becomes part of.
    formats : (FloatFormat, FloatFormat)
        Formats as they are read.
    elements : list of (Element, Element)
        Operands of every lane.
    multipliers : list of int
        Hard multipliers for every lane.
    signs : list of Timed
        Signs of the products.

    Returns
    -------
    Timed
        The sum, signed, in units of the smallest product.
    """
    products = [
        multiply_elements(pipeline, formats, pair, "ieee", hard > 0, f"lane{index}")
        for index, (pair, hard) in enumerate(zip(elements, multipliers, strict=True))
    ]
    operands = [
        Operand(each.bits, each.minimum, each.maximum, each.mask, sign)
        for each, sign in zip(products, signs, strict=True)
    ]
    return negate_if(pipeline, add_tree(pipeline, operands, "lanes"), "lanes_sum").bits


def sum_by_limbs(pipeline, elements, multipliers, signs, width):
    """Place every product in limbs, add limb by limb, then hand carries from limb to limb.

    A product is shifted within a limb only; which limb it belongs to is one gate a bit. No carry
    chain is longer than a limb and what many lanes add to it.

    Parameters
    ----------
    pipeline, elements, multipliers, signs
        As for `sum_in_one_lane`.
    width : int
        Bits of the sum, two more than in units of the smallest product: exponent fields start at 1.

    Returns
    -------
    list of Timed
        The sum in two's complement, in units of a quarter of the smallest product, as unsigned
        limbs, least significant first.
    """
    lanes = []
    for index, ((a, b), hard) in enumerate(zip(elements, multipliers, strict=True)):
        name = f"lane{index}"
        product = multiply_significands(
            pipeline, a.significand, b.significand, hard, f"{name}_product"
        )
        bits = max(len(a.exponent), len(b.exponent)) + 1
        shape = shape_of_range(0, (1 << bits) - 1)
        exponent = add(pipeline, Term(a.exponent), Term(b.exponent), shape, name=f"{name}_exponent")
        step = step_bits(pipeline, len(product))
        count = -(-width // (1 << step))
        lanes.append(place_in_limbs(pipeline, product, exponent, step, count))
    sums = [
        _limb_sum(pipeline, [lane[index] for lane in lanes], signs, step, index)
        for index in range(count)
    ]
    return _resolved(pipeline, sums, 1 << step, width)


def _limb_sum(pipeline, limbs, signs, step, index):
    """Return the signed sum of one limb of all lanes."""
    most = (1 << (1 << step)) - 1
    operands = [
        Operand(limb, 0, most, sign=sign)
        for limb, sign in zip(limbs, signs, strict=True)
        if not isinstance(limb.signal, Const)
    ]
    if not operands:
        return None
    name = f"limb_{index}_lanes"
    return negate_if(pipeline, add_tree(pipeline, operands, name), f"limb_{index}_sum")


def _resolved(pipeline, sums, step, width):
    """Return signed limb sums as unsigned limbs: what is beyond a limb goes into the next."""
    carry, result = None, []
    for index, total in enumerate(sums):
        size = min(step, width - index * step)
        present = [each for each in (total, carry) if each is not None]
        low = sum(each.minimum for each in present)
        high = sum(each.maximum for each in present)
        value = present[0].bits
        if len(present) == 2:
            value = add(
                pipeline,
                *(Term(each.bits) for each in present),
                shape_of_range(low, high),
                name=f"limb_{index}_resolved",
            )
        result.append(pipeline.free(lambda bits, size=size: _extended(bits, size), value))
        over = pipeline.free(lambda bits: bits[step:].as_signed(), value)
        carry = Operand(over, low >> step, high >> step) if len(value) > step else None
        if carry is None and index + 1 < len(sums):
            # a short sum is its own carry: its sign
            carry = Operand(pipeline.free(lambda bits: bits[-1:].as_signed(), value), -1, 0)
    return result


def _extended(bits, size):
    """Return two's complement ``bits`` cut or sign-extended to ``size`` bits, as unsigned."""
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    return Cat(bits, top.replicate(max(0, size - len(bits))))[:size]
