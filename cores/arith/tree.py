"""Sums of many signed operands: a binary tree of carry chains that negates for free."""

from dataclasses import dataclass

from amaranth.hdl import Const, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.pipeline import Timed

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
    """Add operands pairwise, level by level.

    A node adds its second operand or subtracts it, as the two signs differ or agree, and hands
    the first sign on: ``s(x) + t(y) = s(x + st(y))``. Each sign so costs one look-up table and
    one carry in, instead of a negation.

    Returns
    -------
    Operand
        The sum, with a sign still to be applied if all operands had one.
    """
    level = list(operands)
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
    )
    return Operand(total, minimum, maximum, sign=x.sign)


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
    )
    return Operand(total, minimum, maximum)
