"""Steps that elements of all formats share: shifted right, cleared, rounded up or not."""

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.adder import Term, add

__all__ = ["clear_far", "cleared", "round_up", "shift_right"]


def cleared(pipeline, value, flags, name):
    """Return the value, or 0 where a flag is 1: in a pipeline by the reset of a register."""
    if pipeline.period is None:
        return pipeline.logic(
            lambda bits, *given: bits & ~Cat(*given).any().replicate(len(bits)),
            value,
            *flags,
            shape=unsigned(len(value)),
            name=name,
        )
    # one table joins them with the enable, and the way to a reset is long
    flags = [
        each if pipeline.fits((each,), pipeline.fabric.logic_delay(2)) else pipeline.register(each)
        for each in flags
    ]
    keep = pipeline.free(lambda *given: ~Cat(*given).any(), *flags)
    return pipeline.register_masked(value, keep, name)


def shift_right(pipeline, value, distance, sticky, name):
    """Shift right by an unsigned distance; a sticky last bit stays set."""
    width = len(value)

    def moved(bits, step):
        step = min(step, width)
        if not sticky:
            return Cat(bits[step:], Const(0, step))[:width]
        lost = bits[: min(step + 1, width)].any()
        return Cat(lost, bits[step + 1 :], Const(0, step))[:width]

    stage = len(distance)
    while stage:
        # two places of the distance together, the lowest ones: fewer tables than one by one
        size = 2 if stage == 2 else 1
        stage -= size

        def shifted(bits, by, stage=stage, size=size):
            # not as multiplexers: their zeros would become resets of single bits
            found = Const(0, width)
            for choice in range(1 << size):
                chosen = by[stage : stage + size] == choice
                found = found | (moved(bits, choice << stage) & chosen.replicate(width))
            return found

        value = pipeline.logic(
            shifted,
            value,
            distance,
            levels=size + (sticky and stage > 1),
            shape=unsigned(width),
            name=f"{name}_shifted_{1 << stage}",
        )
    return value


def clear_far(pipeline, value, whole, far, nothing, rules, name):
    """Return (value, whether something is lost): 0 where ``far`` tells of a shift beyond it.

    ``whole`` is the significand before the shift. ``far`` and ``nothing``, which clears the value
    as well, may be None: never. The second result is None where the rounding does not ask for it.
    """
    lost = None
    if far is not None and rules.rounding in ("up", "down"):
        lost = pipeline.reduced(
            lambda bits, flag: bits.any() & flag, whole, far, name=f"{name}_lost"
        )
    flags = [each for each in (far, nothing) if each is not None]
    return (cleared(pipeline, value, flags, f"{name}_near") if flags else value), lost


def round_up(pipeline, value, kept, rules, sign, random, lost, blocked, name):
    """Return whether the bits above those that ``kept`` counts below are rounded up, or None.

    Parameters
    ----------
    value : Timed
        Shifted significand.
    sign : Timed
        One bit.
    random : Timed or None
        Random bits of stochastic rounding.
    lost : Timed or None
        Whether further bits below are set.
    blocked : Timed or None
        1: they are not rounded up.
    """
    rounding = rules.rounding
    if rounding == "toward-zero":
        return None
    stop = [] if blocked is None else [blocked]
    if rounding == "stochastic":
        # the carry of the fraction plus the random bits
        fraction = pipeline.slice(value, 0, kept.guard)
        shape = unsigned(kept.guard + 1)
        total = add(pipeline, Term(fraction), Term(random), shape, name=f"{name}_random_sum")
        carry = pipeline.slice(total, kept.guard, kept.guard + 1)
        if blocked is None:
            return carry
        return pipeline.logic(
            lambda up, block: up & ~block,
            carry,
            blocked,
            shape=unsigned(1),
            name=f"{name}_increment",
        )
    function = {
        "nearest-even": lambda bits, minus, more: bits[1] & (bits[0] | bits[2]),
        "nearest-away": lambda bits, minus, more: bits[0],
        "up": lambda bits, minus, more: (bits[0] | more) & ~minus,
        "down": lambda bits, minus, more: (bits[0] | more) & minus,
    }[rounding]

    def increment(bits, minus, *flags):
        more = flags[0] if lost is not None else Const(0, 1)
        up = function(bits, minus, more)
        return up & ~flags[-1] if stop else up

    extra = ([lost] if lost is not None else []) + stop
    return pipeline.logic(
        increment,
        pipeline.slice(value, 0, min(len(value), 3)),
        sign,
        *extra,
        shape=unsigned(1),
        name=f"{name}_increment",
    )
