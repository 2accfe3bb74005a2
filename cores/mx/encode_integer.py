"""Elements that are integers: a lane shifted right, rounded, negated where its sign says so."""

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.mx.encode_round import clear_far, round_up, shift_right

__all__ = ["integer_code"]


def integer_code(pipeline, lane, lanes, kept, shared, rules, element, random, specials, name):
    """Return the code of one element; see ``encode_element``."""
    width = kept.integer
    low = shared.low - lanes.high if shared.clamps_high else 0
    shape = shape_of_range(min(low, 0), shared.high - lanes.low)
    distance = add(
        pipeline,
        Term(shared.value(pipeline)),
        Term(pipeline.signed(lane.exponent), None, pipeline.constant(Const(1, 1))),
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
    # beyond this distance only what is below the last bit is left
    reach = (kept.integer + kept.guard - 1).bit_length()
    near = pipeline.slice(amount, 0, min(reach, len(amount)))
    far = None
    if len(amount) > reach:
        far = pipeline.logic(
            lambda bits, *over: bits[reach:].any() & (~over[0][-1] if over else 1),
            amount,
            *([distance] if shape.signed else []),
            levels=1 + (len(amount) - reach > 3),
            shape=unsigned(1),
            name=f"{name}_far",
        )
    value = shift_right(pipeline, lane.significand, near, kept.sticky, name)
    value, lost = clear_far(pipeline, value, lane.significand, far, specials.nothing, rules, name)
    increment = round_up(pipeline, value, kept, rules, lane.sign, random, lost, None, name)
    whole = pipeline.slice(value, kept.below, kept.width)
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
