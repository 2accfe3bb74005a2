"""Leading zeros, and a left shifter that keeps the leading bits and the sticky bit of the rest."""

from amaranth.hdl import Cat, Const, Mux, unsigned

__all__ = ["any_bit", "leading_zeros", "shifted_window"]


def any_bit(pipeline, value, name="any"):
    """Return whether any bit of ``value`` is 1: or-gates of four inputs, level by level."""
    while len(value) > 1:
        width = len(value)
        value = pipeline.logic(
            lambda bits, width=width: Cat(bits[at : at + 4].any() for at in range(0, width, 4)),
            value,
            shape=unsigned(-(-width // 4)),
            name=name,
        )
    return value


def leading_zeros(pipeline, value, pad=0, name="leading"):
    """Count the zeros above the leading one of ``value``, with ``pad`` more on top.

    Neighboring groups of bits are joined level by level: the upper half tells the next bit of the
    count, and chooses which half the lower ones come from. Four bits take one table for each bit
    of their count.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the counter becomes part of.
    value : Timed
        Unsigned integer.
    pad : int
        Zeros above it that are counted as well.
    name : str
        Name of the count in the emitted Verilog.

    Returns
    -------
    (Timed, Timed)
        The count, and whether any bit is 1; the count means nothing where none is.
    """
    width = len(value)
    bits = (width + pad - 1).bit_length()
    size = 1 << bits
    below = size - width - pad

    def padded(signal):
        return Cat(Const(0, below), signal, Const(0, pad))

    # for every group of bits: whether it has a one, and the count of its leading zeros
    groups, count = [pipeline.free(padded, value)], []
    for level in range(bits):
        upper = pipeline.free(lambda each: Cat(each[1::2]), groups[-1])
        lower = [_chosen_half(pipeline, each, upper, f"{name}_{1 << level}_bit") for each in count]
        if level == 1:
            lower = [_lowest_of_four(pipeline, groups[0], name)]
        count = [*lower, pipeline.free(lambda up: ~up, upper)]
        groups.append(_joined(pipeline, groups, f"{name}_{1 << level}_some"))
    if not count:
        return pipeline.constant(Const(0, 1)), groups[-1]
    return pipeline.free(lambda *each: Cat(*each), *count), groups[-1]


def _chosen_half(pipeline, bits, upper, name):
    """Return one bit of the count of every pair: of its upper group, where that has a one."""
    pairs = len(bits) // 2

    def chosen(low, up):
        return Cat(Mux(up[at], low[2 * at + 1], low[2 * at]) for at in range(pairs))

    return pipeline.logic(chosen, bits, upper, shape=unsigned(pairs), name=name)


def _lowest_of_four(pipeline, bits, name):
    """Return the lowest bit of the count of every four bits, one table each."""
    groups = len(bits) // 4

    def lowest(each):
        return Cat(
            ~each[4 * at + 3] & (each[4 * at + 2] | ~each[4 * at + 1]) for at in range(groups)
        )

    return pipeline.logic(lowest, bits, shape=unsigned(groups), name=f"{name}_2_bit")


def _joined(pipeline, groups, name):
    """Return which pairs of the last groups have a one: from those before, where that is faster."""
    each, size = groups[-1], 2
    if len(groups) > 1 and pipeline.fits(groups[-2:-1], pipeline.fabric.logic_delay()):
        each, size = groups[-2], 4
    joined = len(each) // size
    return pipeline.logic(
        lambda bits: Cat(bits[size * at : size * (at + 1)].any() for at in range(joined)),
        each,
        shape=unsigned(joined),
        name=name,
    )


def shifted_window(pipeline, value, pad, amount, most, width, name="window"):
    """Shift ``value``, with ``pad`` zeros on top of it, left, and return the leading bits.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the shifter becomes part of.
    value : Timed
        Unsigned integer.
    pad : int
        Zeros above it.
    amount : Timed or None
        Unsigned distance; ``None`` for none.
    most : int
        Largest value of ``amount``.
    width : int
        Bits that are kept.
    name : str
        Name of the bits in the emitted Verilog.

    Returns
    -------
    (Timed, Timed)
        The ``width`` leading bits, and whether any bit below them is 1.
    """
    length = len(value)
    # position 0 is the least significant bit of `window`, whose top is the top of the result
    window = pipeline.free(lambda bits: Cat(bits, Const(0, pad)), value)
    if length + pad < width:
        missing = width - length - pad
        window = pipeline.free(lambda bits: Cat(Const(0, missing), bits), window)
    stickies = []
    for level in reversed(range(most.bit_length() if amount is not None else 0)):
        step = 1 << level
        select = pipeline.slice(amount, level, level + 1)
        remaining = min(step - 1, most)
        window, lost = _shift_level(pipeline, window, select, step, width + remaining, name)
        stickies += lost
    extra = len(window) - width
    if extra > 0:
        stickies.append(pipeline.slice(window, 0, extra))
        window = pipeline.slice(window, extra, extra + width)
    if not stickies:
        return window, pipeline.constant(Const(0, 1))
    return window, any_bit(pipeline, pipeline.concatenate(stickies), f"{name}_sticky")


def _shift_level(pipeline, window, select, step, kept, name):
    """Shift ``window`` left by ``step`` where ``select``; return its top and what was lost."""
    length = len(window)
    kept = min(kept, length)

    def shifted(bits, chosen):
        moved = Cat(Const(0, step), bits)[:length]
        return Mux(chosen, moved, bits)[length - kept :]

    # bits that leave in both cases, and those that leave only without a shift
    lost = []
    low = max(0, length - kept - step)
    if low:
        lost.append(any_bit(pipeline, pipeline.slice(window, 0, low), f"{name}_lost"))
    if length - kept > low:
        some = any_bit(pipeline, pipeline.slice(window, low, length - kept), f"{name}_last")
        lost.append(
            pipeline.logic(
                lambda bit, chosen: bit & ~chosen,
                some,
                select,
                shape=unsigned(1),
                name=f"{name}_left",
            )
        )
    result = pipeline.logic(shifted, window, select, shape=unsigned(kept), name=f"{name}_{step}")
    return result, lost
