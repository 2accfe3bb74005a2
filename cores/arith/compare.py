"""Comparators: order of two integers on one carry chain, equality in a tree of tables."""

from amaranth.hdl import Cat, Const, Instance, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add

__all__ = ["equal", "less"]


def _signed(value):
    return value.signal.shape().signed


def _aligned(a, b):
    """Return the width at which both operands are compared, and whether as signed numbers."""
    either = _signed(a) or _signed(b)
    widths = [len(each) + (either and not _signed(each)) for each in (a, b)]
    return max(widths), either


def less(pipeline, a, b, or_equal=False, name="less"):
    """Return whether ``a < b``, or ``a <= b``.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the comparator becomes part of.
    a, b : Timed
        Integers, each signed or unsigned as its shape says; the widths may differ.
    or_equal : bool
        Whether equal operands count.
    name : str
        Name of the bit in the emitted Verilog.

    Returns
    -------
    Timed
        One bit.

    Notes
    -----
    The bit is the borrow of ``a - b``: one table a bit in front of the carry chain, or one for
    two bits where tables have five inputs and two outputs.
    """
    if pipeline.fabric.carry_inputs == 5:
        return _less_by_pairs(pipeline, a, b, or_equal, name)
    width, _ = _aligned(a, b)
    ones = pipeline.constant(Const(1, 1))
    # a - b, or a - b - 1: the sign is the answer
    wide = pipeline.free(lambda bits: _extended(bits, width + 1).as_signed(), b)
    difference = add(
        pipeline,
        Term(a),
        Term(wide, None, ones),
        signed(width + 1),
        carry_in=0 if or_equal else 1,
        name=name,
    )
    return pipeline.slice(difference, width, width + 1)


def _extended(bits, width):
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    return Cat(bits, top.replicate(max(0, width - len(bits))))[:width]


def _less_by_pairs(pipeline, a, b, or_equal, name):
    """Compare two bits a table: it hands the carry on if they are equal, or else sets it."""
    width, is_signed = _aligned(a, b)
    pairs = (width + 1) // 2
    fabric = pipeline.fabric
    delay = fabric.carry_chain_delay(pairs + 1)
    stage, arrival = pipeline.start((a, b), delay)

    def rows(value):
        """Return the even and the odd bits, the top one inverted for the order of signs."""
        bits = _extended(pipeline.at(value, stage), 2 * pairs)
        if is_signed:
            bits = Cat(bits[:-1], ~bits[-1])
        zero = Const(0, 1)
        return Cat(*(bits[at] for at in range(0, 2 * pairs, 2)), zero), Cat(
            *(bits[at] for at in range(1, 2 * pairs, 2)), zero
        )

    # inputs a, b, c, d, e: low bit of a and b, high bit of a and b, 1 in the rows of the chain
    equals, below = 0, 0
    for address in range(16):
        low_a, low_b, high_a, high_b = (address >> bit & 1 for bit in range(4))
        left, right = low_a + 2 * high_a, low_b + 2 * high_b
        equals |= int(left == right) << (address + 16)
        below |= int(left < right) << (address + 16)
    (low_a, high_a), (low_b, high_b) = rows(a), rows(b)
    sums = Signal(unsigned(pairs + 1), name=name)
    pipeline.m.submodules += Instance(
        fabric.carry_chain_module,
        p_WIDTH=pairs + 1,
        p_SUM=Const(equals, 64),
        p_X=Const(below, 32),
        p_DIRECT=0,
        p_CELL=fabric.carry_cell_bits,
        i_a=low_a,
        i_b=low_b,
        i_c=high_a,
        i_d=high_b,
        i_e=Const((1 << pairs) - 1, pairs + 1),
        i_f=Const(0, pairs + 1),
        i_ci=Const(int(or_equal), 1),
        o_s=sums,
    )
    return pipeline.slice(pipeline.chained(sums, stage, arrival + delay), pairs, pairs + 1)


def equal(pipeline, a, b, name="equal"):
    """Return whether ``a == b`` as integers; one bit.

    A table compares as many bit pairs as it has inputs for; the rest is a tree of conjunctions.
    """
    width, _ = _aligned(a, b)
    inputs = pipeline.fabric.lut_inputs
    step = inputs // 2

    def leaves(x, y):
        x, y = _extended(x, width), _extended(y, width)
        return Cat(x[at : at + step] == y[at : at + step] for at in range(0, width, step))

    value = pipeline.logic(leaves, a, b, shape=unsigned(-(-width // step)), name=name)
    while len(value) > 1:
        count = len(value)
        value = pipeline.logic(
            lambda bits, count=count: Cat(
                bits[at : at + inputs].all() for at in range(0, count, inputs)
            ),
            value,
            shape=unsigned(-(-count // inputs)),
            name=name,
        )
    return value
