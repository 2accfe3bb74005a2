"""Sums of many signed operands: a binary tree of carry chains that negates for free."""

from dataclasses import dataclass

from amaranth.hdl import Const, signed, unsigned
from hwgen.cores.arith.adder import Term, add, add_three
from hwgen.cores.arith.timed import Timed

__all__ = ["Operand", "add_tree", "negate_if", "shape_of_range"]


@dataclass(frozen=True)
class Operand:
    """One operand of a sum: ``(bits & mask)``, negated where ``sign`` is 1.

    Parameters
    ----------
    bits : Timed
        The operand before its sign.
    minimum, maximum : int
        Range of the operand before its sign.
    mask : Timed or None
        Bits that are kept; ``None`` keeps all.
    sign : Timed or None
        One bit; 1 negates the operand.
    """

    bits: Timed
    minimum: int
    maximum: int
    mask: Timed | None = None
    sign: Timed | None = None


def shape_of_range(minimum, maximum):
    """Return the narrowest shape that holds every integer from ``minimum`` to ``maximum``."""
    if minimum < 0:
        return signed(max((-minimum - 1).bit_length(), maximum.bit_length()) + 1)
    return unsigned(max(1, maximum.bit_length()))


def add_tree(pipeline, operands, name="sum"):
    """Add operands level by level, in the form that is smallest on the fabric.

    Pairwise, on a fabric whose carry chain has tables of four inputs: a node adds its second
    operand or subtracts it, as the two signs differ or agree, and hands the first sign on:
    ``s(x) + t(y) = s(x + st(y))``. Each sign so costs one look-up table and one carry in, instead
    of a negation. Three at a time where the fabric has ternary adders.

    Returns
    -------
    Operand
        The sum, with a sign still to be applied if all operands had one.
    """
    level = list(operands)
    if pipeline.fabric.ternary_module is not None:
        return _by_threes(pipeline, level, name)
    depth = 0
    while len(level) > 1:
        level = [
            _pair(pipeline, *level[start : start + 2], f"{name}_{depth}")
            if start + 1 < len(level)
            else level[start]
            for start in range(0, len(level), 2)
        ]
        depth += 1
    return level[0]


def _pair(pipeline, x, y, name):
    if x.sign is not None and y.sign is None:
        x, y = y, x
    if x.sign is not None:
        flip = pipeline.logic(
            lambda s, t: s ^ t, x.sign, y.sign, shape=unsigned(1), name=f"{name}_differ"
        )
    else:
        flip = y.sign
    minimum = x.minimum + (y.minimum if flip is None else min(y.minimum, -y.maximum))
    maximum = x.maximum + (y.maximum if flip is None else max(y.maximum, -y.minimum))
    total = add(
        pipeline,
        Term(x.bits, x.mask),
        Term(y.bits, y.mask, flip),
        shape_of_range(minimum, maximum),
        carry_in=0 if flip is None else flip,
        name=name,
        divisible=True,
    )
    return Operand(total, minimum, maximum, sign=x.sign)


def _by_threes(pipeline, operands, name):
    """Add operands three at a time, after one or two levels of pairs that apply masks and signs.

    The ``+1`` of a negation waits as a bit of its own until some adder has a carry in to spare:
    a pair has one, a ternary adder two. Until then a sum is too small by its waiting bits.
    """
    if len(operands) == 1:
        return operands[0]
    limits = [sum(each) for each in zip(*(_signed_range(each) for each in operands), strict=True)]
    bits = []
    plain = [each for each in operands if each.sign is None and each.mask is None]
    masked = [each for each in operands if each.mask is not None and each.sign is not None]
    rest = [each for each in operands if (each.mask is None) != (each.sign is None)]
    # mask and sign of two operands are one table input too many: the first sign is handed on
    for index, pair in enumerate(_groups(masked, 2)):
        rest.append(_pair(pipeline, *pair, f"{name}_m{index}") if len(pair) == 2 else pair[0])
    for index, pair in enumerate(_groups(rest, 2)):
        plain.append(_applied_pair(pipeline, pair, bits, f"{name}_p{index}"))
    depth = 0
    while len(plain) > 1 or bits:
        final = limits if len(plain) + len(bits) <= 5 and len(plain) <= 3 else None
        plain = [
            _plain_sum(pipeline, group, bits, final, f"{name}_{depth}_{index}")
            for index, group in enumerate(_groups(plain, 3))
        ]
        depth += 1
    return plain[0]


def _groups(values, size):
    return [values[start : start + size] for start in range(0, len(values), size)]


def _signed_range(operand):
    """Return (minimum, maximum) of an operand with its mask and its sign applied."""
    low, high = operand.minimum, operand.maximum
    if operand.mask is not None:
        low, high = min(low, 0), max(high, 0)
    return (low, high) if operand.sign is None else (min(low, -high), max(high, -low))


def _applied_pair(pipeline, pair, bits, name):
    """Return the sum of one or two operands with masks and signs applied, as a plain operand."""
    zero = Operand(pipeline.constant(Const(0, 1)), 0, 0)
    operands = [*pair, zero][:2]
    signs = [each.sign for each in operands if each.sign is not None]
    bits += signs[1:]
    low, high = (sum(each) for each in zip(*map(_signed_range, operands), strict=True))
    low -= len(signs[1:])
    total = add(
        pipeline,
        *(Term(each.bits, each.mask, each.sign) for each in operands),
        shape_of_range(low, high),
        carry_in=signs[0] if signs else 0,
        name=name,
        divisible=True,
    )
    return Operand(total, low, high)


def _plain_sum(pipeline, operands, bits, limits, name):
    """Return the sum of up to three plain operands and of as many waiting bits as fit.

    ``limits`` is the range of the sum where it is the last one.
    """
    operands = list(operands)
    if len(operands) == 1 and limits is None:
        return operands[0]
    if len(operands) < 3 and len(bits) >= len(operands):
        operands.append(Operand(bits.pop(0), 0, 1))
    room = len(operands) - 1
    carries, bits[:] = bits[:room], bits[room:]
    low = sum(each.minimum for each in operands)
    high = sum(each.maximum for each in operands) + len(carries)
    if limits is not None and not bits:
        low, high = limits
    shape = shape_of_range(low, high)
    terms = [Term(each.bits) for each in operands]
    if len(terms) == 3:
        total = add_three(pipeline, terms, shape, carries, name)
    else:
        total = add(pipeline, *terms, shape, carries[0] if carries else 0, name, True)
    return Operand(total, low, high)


def negate_if(pipeline, operand, name="sum"):
    """Return ``operand`` with its mask and its sign applied, as a plain value."""
    if operand.sign is None and operand.mask is None:
        return operand
    minimum, maximum = operand.minimum, operand.maximum
    if operand.sign is not None:
        minimum, maximum = min(minimum, -maximum), max(maximum, -minimum)
    zero = Term(pipeline.constant(Const(0, 1)))
    total = add(
        pipeline,
        zero,
        Term(operand.bits, operand.mask, operand.sign),
        shape_of_range(minimum, maximum),
        carry_in=0 if operand.sign is None else operand.sign,
        name=name,
        divisible=True,
    )
    return Operand(total, minimum, maximum)
