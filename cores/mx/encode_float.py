"""Elements that are floats: a lane's exponent against the block's, its significand rounded once."""

from amaranth.hdl import Cat, Const, Mux, Value, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.mx.encode_round import clear_far, round_up, shift_right

__all__ = ["float_code"]


def float_code(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name):
    """Return the code of one element; see ``encode_element``."""
    fraction_bits, top = element.significand_bits, element.max_code >> element.significand_bits
    binade, normal = _binade(pipeline, lane, lanes, shared, top, name)
    least = lanes.low + top - 1 - shared.high
    lead = pipeline.logic(
        lambda large, bits: large & bits[-1],
        normal,
        lane.significand,
        shape=unsigned(1),
        name=f"{name}_normal",
    )
    value = _aligned(pipeline, lane, binade, normal, kept, name)
    value = pipeline.concatenate([value, lead])
    far = _far(pipeline, binade, normal, least, kept, name)
    whole, nothing = lane.significand, specials.nothing
    value, lost = clear_far(pipeline, value, whole, far, nothing, rules, name)
    fraction = pipeline.slice(value, kept.below, kept.below + fraction_bits)
    places = len(binade) if shared.clamps_high else max(1, (top - 1).bit_length())
    width = ((1 << places) + 2 << fraction_bits).bit_length()
    full = None
    if not shared.clamps_high:
        width = (top + 1 << fraction_bits).bit_length()
        if rules.overflow == "saturate":
            # only numbers of the highest binade may be rounded beyond the largest
            width = element.width - 1
            full = _full(pipeline, lane, binade, lead, kept, element, name)
            fraction = _limited(pipeline, fraction, full, element, name)
    carry = round_up(pipeline, value, kept, rules, lane.sign, random, lost, full, name)
    # the leading one adds 1 to the exponent
    lead = pipeline.slice(value, len(value) - 1, len(value))
    placed = pipeline.free(lambda bits: Cat(Const(0, fraction_bits), bits[:places]), binade)
    code = add(
        pipeline,
        Term(pipeline.concatenate([fraction, lead])),
        Term(placed, lead),
        unsigned(width),
        0 if carry is None else carry,
        name=f"{name}_rounded",
    )
    return _packed(pipeline, code, full is None, lane.sign, rules, element, specials, name)


def _binade(pipeline, lane, lanes, shared, top, name):
    """Return the exponent's field less 1, and whether it is not negative: a normal element."""
    low = lanes.low + top - 1 - shared.high
    high = lanes.high + top - 1 - shared.low if shared.clamps_high else top - 1
    shape = shape_of_range(min(low, -1), high)
    places = max(1, (top - 1).bit_length())
    # modulo a power of two that keeps negative ones off the normal ones there is no sign bit
    unwrapped = shared.clamps_high or (1 << shape.width - 1) < (1 << places) - low
    shape = unsigned(shape.width - (not unwrapped))
    # the sign bit comes inverted, as what it is needed for
    limit = top - 1 + ((1 << shape.width - 1) if unwrapped else 0)
    anchor = shared.below(pipeline, limit, shape, "anchored")
    lowered = lane.lowered
    if lowered is not None:
        lowered = pipeline.free(
            lambda bits: Cat(bits, bits[-1].replicate(shape.width))[: shape.width], lowered
        )
    exponent = Term(lane.exponent, None, lowered)
    binade = add(pipeline, exponent, Term(anchor), shape, name=f"{name}_binade")
    if unwrapped:
        last = shape.width - 1
        normal = pipeline.slice(binade, last, shape.width)
        return pipeline.slice(binade, 0, last), normal
    normal = pipeline.logic(
        lambda bits: ~bits[places:].any(),
        binade,
        levels=1 + (len(binade) - places > 4),
        shape=unsigned(1),
        name=f"{name}_large",
    )
    return binade, normal


def _reach(binade, kept):
    """Return in how many bits the distance fits at which bits above the sticky one are left.

    It is that beyond the first place.
    """
    reach = max(0, kept.integer + kept.guard - 2).bit_length()
    return min(reach, len(binade))


