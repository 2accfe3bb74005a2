"""Products of floats: hard multipliers, tiled where a significand is wider than one."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import fits_hard_multiplier, multiply
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.floating.result import any_of

__all__ = ["Product", "exact_product", "multiply_significands"]


def multiply_significands(pipeline, a, b, multipliers, name="product"):
    """Multiply two unsigned integers exactly.

    A significand wider than a hard multiplier is cut in two; the product of the upper parts is
    wired to the top of that of the lower parts, so that two adders make up the whole.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the multiplier becomes part of.
    a, b : Timed
        Unsigned operands.
    multipliers : int
        Hard multipliers that may be used: first for the largest parts.
    name : str
        Name of the product in the emitted Verilog.

    Returns
    -------
    Timed
        The product, as wide as both operands together.
    """
    size = pipeline.fabric.multiplier_bits
    tiled = max(len(a), len(b)) > size
    if not multipliers or not tiled or not fits_hard_multiplier(pipeline, size, size):
        return multiply(pipeline, a, b, hard=multipliers > 0, name=name)
    low_a, high_a = _cut(pipeline, a, size)
    low_b, high_b = _cut(pipeline, b, size)
    pairs = [(low_a, low_b), (high_a, low_b), (low_a, high_b), (high_a, high_b)]
    parts = [
        None
        if x is None or y is None
        else multiply(pipeline, x, y, hard=number < multipliers, name=f"{name}_{number}")
        for number, (x, y) in enumerate(pairs)
    ]
    return _joined(pipeline, parts, size, len(a) + len(b), name)


def _cut(pipeline, value, size):
    if len(value) <= size:
        return value, None
    return pipeline.slice(value, 0, size), pipeline.slice(value, size, len(value))


def _joined(pipeline, parts, size, width, name):
    lowest, *middle, highest = parts
    outer = lowest
    if highest is not None:
        outer = pipeline.free(lambda low, high: Cat(low, high), lowest, highest)
    crossed = [each for each in middle if each is not None]
    cross = crossed[0]
    if len(crossed) > 1:
        most = max(len(each) for each in crossed) + 1
        cross = add(pipeline, *map(Term, crossed), unsigned(most), name=f"{name}_crossed")
    upper = add(
        pipeline,
        Term(pipeline.slice(outer, size, len(outer))),
        Term(cross),
        unsigned(width - size),
        name=name,
    )
    low = pipeline.slice(outer, 0, size)
    return pipeline.free(lambda below, above: Cat(below, above), low, upper)


@dataclass(frozen=True)
class Product:
    """An exact product; a finite one is ``significand * 2**(exponent - bias)``.

    Parameters
    ----------
    sign, significand, exponent : Timed
        The significand is as wide as those of both factors; its top bits may be 0.
    bias : int
        What to subtract from ``exponent``.
    exponent_range : (int, int)
        Lowest and highest exponent of finite products.
    nonzero : Timed
        Whether no factor is zero.
    is_nan, is_infinite : Timed or None
        ``None`` where impossible. A NaN may be infinite as well: infinity times zero is.
    invalid : Timed
        Whether a factor is a signaling NaN, or infinity meets zero.
    """

    sign: Timed
    significand: Timed
    exponent: Timed
    bias: int
    exponent_range: tuple
    nonzero: Timed
    is_nan: Timed | None
    is_infinite: Timed | None
    invalid: Timed


def exact_product(pipeline, a, b, multipliers):
    """Return the `Product` of two `Unpacked` factors; ``multipliers`` may be hard ones."""

    def bit(function, *inputs, name):
        return pipeline.logic(function, *inputs, shape=unsigned(1), name=name)

    bounds = tuple(map(sum, zip(a.exponent_range, b.exponent_range, strict=True)))
    impossible = [
        bit(lambda x, y: x & y, one.is_infinite, other.is_zero, name="infinite_times_zero")
        for one, other in ((a, b), (b, a))
        if one.is_infinite is not None
    ]
    return Product(
        sign=bit(lambda s, t: s ^ t, a.sign, b.sign, name="product_sign"),
        significand=multiply_significands(pipeline, a.significand, b.significand, multipliers),
        exponent=add(
            pipeline,
            Term(a.exponent),
            Term(b.exponent),
            shape_of_range(0, bounds[1]),
            name="product_exponent",
        ),
        bias=a.bias + b.bias,
        exponent_range=bounds,
        nonzero=bit(lambda x, y: ~(x | y), a.is_zero, b.is_zero, name="product_nonzero"),
        is_nan=any_of(pipeline, [a.is_nan, b.is_nan, *impossible], "product_nan"),
        is_infinite=any_of(pipeline, [a.is_infinite, b.is_infinite], "product_infinite"),
        invalid=any_of(pipeline, [a.is_signaling, b.is_signaling, *impossible], "product_invalid")
        or pipeline.constant(Const(0, 1)),
    )
