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
    count, and chooses which half the lower ones come from.

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
    some, count = pipeline.free(padded, value), []
    for level in range(bits):
        pairs = len(some) // 2
        upper = pipeline.free(
            lambda each, pairs=pairs: Cat(each[2 * at + 1] for at in range(pairs)), some
        )
        lower = [
            pipeline.choose(
                lambda low, up, pairs=pairs: Cat(
                    Mux(up[at], low[2 * at + 1], low[2 * at]) for at in range(pairs)
                ),
                each,
                upper,
                shape=unsigned(pairs),
                name=f"{name}_{1 << level}_bit",
            )
            for each in count
        ]
        count = [*lower, pipeline.free(lambda up: ~up, upper)]
        some = pipeline.choose(
            lambda each, pairs=pairs: Cat(each[2 * at : 2 * at + 2].any() for at in range(pairs)),
            some,
            shape=unsigned(pairs),
            name=f"{name}_{1 << level}_some",
        )
    if not count:
        return pipeline.constant(Const(0, 1)), some
    return pipeline.free(lambda *each: Cat(*each), *count), some


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
    result = pipeline.choose(shifted, window, select, shape=unsigned(kept), name=f"{name}_{step}")
    return result, lost