def _aligned(pipeline, lane, binade, normal, kept, name):
    """Return the bits below the leading one at their places in the element."""

    def halved(bits, large):
        moved = Cat(bits[:2].any(), bits[2:]) if kept.sticky else bits[1:]
        return Mux(large, bits[:-1], moved)

    value = pipeline.logic(
        halved,
        lane.significand,
        normal,
        shape=unsigned(kept.width - 1),
        name=f"{name}_halved",
    )
    reach = _reach(binade, kept)
    if not reach:
        return value
    distance = pipeline.logic(
        lambda bits, large: ~(bits[:reach] | large.replicate(reach)),
        binade,
        normal,
        shape=unsigned(reach),
        name=f"{name}_distance",
    )
    return shift_right(pipeline, value, distance, kept.sticky, name)


def _far(pipeline, binade, normal, least, kept, name):
    """Return whether nothing is left above the sticky bit, or None: there always is."""
    reach = _reach(binade, kept)
    if least >= -(1 << reach):
        return None
    return pipeline.logic(
        lambda bits, large: ~large & ~bits[reach:].all(),
        binade,
        normal,
        levels=2,
        shape=unsigned(1),
        name=f"{name}_far",
    )


def _full(pipeline, lane, binade, lead, kept, element, name):
    """Return whether a number has the largest exponent and no less than the largest fraction."""
    below, fraction_bits = kept.below, element.significand_bits
    field, fraction = divmod(element.max_code, 1 << fraction_bits)

    def full(bits, digits, one):
        # neither is larger than the value it is compared with: the ones tell
        ones = [bits[place] for place in range(len(bits)) if field - 1 >> place & 1]
        ones += [digits[below + place] for place in range(fraction_bits) if fraction >> place & 1]
        return one & Cat(*ones).all()

    count = (field - 1).bit_count() + fraction.bit_count() + 1
    return pipeline.logic(
        full,
        binade,
        lane.significand,
        lead,
        levels=1 + (count > 4),
        shape=unsigned(1),
        name=f"{name}_full",
    )


def _limited(pipeline, fraction, full, element, name):
    """Return the fraction, no more than that of the largest number where ``full`` says so."""
    largest = Const(element.max_code, len(fraction))
    if not len(fraction) or largest.value == (1 << len(fraction)) - 1:
        return fraction
    # the largest one is of ones but for its last bits
    return pipeline.logic(
        lambda bits, flag: bits & (largest | ~flag.replicate(len(bits))),
        fraction,
        full,
        shape=unsigned(len(fraction)),
        name=f"{name}_fraction",
    )


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


def _packed(pipeline, code, may_exceed, sign, rules, element, specials, name):
    """Return the element's code, limited and with what replaces a number."""
    bits = element.width - 1
    flags = [each for each in (specials.infinite, specials.nan) if each is not None]
    if not (may_exceed or rules.flush_subnormals or element.specials == "fnuz" or flags):
        return pipeline.concatenate([code, sign])
    infinity = _beyond(element, rules.overflow)
    if may_exceed:
        large = pipeline.logic(
            lambda value: value > element.max_code,
            code,
            levels=1 + (len(code) > 4),
            shape=unsigned(1),
            name=f"{name}_too_large",
        )
    else:
        large = pipeline.constant(Const(0, 1))

    def packed(value, above, minus, *given):
        given = list(given)
        limit = Const(infinity, element.width)
        if infinity != element.max_code:
            limit = Mux(_toward_zero(rules.rounding, minus), element.max_code, infinity)
        value = Cat(value, Const(0, 1))
        if rules.flush_subnormals:
            normal = value[element.significand_bits : bits].any()
            value = value[:bits] & normal.replicate(bits)
        magnitude = Mux(above, limit, value[:bits])
        if specials.infinite is not None:
            magnitude = Mux(given.pop(0), Const(infinity, element.width), magnitude)
        if element.specials == "fnuz":
            is_nan = magnitude == element.nan_code
            minus = Mux(is_nan, 1, minus & Value.cast(magnitude)[:bits].any())
        result = Cat(Value.cast(magnitude)[:bits], minus)
        if specials.nan is not None:
            result = Mux(given.pop(0), Const(element.nan_code, element.width), result)
        return Value.cast(result)[: element.width]

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
