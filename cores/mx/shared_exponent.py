"""The exponent that a block shares: the largest of its lanes, as a clamped scale code."""

from dataclasses import dataclass, field

from amaranth.hdl import Cat, Const, Mux, Value, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.compare import less
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range

__all__ = [
    "Offset",
    "SharedExponent",
    "lane_key",
    "largest_key",
    "leading_bits",
    "share_exponent",
]

_SCALE_MAX = 254
_SCALE_NAN = 255
_SCALE_ONE = 127


@dataclass(frozen=True)
class Offset:
    """What is added to the largest exponent for the scale code: ``constant + value``.

    ``value`` is None, or of the range ``low`` to ``high``. With a float scale all lanes may be
    divided by ``unit`` too, a normalized significand.
    """

    constant: int
    value: Timed | None = None
    low: int = 0
    high: int = 0
    unit: Timed | None = None


@dataclass(frozen=True)
class SharedExponent:
    """The scale of a block, and what places its elements.

    Parameters
    ----------
    scale : Timed
        Scale code.
    exponent : Timed
        With ``mask`` and ``constant``: the exponent that the scale stands for, to be compared with
        those of the lanes. Lanes with it fill the element's highest binade.
    low, high : int
        Range of that exponent.
    clamps_high : bool
        Whether lanes may have larger exponents.
    nan : Timed or None
        1: the block is NaN.
    mask : Timed or None
        One bit; 0 makes ``exponent`` zero.
    constant : int
        Added to the masked ``exponent``.
    """

    scale: Timed
    exponent: Timed
    low: int
    high: int
    clamps_high: bool
    nan: Timed | None
    mask: Timed | None = None
    constant: int = 0
    _differences: dict = field(default_factory=dict, repr=False, compare=False)

    def below(self, pipeline, limit, shape, name):
        """Return by how much the exponent is below a constant, modulo the width of ``shape``.

        All lanes share what is computed once.
        """
        key = limit, shape.width, shape.signed
        if key not in self._differences:
            constant = limit - self.constant
            bits = Const(constant, shape_of_range(min(constant, 0), max(constant, 0)))
            ones = pipeline.constant(Const(1, 1))
            exponent = Term(pipeline.signed(self.exponent), self.mask, ones)
            found = add(pipeline, Term(pipeline.constant(bits)), exponent, shape, 1, name=name)
            self._differences[key] = pipeline.broadcast(found)
        return self._differences[key]

    def value(self, pipeline):
        """Return the exponent itself."""
        if self.mask is None and not self.constant:
            return self.exponent
        shape = shape_of_range(min(self.low, 0), max(self.high, 0))
        constant = pipeline.constant(Const(self.constant, shape))
        return add(
            pipeline, Term(constant), Term(self.exponent, self.mask), shape, name="shared_exponent"
        )


def lane_key(pipeline, lane, element, rule, name):
    """Return what lanes are compared by: the exponent, above a bit that asks for one more.

    The bit says whether the scale of a block with this largest value is twice that of the rule
    ``floor`` (``hwgen.formats.CHOICES``).
    """
    exponent = lane.exponent
    if exponent.signal.shape().signed:
        # flip the sign bit: unsigned order
        exponent = pipeline.free(lambda bits: Cat(bits[:-1], ~bits[-1]), exponent)
    if rule == "floor":
        return exponent
    raised = pipeline.logic(
        lambda bits: _raises(bits, element, rule),
        lane.significand,
        levels=1 + (len(lane.significand) > 4) + (len(lane.significand) > 16),
        shape=unsigned(1),
        name=f"{name}_raises",
    )
    return pipeline.free(lambda bits, up: Cat(up, bits), exponent, raised)


def _raises(bits, element, rule):
    width = len(bits)
    if rule == "ceil":
        return bits[-1] & bits[:-1].any()
    if rule == "even":
        digits = getattr(element, "significand_bits", element.width - 2)
        ones = digits + 2
        return bits[-ones:].all() if ones <= width else Const(0, 1)
    limit = leading_bits(element)
    shift = width - limit.bit_length()
    if shift >= 0:
        return bits > limit << shift
    return bits > limit >> -shift


def leading_bits(element):
    """Return the significand of the largest value, without trailing zeros."""
    significand = int(element.finite_parts([element.max_code])[0][0])
    return significand // (significand & -significand)


def largest_key(pipeline, keys, name="largest"):
    """Return the largest of unsigned keys of equal width."""
    keys = list(keys)
    depth = 0
    while len(keys) > 1:
        keys = [
            larger(pipeline, *keys[start : start + 2], f"{name}_{depth}")
            if start + 1 < len(keys)
            else keys[start]
            for start in range(0, len(keys), 2)
        ]
        depth += 1
    return keys[0]


def larger(pipeline, x, y, name):
    """Return the larger of two unsigned values."""
    greater = less(pipeline, y, x, name=f"{name}_greater")
    return pipeline.logic(
        lambda a, b, which: Mux(which, a, b), x, y, greater, shape=unsigned(len(x)), name=name
    )


