"""Elements of a block: a lane's leading bits, shifted to the shared exponent and rounded once."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, Value, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.pipeline import Timed
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["Kept", "Specials", "encode_element", "kept_bits"]


@dataclass(frozen=True)
class Kept:
    """How many bits of a lane its element depends on.

    Parameters
    ----------
    integer : int
        Bits down to the last place of the element in its highest binade.
    guard : int
        Further bits below.
    sticky : bool
        Whether a last bit tells if anything below them is set.
    """

    integer: int
    guard: int
    sticky: bool

    @property
    def below(self):
        """Bits that rounding discards."""
        return self.guard + self.sticky

    @property
    def width(self):
        return self.integer + self.below


@dataclass(frozen=True)
class Specials:
    """Flags of one lane that replace its number; each one bit, or None.

    Parameters
    ----------
    nan : Timed or None
        The element is NaN.
    infinite : Timed or None
        The element is what lies beyond the largest number.
    """

    nan: Timed | None = None
    infinite: Timed | None = None


def is_float(element):
    """Return whether an element has an exponent of its own."""
    return hasattr(element, "exponent_bits")


def kept_bits(element, rounding, random_bits):
    """Return the ``Kept`` of an element format."""
    integer = element.significand_bits + 1 if is_float(element) else element.width - 1
    guard, sticky = {
        "nearest-even": (1, True),
        "nearest-away": (1, False),
        "toward-zero": (0, False),
        "up": (0, True),
        "down": (0, True),
        "stochastic": (random_bits, False),
    }[rounding]
    return Kept(integer, guard, sticky)


def encode_element(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name):
    """Return the code of one element.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    lane : Lane
        Its significand has been cut to the bits that ``kept`` tells of.
    lanes : LaneFormat
        Format of the lane.
    kept : Kept
        What ``kept_bits`` says.
    shared : SharedExponent
        The block's scale.
    rules : Quantization
        Rounding, overflow and so on.
    element : format
        Format of the result; signed.
    random : Timed or None
        Random bits of stochastic rounding.
    specials : Specials
        What replaces the number.
    name : str
        Prefix of the names in the emitted Verilog.
    """
    encode = _float_code if is_float(element) else _integer_code
    return encode(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name)


def _shift_right(pipeline, bits, amount, active, most, kept, name):
    """Shift ``bits`` right, keeping a sticky last bit if there is one.

    Parameters
    ----------
    amount : Timed
        Unsigned distance.
    active : Timed or None
        One bit; 0 leaves the bits as they are.
    most : int
        Beyond this distance only the sticky bit can be set.
    """
    width = kept.width
    sticky = kept.sticky

    def moved(value, step):
        step = min(step, width)
        if not sticky:
            return Cat(value[step:], Const(0, step))[:width]
        lost = value[: min(step + 1, width)].any()
        return Cat(lost, value[step + 1 :], Const(0, step))[:width]

    stages = min(len(amount), most.bit_length())
    value = bits
    if len(amount) > stages:
        far = pipeline.logic(
            lambda distance, *on: distance[stages:].any() & (on[0] if on else 1),
            amount,
            *([active] if active is not None else []),
            levels=1 + (len(amount) - stages > 3),
            shape=unsigned(1),
            name=f"{name}_far",
        )
        value = pipeline.logic(
            lambda given, all_lost: Mux(all_lost, moved(given, width), given),
            value,
            far,
            levels=1 + (sticky and width > 2),
            shape=unsigned(width),
            name=f"{name}_near",
        )
    for stage in reversed(range(stages)):
        value = pipeline.logic(
            lambda given, distance, *on, stage=stage: Mux(
                distance[stage] & (on[0] if on else 1), moved(given, 1 << stage), given
            ),
            value,
            amount,
            *([active] if active is not None else []),
            levels=1 + (sticky and stage > 1),
            shape=unsigned(width),
            name=f"{name}_shifted_{1 << stage}",
        )
    return value


def _increment(pipeline, value, kept, rules, sign, random, name):
    """Return (integer bits, one bit: round up)."""
    below = kept.below
    whole = pipeline.slice(value, below, kept.width)
    if rules.rounding == "stochastic":
        # the carry of the fraction plus the random bits
        total = add(
            pipeline,
            Term(pipeline.slice(value, 0, kept.guard)),
            Term(random),
            unsigned(kept.guard + 1),
            name=f"{name}_random_sum",
        )
        return whole, pipeline.slice(total, kept.guard, kept.guard + 1)
    if rules.rounding == "toward-zero":
        return whole, None
    function = {
        "nearest-even": lambda bits, minus: bits[1] & (bits[0] | bits[2]),
        "nearest-away": lambda bits, minus: bits[0],
        "up": lambda bits, minus: bits[0] & ~minus,
        "down": lambda bits, minus: bits[0] & minus,
    }[rules.rounding]
    increment = pipeline.logic(function, value, sign, shape=unsigned(1), name=f"{name}_increment")
    return whole, increment


def _float_code(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name):
    fraction_bits, top = element.significand_bits, element.max_code >> element.significand_bits
    low = lanes.low + top - 1 - shared.high
    high = lanes.high + top - 1 - shared.low if shared.clamps_high else top - 1
    shape = shape_of_range(min(low, -1), high)
    anchor = add(
        pipeline,
        Term(pipeline.constant(Const(top, signed(max(top.bit_length(), 1) + 1)))),
        Term(_signed(pipeline, shared.exponent), None, pipeline.constant(Const(1, 1))),
        shape,
        name="anchored",
    )
    # minus one in all: complement without its carry in, and the leading one counts itself
    binade = add(pipeline, Term(lane.exponent), Term(anchor), shape, name=f"{name}_binade")
    below = pipeline.slice(binade, len(binade) - 1, len(binade))
    distance = pipeline.free(lambda bits: ~bits[:-1], binade)
    by_one = pipeline.logic(
        lambda bits, minus: Mux(minus, _moved_by_one(bits, kept), bits),
        lane.significand,
        below,
        shape=unsigned(kept.width),
        name=f"{name}_halved",
    )
    value = _shift_right(
        pipeline, by_one, distance, below, kept.integer + kept.guard - 1, kept, name
    )
    whole, increment = _increment(pipeline, value, kept, rules, lane.sign, random, name)
    lead = pipeline.slice(lane.significand, kept.width - 1, kept.width)
    normal = pipeline.logic(
        lambda minus, one: ~minus & one, below, lead, shape=unsigned(1), name=f"{name}_normal"
    )
    # a number that is no smaller than the scale allows has no more bits than the top binade
    places = len(binade) - 1 if shared.clamps_high else max(1, (top - 1).bit_length())
    placed = pipeline.free(lambda bits: Cat(Const(0, fraction_bits), bits[:places]), binade)
    width = ((1 << places) + 2 << fraction_bits).bit_length()
    if not shared.clamps_high:
        width = (top + 1 << fraction_bits).bit_length()
    carry = increment if increment is not None else 0
    code = add(
        pipeline,
        Term(whole),
        Term(placed, normal),
        unsigned(width),
        carry,
        name=f"{name}_rounded",
    )
    return _float_limits(pipeline, code, lane.sign, rules, element, specials, name)


def _moved_by_one(bits, kept):
    if not kept.sticky:
        return Cat(bits[1:], Const(0, 1))
    return Cat(bits[:2].any(), bits[2:], Const(0, 1))


def _signed(pipeline, value):
    if value.signal.shape().signed:
        return value
    return pipeline.free(lambda bits: Cat(bits, Const(0, 1)).as_signed(), value)


def _beyond(element, overflow):
    """Return the magnitude code of what rounds beyond the largest number."""
    if overflow == "infinity":
        for code in (element.infinity_code, element.nan_code):
            if code is not None:
                return code
    return element.max_code


def _toward_zero(rounding, sign):
    """Return whether a rounding mode stops at the largest number."""
    known = {"toward-zero": Const(1, 1), "up": sign, "down": ~sign}
    return known.get(rounding, Const(0, 1))


def _float_limits(pipeline, code, sign, rules, element, specials, name):
    bits = element.width - 1
    large = pipeline.logic(
        lambda value: value > element.max_code,
        code,
        levels=1 + (len(code) > 4),
        shape=unsigned(1),
        name=f"{name}_too_large",
    )
    infinity = _beyond(element, rules.overflow)

    def packed(value, above, minus, *flags):
        flags = list(flags)
        limit = Const(infinity, element.width)
        if infinity != element.max_code:
            limit = Mux(_toward_zero(rules.rounding, minus), element.max_code, infinity)
        value = Cat(value, Const(0, 1))
        if rules.flush_subnormals:
            normal = value[element.significand_bits : bits].any()
            value = value[:bits] & normal.replicate(bits)
        magnitude = Mux(above, limit, value[:bits])
        if specials.infinite is not None:
            magnitude = Mux(flags.pop(0), Const(infinity, element.width), magnitude)
        if element.specials == "fnuz":
            is_nan = magnitude == element.nan_code
            minus = Mux(is_nan, 1, minus & Value.cast(magnitude)[:bits].any())
        result = Cat(Value.cast(magnitude)[:bits], minus)
        if specials.nan is not None:
            result = Mux(flags.pop(0), Const(element.nan_code, element.width), result)
        return Value.cast(result)[: element.width]

    flags = [each for each in (specials.infinite, specials.nan) if each is not None]
    return pipeline.logic(
        packed,
        code,
        large,
        sign,
        *flags,
        levels=1 + bool(flags) + (rules.overflow == "infinity"),
        shape=unsigned(element.width),
        name=f"{name}_code",
    )


def _integer_code(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name):
    width = kept.integer
    low = shared.low - lanes.high if shared.clamps_high else 0
    shape = shape_of_range(min(low, 0), shared.high - lanes.low)
    distance = add(
        pipeline,
        Term(shared.exponent),
        Term(_signed(pipeline, lane.exponent), None, pipeline.constant(Const(1, 1))),
        shape,
        1,
        name=f"{name}_distance",
    )
    amount, above = distance, None
    if shape.signed:
        amount = pipeline.slice(distance, 0, len(distance) - 1)
        above = pipeline.logic(
            lambda bits, value: bits[-1] & value[-1],
            distance,
            lane.significand,
            shape=unsigned(1),
            name=f"{name}_above",
        )
    value = _shift_right(
        pipeline, lane.significand, amount, None, kept.integer + kept.guard - 1, kept, name
    )
    whole, increment = _increment(pipeline, value, kept, rules, lane.sign, random, name)
    if increment is None:
        increment = pipeline.constant(Const(0, 1))
    force = [each for each in (above, specials.infinite) if each is not None]
    if force:
        whole = pipeline.logic(
            lambda bits, *flags: bits | Cat(*flags).any().replicate(width),
            whole,
            *force,
            shape=unsigned(width),
            name=f"{name}_limited",
        )
        increment = pipeline.logic(
            lambda *flags: Cat(*flags).any(),
            increment,
            *force,
            shape=unsigned(1),
            name=f"{name}_limited_up",
        )
    lowest_kept = rules.symmetric

    def carried(up, bits, minus):
        room = ~bits.all()
        if not lowest_kept:
            room = room | minus
        return (up & room) ^ minus

    carry = pipeline.logic(
        carried,
        increment,
        whole,
        lane.sign,
        levels=1 + (width > 4) + (width > 12),
        shape=unsigned(1),
        name=f"{name}_carry",
    )
    zero = Term(pipeline.constant(Const(0, 1)))
    wide = pipeline.free(lambda bits: Cat(bits, Const(0, 1)), whole)
    return add(
        pipeline,
        zero,
        Term(wide, None, lane.sign),
        unsigned(width + 1),
        carry,
        name=f"{name}_code",
    )
