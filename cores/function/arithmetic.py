"""Arithmetic of the function units: products, the one rounding, limits."""

from math import ceil, log2

from amaranth.hdl import Cat, Const, Mux, signed, unsigned

__all__ = ["chain", "clipped", "product", "resized", "rounding_shift", "saturated"]

# widest operand of a hard multiplier that large products are put together from
_PART = 17


def chain(pipeline, function, *inputs, bits, shape, name, chains=1, levels=0):
    """Return what carry chains of so many bits, one after the other, and look-up tables give.

    Parameters
    ----------
    pipeline : Pipeline
    function : callable
        As of `Pipeline.operate`.
    inputs : Timed
    bits : int
        Of a chain.
    shape : Shape
        Of the result.
    name : str
    chains : int
        Carry chains in series.
    levels : int
        Look-up tables in series with them.
    """
    fabric = pipeline.fabric
    # tables at the end of a chain lie elsewhere, like any other operation that follows it
    inner = chains - 1 + (levels > 0)
    delay = chains * fabric.carry_chain_delay(bits) + inner * fabric.carry_exit_delay
    delay += fabric.logic_delay(levels)
    exit = 0.0 if levels else fabric.carry_exit_delay
    return pipeline.operate(function, *inputs, delay=delay, exit=exit, shape=shape, name=name)


def product(pipeline, a, b, name):
    """Return the exact product of two values of any widths, by hard multipliers where there are.

    Where a clock period is too short for the multipliers and the sums of what they give, products
    of parts are operations of their own, so that registers may stand between.
    """
    fabric, delay = pipeline.fabric, pipeline.fabric.multiplier_delay
    width = len(a) + len(b)
    either = a.signal.shape().signed or b.signal.shape().signed
    shape = signed(width + 1) if either else unsigned(width)
    chains = ceil(log2(ceil(len(a) / _PART) * ceil(len(b) / _PART)))
    exit = fabric.carry_exit_delay if chains else 0.0
    whole = delay + chains * (fabric.carry_chain_delay(width) + exit) - exit
    if not chains or _fits_a_period(pipeline, whole, (a, b), shape.width):
        return pipeline.operate(
            lambda x, y: x * y, a, b, delay=whole, exit=exit, shape=shape, name=name
        )
    parts = []
    for first, one in _limbs(pipeline, a):
        for second, other in _limbs(pipeline, b):
            size = len(one) + len(other)
            found = pipeline.operate(
                lambda x, y: x * y,
                one,
                other,
                delay=delay,
                shape=signed(size + 1) if either else unsigned(size),
                name=f"{name}_{first}_{second}",
            )
            parts.append((first + second, found))
    parts.sort(key=lambda part: part[0])
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        rest = parts[len(parts) & ~1 :]
        joined = [_joined(pipeline, low, high, either, name) for low, high in pairs]
        parts = joined + rest
    return resized(pipeline, parts[0][1], shape)


def _fits_a_period(pipeline, delay, operands, width):
    """Return whether an operation with a result of this width fits between two registers."""
    fabric = pipeline.fabric
    around = fabric.launch_delay + fabric.capture_delay + fabric.spread(width)
    around += max(pipeline.fan_out_delay(each, width) + each.wire for each in operands)
    return pipeline.period is None or around + delay <= pipeline.period


def _limbs(pipeline, value):
    """Yield (place, part) of the parts of a value that hard multipliers take."""
    is_signed, size = value.signal.shape().signed, len(value)
    for place in range(0, size, _PART):
        part = pipeline.slice(value, place, min(place + _PART, size))
        if is_signed and place + _PART >= size:
            part = pipeline.free(lambda bits: bits.as_signed(), part)
        yield place, part


def _joined(pipeline, low, high, either, name):
    """Return (place, sum) of two products; bits below the second one pass by the carry chain."""
    (place, one), (above, other) = low, high
    by = above - place
    width = max(len(one) - by, len(other)) + 1

    def add(x, y):
        upper = x[by:].as_signed() if x.shape().signed else x[by:]
        return Cat(x[:by], (upper + y)[:width])

    shape = signed(by + width) if either else unsigned(by + width)
    label = f"{name}_from_{place}"
    return place, chain(pipeline, add, one, other, bits=width, shape=shape, name=label)


def resized(pipeline, value, shape):
    """Return a value, which has room in the shape, as one of the shape; costs nothing."""

    def fill(x):
        bits = x[: shape.width]
        if len(bits) < shape.width:
            top = x[-1] if x.shape().signed else Const(0, 1)
            bits = Cat(bits, top.replicate(shape.width - len(bits)))
        return bits.as_signed() if shape.signed else bits

    return pipeline.free(fill, value)


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
    shape = signed(width)
    return chain(pipeline, lambda v: v + 1 >> 1, found, bits=width, shape=shape, name=name)


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
