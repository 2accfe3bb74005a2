"""Two small products in one hard multiplier."""

from amaranth.hdl import Cat, Const, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply

__all__ = ["multiply_pair", "multiply_shared", "pair_fits", "shared_fits"]


def _is_signed(value):
    return value.signal.shape().signed


def pair_fits(fabric, width_a, width_b):
    """Return whether two products of unsigned ``width_a`` x ``width_b`` bits fit in one multiplier.

    The multiplier's operands are signed, so that one bit of each stays 0.
    """
    distance = width_a + width_b + 1
    return fabric.multiplies(distance + width_a + 1, distance + width_b + 1)


def multiply_pair(pipeline, first, second, name="products"):
    """Multiply two pairs of unsigned integers in one hard multiplier.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the multiplier becomes part of.
    first, second : (Timed, Timed)
        Operands; of equal widths in both pairs, so that `pair_fits`.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    (Timed, Timed)
        Both products.

    Notes
    -----
    ``(a + c 2**n) (b + d 2**n) = ab + (ad + cb) 2**n + cd 2**2n``: with n one more than the width
    of a product the three parts do not meet. The packing is wiring only.
    """
    (a, b), (c, d) = first, second
    width = len(a) + len(b)
    distance = width + 1

    def joined(low, high):
        return Cat(low, Const(0, distance - len(low)), high)

    left, right = pipeline.free(joined, a, c), pipeline.free(joined, b, d)
    product = multiply(pipeline, left, right, hard=True, name=name)
    top = 2 * distance
    return pipeline.slice(product, 0, width), pipeline.slice(product, top, top + width)


def shared_fits(fabric, width_shared, width_other, is_signed):
    """Return whether two products with one operand in common fit in one multiplier."""
    return fabric.multiplies(width_shared + 2 * width_other + 1, width_shared + (not is_signed))


def multiply_shared(pipeline, shared, others, name="products"):
    """Multiply one integer by two others in one hard multiplier.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the multiplier becomes part of.
    shared : Timed
        The operand in common.
    others : (Timed, Timed)
        The two others, of equal widths; all three operands are signed, or none is.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    (Timed, Timed)
        Both products.

    Notes
    -----
    ``a (b + c 2**n)`` holds ``ab`` in its lower n bits and ``ac`` above them. With signs, a
    negative b and a negative ab borrow one from the part above: that takes one short carry chain
    in front of the multiplier and one behind it.
    """
    low, high = others
    width = len(shared) + len(low)
    if not _is_signed(shared):
        packed = pipeline.free(lambda b, c: Cat(b, Const(0, width - len(b)), c), low, high)
        product = multiply(pipeline, shared, packed, hard=True, name=name)
        return pipeline.slice(product, 0, width), pipeline.slice(product, width, 2 * width)
    ones = pipeline.constant(Const(-1, signed(1)))
    negative = pipeline.free(lambda b: b[-1], low)
    upper = add(
        pipeline, Term(high), Term(ones, negative), signed(len(high) + 1), name=f"{name}_upper"
    )
    packed = pipeline.free(
        lambda b, c: Cat(b, b[-1].replicate(width - len(b)), c).as_signed(), low, upper
    )
    product = multiply(pipeline, shared, packed, hard=True, name=name)
    first = pipeline.free(lambda p: p[:width].as_signed(), product)
    rest = pipeline.free(lambda p: p[width : 2 * width].as_signed(), product)
    borrow = pipeline.slice(product, width - 1, width)
    zero = Term(pipeline.constant(Const(0, unsigned(1))))
    second = add(pipeline, zero, Term(rest), signed(width), borrow, name=f"{name}_second")
    return first, second
