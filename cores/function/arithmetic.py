"""Arithmetic of the function units: products, the one rounding, limits."""

from math import ceil, log2

from amaranth.hdl import Cat, Const, Mux, signed, unsigned

__all__ = ["clipped", "product", "rounding_shift", "saturated"]

# widest operand of a hard multiplier that large products are put together from
_PART = 17


def product(pipeline, a, b, name):
    """Return the exact product of two values of any widths, by hard multipliers where there are."""
    fabric = pipeline.fabric
    parts = ceil(len(a) / _PART) * ceil(len(b) / _PART)
    width = len(a) + len(b)
    either = a.signal.shape().signed or b.signal.shape().signed
    delay = fabric.multiplier_delay + ceil(log2(parts)) * fabric.carry_chain_delay(width)
    shape = signed(width + 1) if either else unsigned(width)
    return pipeline.operate(lambda x, y: x * y, a, b, delay=delay, shape=shape, name=name)


def rounding_shift(pipeline, value, amount, most_left=0, name="rounded"):
    """Return ``value / 2**amount`` rounded to nearest, ties up.

    Parameters
    ----------
    pipeline : Pipeline
    value : Timed
        Signed.
    amount : Timed
        Unsigned: the shift to the right, plus ``most_left``.
    most_left : int
        Farthest shift to the left.

    Notes
    -----
    One bit more is kept than is wanted, so that half need not be added before the shift:
    ``floor((floor(2 v / 2**n) + 1) / 2)`` is ``floor((v + 2**(n - 1)) / 2**n)``.
    """
    width = len(value) + most_left + 1
    found = pipeline.free(lambda v: Cat(Const(0, most_left + 1), v).as_signed(), value)
    for low in range(0, len(amount), 2):
        high = min(low + 2, len(amount))
        bits = pipeline.slice(amount, low, high)
        found = pipeline.logic(
            lambda v, by, low=low: _moved(v, by, 1 << low),
            found,
            bits,
            levels=2,
            shape=signed(width),
            name=f"{name}_by_{1 << low}",
        )
    delay = pipeline.fabric.carry_chain_delay(width)
    shape = signed(width)
    return pipeline.operate(lambda v: v + 1 >> 1, found, delay=delay, shape=shape, name=name)


def _moved(value, by, step):
    """Return a signed value moved right by 0 to 3 steps."""
    chosen = value
    for times in range(1, 1 << len(by)):
        chosen = Mux(by == times, value >> min(times * step, len(value) - 1), chosen)
    return chosen


def clipped(pipeline, value, bits, name="clipped"):
    """Return a signed value limited to magnitudes below ``2**bits``."""
    if len(value) <= bits:
        return value
    largest = (1 << bits) - 1
    return _limited(pipeline, value, -largest, largest, bits + 1, name)


def saturated(pipeline, value, name="saturated"):
    """Return a signed value limited to 32 bits of two's complement."""
    if len(value) <= 32:
        return value
    return _limited(pipeline, value, -(1 << 31), (1 << 31) - 1, 32, name)


def _limited(pipeline, value, low, high, width, name):
    def limit(v):
        top = v[width - 1 :]
        fits = (top == 0) | top.all()
        # the most negative number fits, and may still be below the limit
        fits = fits & (v != -(1 << width - 1)) if low > -(1 << width - 1) else fits
        return Mux(fits, v[:width].as_signed(), Mux(v[-1], Const(low, signed(width)), high))

    levels = 1 + pipeline.fabric.gate_levels(len(value))
    return pipeline.logic(limit, value, levels=levels, shape=signed(width), name=name)
