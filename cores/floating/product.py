"""Products of significands: hard multipliers, tiled where a significand is wider than one."""

from amaranth.hdl import Cat, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply

__all__ = ["multiply_significands"]


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
    if not multipliers or max(len(a), len(b)) <= size:
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
