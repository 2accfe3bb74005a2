"""Multipliers: rows of masked operands on carry chains, small tables, or a hard multiplier."""

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.booth import booth_digits, booth_partials
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["fits_hard_multiplier", "multiply", "takes_hard_multiplier"]

_LONGEST_SEQUENCE = 4


def _product_shape(a, b):
    width = len(a.signal) + len(b.signal)
    return signed(width) if _signed(a) or _signed(b) else unsigned(width)


def _signed(value):
    return value.signal.shape().signed


def multiply(pipeline, a, b, hard=False, name="product", final=False):
    """Multiply two values exactly.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the multiplier becomes part of.
    a, b : Timed
        Operands, each signed or unsigned as its shape says.
    hard : bool
        Whether a hard multiplier may take the product; it does if it meets the period.
    name : str
        Name of the product in the emitted Verilog.
    final : bool
        Nothing but a register follows; otherwise room is kept for one carry chain. A hard
        multiplier's own output register is used where the product has no room in its stage.

    Returns
    -------
    Timed
        The product, as wide as both operands together.
    """
    shape = _product_shape(a, b)
    if hard and fits_hard_multiplier(pipeline, len(a), len(b)):
        return _by_hard_multiplier(pipeline, a, b, shape, name, final)
    if not shape.signed and len(a) + len(b) <= 4:
        return _by_table(pipeline, a, b, shape, name)
    if _recodes(pipeline.fabric, a, b):
        return _by_digits(pipeline, a, b, shape, name)
    if _signed(a) and not _signed(b):
        a, b = b, a
    return _by_rows(pipeline, a, b, shape, name)


def takes_hard_multiplier(pipeline, dsp, operands, narrowest, number=0):
    """Return whether a hard multiplier takes a product.

    Parameters
    ----------
    pipeline : Pipeline
    dsp : str or int
        ``"auto"``, ``"none"``, or the most hard multipliers.
    operands : (Shape, Shape)
    narrowest : int
        Least width of an operand, as a signed integer, for which ``"auto"`` takes one.
    number : int
        Number of the product among those that may have a hard multiplier.
    """
    # a hard multiplier is signed: an unsigned operand takes one bit more
    widths = [shape.width + (not shape.signed) for shape in operands]
    if dsp == "none" or not pipeline.fabric.multiplies(*widths):
        return False
    wanted = min(widths) >= narrowest if dsp == "auto" else number < dsp
    return wanted and fits_hard_multiplier(pipeline, *(shape.width for shape in operands))


def fits_hard_multiplier(pipeline, width_a, width_b):
    """Return whether a hard multiplier of these operands, between registers, is fast enough."""
    key = (fits_hard_multiplier, width_a, width_b)
    if key not in pipeline.decisions:
        trial = pipeline.trial()
        a, b = (trial.input(Signal(signed(width))) for width in (width_a, width_b))
        product = _by_hard_multiplier(trial, a, b, _product_shape(a, b), "product", final=True)
        trial.register(product)
        trial.discard()
        pipeline.decisions[key] = trial.meets_period()
    return pipeline.decisions[key]


def _by_hard_multiplier(pipeline, a, b, shape, name, final):
    if not _has_room(pipeline, a, b, shape, final):
        return _by_registered_multiplier(pipeline, a, b, shape, name)
    delay = pipeline.fabric.multiplier_delay
    return pipeline.operate(lambda x, y: x * y, a, b, delay=delay, shape=shape, name=name)


def _has_room(pipeline, a, b, shape, final):
    """Return whether a hard multiplier's product needs no register of the multiplier's own."""
    fabric = pipeline.fabric
    width = shape.width
    following = 0.0 if final else fabric.carry_chain_delay(width) + fabric.spread(width)
    return fabric.multiplier_module is None or pipeline.fits(
        (a, b), fabric.multiplier_delay + following, width=width
    )


def _by_registered_multiplier(pipeline, a, b, shape, name):
    """Multiply in a hard multiplier whose own output register ends the stage.

    Where the operands come too late for the product, its input registers end a stage as well.
    """
    fabric = pipeline.fabric
    delay = fabric.multiplier_capture_delay
    twice = fabric.multiplier_inner_delay and not pipeline.fits((a, b), delay)
    delay = fabric.multiplier_input_delay if twice else delay
    stage, arrival = pipeline.start((a, b), delay)
    result = Signal(shape, name=name)
    pipeline.capture(Timed(result, stage, arrival + delay))
    if twice:
        pipeline.capture_within(fabric.multiplier_inner_delay)
    options = {"p_INPUT_REGISTERS": 1} if twice else {}
    pipeline.m.submodules += Instance(
        fabric.multiplier_module,
        p_A_WIDTH=len(a),
        p_B_WIDTH=len(b),
        p_A_SIGNED=int(_signed(a)),
        p_B_SIGNED=int(_signed(b)),
        i_clk=ClockSignal("sync"),
        i_enable=pipeline.enable,
        i_a=pipeline.at(a, stage),
        i_b=pipeline.at(b, stage),
        o_p=result,
        **options,
    )
    return Timed(result, stage + 1 + bool(twice), fabric.multiplier_output_delay)


def _recodes(fabric, a, b):
    """Return whether Booth's recoding takes fewer chains than rows of masked operands."""
    digits = min(booth_digits(len(each), _signed(each)) for each in (a, b))
    return fabric.carry_inputs == 5 and digits < min(len(a), len(b)) - 1


