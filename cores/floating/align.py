"""Sum of two significands at different exponents, exact but for a sticky bit."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_normalise import any_bit
from hwgen.cores.arith.timed import Timed

__all__ = ["Aligned", "add_aligned", "align"]


@dataclass(frozen=True)
class Aligned:
    """A significand that was shifted right.

    Parameters
    ----------
    bits : Timed
        What is left of it.
    mask : Timed or None
        One bit, 0 where nothing is left; not applied to ``bits`` yet.
    sticky : Timed
        Whether any bit that was shifted out is 1.
    """

    bits: Timed
    mask: Timed | None
    sticky: Timed


def align(pipeline, value, distance, most, width, name="aligned"):
    """Shift ``value``, followed by zeros up to ``width`` bits, right by ``distance``.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the shifter becomes part of.
    value : Timed
        Unsigned integer of at most ``width`` bits.
    distance : Timed
        Unsigned.
    most : int
        Largest value of ``distance``.
    width : int
        Bits of the result.
    name : str
        Prefix of the names in the emitted Verilog.
    """
    levels = min(most.bit_length(), (width - 1).bit_length())
    length = len(value)
    window = pipeline.free(lambda bits: Cat(Const(0, width - length), bits), value)
    stickies = []
    for level in reversed(range(levels)):
        step = 1 << level
        select = pipeline.slice(distance, level, level + 1)
        lost = any_bit(pipeline, pipeline.slice(window, 0, step), f"{name}_lost")
        stickies.append(_masked(pipeline, lost, select, f"{name}_out"))
        window = pipeline.logic(
            lambda bits, chosen, step=step: Mux(chosen, bits[step:], bits)[:width],
            window,
            select,
            shape=unsigned(width),
            name=f"{name}_{step}",
        )
    mask = None
    if most >> levels:
        high = pipeline.slice(distance, levels, len(distance))
        far = any_bit(pipeline, high, f"{name}_far")
        rest = any_bit(pipeline, window, f"{name}_rest")
        stickies.append(_masked(pipeline, rest, far, f"{name}_out"))
        mask = pipeline.logic(lambda bit: ~bit, far, shape=unsigned(1), name=f"{name}_near")
    # where all numbers have the same exponent, nothing is ever lost
    lost = stickies or [pipeline.constant(Const(0, 1))]
    sticky = any_bit(pipeline, pipeline.concatenate(lost), f"{name}_sticky")
    return Aligned(window, mask, sticky)


def _masked(pipeline, bit, mask, name):
    return pipeline.logic(lambda x, y: x & y, bit, mask, shape=unsigned(1), name=name)


def add_aligned(pipeline, larger, smaller, subtract, signed_shape, name="total"):
    """Return ``larger + smaller``, or ``larger - smaller`` where ``subtract``.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the adder becomes part of.
    larger : Timed
        Unsigned integer, as wide as ``smaller.bits``.
    smaller : Aligned
        What to add; its sticky bit stands for something between 0 and 1 unit.
    subtract : Timed
        One bit.
    signed_shape : Shape
        Shape of the sum.
    name : str
        Name of the sum in the emitted Verilog.

    Returns
    -------
    Timed
        The sum rounded down to whole units; the sticky bit still stands for a part of one.
    """
    carry = pipeline.logic(
        lambda minus, lost: minus & ~lost,
        subtract,
        smaller.sticky,
        shape=unsigned(1),
        name=f"{name}_carry",
    )
    return add(
        pipeline,
        Term(larger),
        Term(smaller.bits, smaller.mask, subtract),
        signed_shape,
        carry,
        name=name,
    )