def share_exponent(pipeline, key, lanes, offset, rules, nonzero, nan):
    """Turn the largest key of a block into its scale.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    key : Timed
        Largest key of the lanes.
    lanes : LaneFormat
        Format of the lanes.
    offset : Offset
        Added to the exponent for the scale code.
    rules : object
        Has ``scale_rule`` and ``zero_scale``.
    nonzero, nan : Timed or None
        Whether the block holds a number but zero (``None``: zeros need no care), and whether it is
        NaN (``None``: it cannot be).
    """
    bumps = rules.scale_rule != "floor"
    exponent = _unkeyed(pipeline, key, lanes, bumps)
    low, high = lanes.low, lanes.high + bumps
    least = -(1 << len(exponent) - 1) if lanes.low < 0 else 0
    if bumps:
        raised = pipeline.slice(key, 0, 1)
        shape = shape_of_range(least, lanes.top + 1)
        zero = Term(pipeline.constant(Const(0, 1)))
        exponent = add(pipeline, Term(exponent), zero, shape, raised, name="raised")
    raw_high = high + offset.constant + offset.high
    shape = shape_of_range(
        min(least + offset.constant + offset.low, -1),
        max(lanes.top + 1 + offset.constant + offset.high, 0),
    )
    total = exponent
    if offset.value is not None:
        middle = shape_of_range(min(least + offset.low, 0), lanes.top + 1 + offset.high)
        total = add(pipeline, Term(total), Term(offset.value), middle, name="scale_sum")
    clamps_high = raw_high > _SCALE_MAX
    if not clamps_high and offset.value is None:
        bounds = (low, high)
        return _clamped_low(pipeline, total, bounds, offset.constant, shape, rules, nonzero, nan)
    constant = Term(pipeline.constant(Const(offset.constant, shape)))
    raw = add(pipeline, Term(total), constant, shape, name="scale_raw")
    clamped = pipeline.logic(
        lambda bits: _clamped(bits, clamps_high),
        raw,
        levels=2,
        shape=unsigned(8),
        name="scale_clamped",
    )
    back = -offset.constant
    anchor_low, anchor_high = max(low, back - offset.high), max(high, back - offset.low)
    if clamps_high:
        anchor_low = min(anchor_low, _SCALE_MAX + back - offset.high)
    anchor_shape = shape_of_range(
        min(0, back - offset.high), _SCALE_MAX + max(0, back, back - offset.low)
    )
    anchor = add(
        pipeline,
        Term(clamped),
        Term(pipeline.constant(Const(back, anchor_shape))),
        anchor_shape,
        name="anchor",
    )
    if offset.value is not None:
        ones = pipeline.constant(Const(1, 1))
        wide = pipeline.signed(offset.value)
        anchor = add(pipeline, Term(anchor), Term(wide, None, ones), anchor_shape, 1, "anchor")
    scale = _finished(pipeline, clamped, nonzero, nan, rules)
    return SharedExponent(scale, anchor, anchor_low, anchor_high, clamps_high, nan)


def _clamped_low(pipeline, exponent, bounds, offset, shape, rules, nonzero, nan):
    """Return the scale of an exponent that is never too large; negative codes become 0."""
    # the sign bit comes inverted, as what it is needed for
    constant = Term(pipeline.constant(Const(offset - (1 << shape.width - 1), shape)))
    raw = add(pipeline, Term(exponent), constant, unsigned(shape.width), name="scale_raw")
    positive = pipeline.free(lambda bits: bits[-1], raw)
    raw = pipeline.free(lambda bits: bits[:-1], raw)
    clamped = pipeline.free(lambda bits: Cat(bits, Const(0, 8))[:8], raw)
    low, high = (max(each, -offset) for each in bounds)
    scale = _finished(pipeline, clamped, nonzero, nan, rules, positive)
    return SharedExponent(scale, raw, low, high, False, nan, positive, -offset)


def _unkeyed(pipeline, key, lanes, bumps):
    exponent = pipeline.slice(key, int(bumps), len(key)) if bumps else key
    if lanes.low >= 0:
        return exponent
    return pipeline.free(lambda bits: Cat(bits[:-1], ~bits[-1]).as_signed(), exponent)


def _clamped(bits, clamps_high):
    negative = bits[-1]
    value = Cat(bits, Const(0, 8))[:8]
    if clamps_high:
        large = ~negative & (bits[:-1] > _SCALE_MAX)
        value = Mux(large, _SCALE_MAX, value)
    return Mux(negative, 0, value)[:8]


def _finished(pipeline, clamped, nonzero, nan, rules, positive=None):
    given = [each for each in (positive, nonzero, nan) if each is not None]
    if not given:
        return clamped
    zero_code = _SCALE_ONE if rules.zero_scale == "one" else 0

    def finish(bits, *flags):
        flags = list(flags)
        if positive is not None:
            bits = Mux(flags.pop(0), bits, 0)
        if nonzero is not None:
            bits = Mux(flags.pop(0), bits, zero_code)
        if nan is not None:
            bits = Mux(flags.pop(0), _SCALE_NAN, bits)
        return Value.cast(bits)[:8]

    return pipeline.logic(
        finish,
        clamped,
        *given,
        levels=1 + (len(given) > 3),
        shape=unsigned(8),
        name="scale",
    )