def _by_digits(pipeline, a, b, shape, name):
    """Add one row for every digit of the operand that has fewer of them."""
    if booth_digits(len(a), _signed(a)) < booth_digits(len(b), _signed(b)):
        a, b = b, a
    partials = [_Partial(*each) for each in booth_partials(pipeline, a, b, name)]
    return _reduced(pipeline, partials, shape, name)


def _by_table(pipeline, a, b, shape, name):
    width = len(a)

    def product(address):
        return (address & ((1 << width) - 1)) * (address >> width)

    def tables(x, y):
        return lookup([*x, *y], product, shape.width)

    return pipeline.logic(tables, a, b, shape=shape, name=name)


class _Partial:
    """A partial sum of rows: ``value * 2**low``, worth ``minimum`` to ``maximum`` units."""

    def __init__(self, value, low, minimum, maximum):
        self.value = value
        self.low = low
        self.minimum = minimum
        self.maximum = maximum


def _by_rows(pipeline, a, b, shape, name):
    """Add one masked copy of ``a`` for every bit of ``b``."""
    width = len(a)
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if _signed(a) else (0, (1 << width) - 1)
    rows = []
    for position in range(len(b)):
        bit = pipeline.slice(b, position, position + 1)
        negative = _signed(b) and position == len(b) - 1
        rows.append((position, bit, negative, low, high))
    if len(rows) <= _LONGEST_SEQUENCE:
        partial = _first_rows(pipeline, a, rows[:2], name)
        for row in rows[2:]:
            partial = _combine(pipeline, partial, a, row, name)
        partials = [partial]
    else:
        # an odd row stands first: the last one of a signed operand is negative
        starts = [0, *range(len(rows) % 2, len(rows), 2)][not len(rows) % 2 :]
        ends = [*starts[1:], len(rows)]
        partials = [
            _first_rows(pipeline, a, rows[start:end], name)
            for start, end in zip(starts, ends, strict=True)
        ]
    return _reduced(pipeline, partials, shape, name)


def _reduced(pipeline, partials, shape, name):
    """Return the sum of partial sums, in the product's shape."""
    while len(partials) > 1:
        pairs = [partials[start : start + 2] for start in range(0, len(partials), 2)]
        partials = [_sum_of(pipeline, *pair, name) if len(pair) == 2 else pair[0] for pair in pairs]
    total = partials[0].value
    return pipeline.free(lambda value: _shaped(value, shape), total)


def _shaped(value, shape):
    extension = max(0, shape.width - len(value))
    top = value[-1] if value.shape().signed else Const(0, 1)
    bits = Cat(value, top.replicate(extension))[: shape.width]
    return bits.as_signed() if shape.signed else bits


def _masked_row(pipeline, a, row, name):
    position, bit, negative, low, high = row
    if negative:
        raise ValueError("a negative row cannot stand alone")
    return _Partial(
        pipeline.logic(
            lambda value, mask: value & mask.replicate(len(value)),
            a,
            bit,
            shape=a.signal.shape(),
            name=f"{name}_row",
        ),
        position,
        min(0, low),
        high,
    )


def _first_rows(pipeline, a, rows, name):
    """Return the sum of one or two rows, each masked inside the carry chain."""
    if len(rows) == 1:
        return _masked_row(pipeline, a, rows[0], name)
    (position, bit, _, low, high), second = rows
    zero_row = _Partial(a, position, min(0, low), high)
    return _combine(pipeline, zero_row, a, second, name, mask=bit)


def _combine(pipeline, partial, a, row, name, mask=None):
    """Return ``partial`` plus one row of ``a``; ``mask`` applies to the partial itself."""
    position, bit, negative, low, high = row
    passed = position - partial.low
    row_low, row_high = (-high, -low) if negative else (min(0, low), high)
    minimum = partial.minimum + (row_low << passed)
    maximum = partial.maximum + (row_high << passed)
    shape = shape_of_range(minimum, maximum)
    upper_shape = _like(shape, shape.width - passed)

    def upper(value):
        bits = value[passed:]
        return bits.as_signed() if value.shape().signed else bits

    x = Term(pipeline.free(upper, partial.value), mask)
    one = pipeline.constant(Const(1, 1))
    y = Term(a, bit, one if negative else None)
    top = add(pipeline, x, y, upper_shape, int(negative), f"{name}_sum", divisible=True)
    lower = pipeline.slice(partial.value, 0, passed)
    if mask is not None and passed:
        lower = pipeline.logic(
            lambda value, enable: value & enable.replicate(passed),
            lower,
            mask,
            shape=unsigned(passed),
            name=f"{name}_low",
        )
    joined = pipeline.free(lambda below, above: _joined(below, above, shape), lower, top)
    return _Partial(joined, partial.low, minimum, maximum)


def _sum_of(pipeline, first, second, name):
    """Return the sum of two partial sums."""
    passed = second.low - first.low
    minimum = first.minimum + (second.minimum << passed)
    maximum = first.maximum + (second.maximum << passed)
    shape = shape_of_range(minimum, maximum)

    def upper(value):
        bits = value[passed:]
        return bits.as_signed() if value.shape().signed else bits

    top = add(
        pipeline,
        Term(pipeline.free(upper, first.value)),
        Term(second.value),
        _like(shape, shape.width - passed),
        name=f"{name}_sum",
        divisible=True,
    )
    lower = pipeline.slice(first.value, 0, passed)
    joined = pipeline.free(lambda below, above: _joined(below, above, shape), lower, top)
    return _Partial(joined, first.low, minimum, maximum)


def _like(shape, width):
    return signed(width) if shape.signed else unsigned(width)


def _joined(below, above, shape):
    bits = Cat(below, above)
    return bits.as_signed() if shape.signed else bits
