"""A wide exact accumulator in segments: carries move on one segment a clock cycle."""

from amaranth.hdl import Cat, Const, Mux, Signal, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed

__all__ = [
    "accumulate_segments",
    "concatenated",
    "place_in_limbs",
    "segment_width",
    "step_bits",
    "sticky_bit",
]

_LEAST = 4


def step_bits(pipeline, significand_bits):
    """Return log2 of the limbs in which a significand is placed.

    A significand shifted within a limb shall span two limbs, which costs one table a bit; in a
    fast clock, where a long segment does not fit into the period, limbs are short.
    """
    bits = max(_LEAST, (significand_bits - 1).bit_length())
    while bits > _LEAST and segment_width(pipeline, 1 << bits) == 0:
        bits -= 1
    return bits


def segment_width(pipeline, step):
    """Return the widest multiple of ``step`` whose accumulation fits into the period, or 0.

    ``None``: no frequency, no limit.
    """
    if pipeline.period is None:
        return None
    key = ("segment", step)
    if key not in pipeline.decisions:
        width = 0
        while _accumulates_in_time(pipeline, width + step):
            width += step
        pipeline.decisions[key] = width
    return pipeline.decisions[key]


def _accumulates_in_time(pipeline, width):
    """Return whether the loop of a segment of ``width`` bits takes no longer than the period."""
    trial = pipeline.trial()
    addend, low = (trial.input(Signal(bits)) for bits in (width, 1))
    # a segment above it, for the carry out
    accumulate_segments(trial, [addend, low], low, low, lambda stage: Const(1))
    trial.discard()
    return trial.meets_period()


def place_in_limbs(pipeline, significand, exponent, bits, count):
    """Return ``significand * 2**exponent`` as ``count`` limbs of ``2**bits`` bits.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the shifter becomes part of.
    significand, exponent : Timed
        Unsigned integers.
    bits : int
        The limbs have ``2**bits`` bits.
    count : int
        Number of limbs; what does not fit is cut off.

    Returns
    -------
    list of Timed
        Unsigned limbs, least significant first.
    """
    step, fine = 1 << bits, min(bits, len(exponent))
    window = significand
    for level in range(fine):
        window = pipeline.logic(
            lambda value, amount, level=level: Mux(amount[level], value << (1 << level), value),
            window,
            exponent,
            name=f"placed_{1 << level}",
        )
    pieces = [
        pipeline.slice(window, low, min(low + step, len(window)))
        for low in range(0, len(window), step)
    ]
    if len(exponent) == fine:
        zero = pipeline.constant(Const(0, step))
        filled = [
            pipeline.free(lambda bits: Cat(bits, Const(0, step - len(bits))), each)
            for each in pieces
        ]
        return [*filled, *[zero] * count][:count]
    coarse = pipeline.slice(exponent, fine, len(exponent))
    selects = [
        pipeline.logic(
            lambda amount, index=index: amount == index,
            coarse,
            levels=1 if len(coarse) <= 4 else 2,
            shape=unsigned(1),
            name=f"limb_is_{index}",
        )
        for index in range(min(count, 1 << len(coarse)))
    ]
    return [_limb(pipeline, pieces, selects, index, step) for index in range(count)]


def _limb(pipeline, pieces, selects, index, step):
    """Return limb ``index``: the piece that the coarse exponent puts there, or 0."""
    pairs = [
        (piece, selects[index - offset])
        for offset, piece in enumerate(pieces)
        if 0 <= index - offset < len(selects)
    ]
    if not pairs:
        return pipeline.constant(Const(0, step))

    def chosen(*signals):
        result = Const(0, step)
        for piece, select in zip(signals[::2], signals[1::2], strict=True):
            result = result | (piece & select.replicate(len(piece)))
        return result[:step]

    return pipeline.logic(
        chosen,
        *(value for pair in pairs for value in pair),
        levels=1 if len(pairs) <= 2 else 2,
        shape=unsigned(step),
        name=f"limb_{index}",
    )


def accumulate_segments(pipeline, addends, sign, first, update):
    """Add a number to an accumulator, or subtract it; both are held in segments.

    The carry into a segment is a register: segment j works on the numbers j clock cycles after
    segment 0, so that no carry chain is longer than a segment and a number is taken every cycle.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the accumulator becomes part of.
    addends : list of Timed
        Unsigned segments of the number, least significant first.
    sign : Timed or None
        1 subtracts; ``None`` where the number is in two's complement already.
    first : Timed
        1 clears the accumulator before.
    update : callable
        Takes a stage, returns the condition under which a number leaves that stage.

    Returns
    -------
    list of Timed
        Segments of the accumulator after this number, in two's complement; each is a stage
        later than the one below.
    """
    later = int(pipeline.period is not None)
    keep = pipeline.free(lambda bit: ~bit, first)
    carry, stage, sums = 0 if sign is None else sign, 0, []
    for index, addend in enumerate(addends):
        width, top = len(addend), index == len(addends) - 1
        inputs = [each for each in (addend, first, sign) if each is not None]
        stage = max(stage, *(each.stage for each in inputs)) + later
        held = Signal(width, name=f"segment_{index}")
        invert = None
        if sign is not None:
            invert = pipeline.free(lambda bit, width=width: bit.replicate(width), sign)
            invert = pipeline.moved(invert, stage)
        total = add(
            pipeline,
            Term(Timed(held, stage, pipeline.fabric.launch_delay), pipeline.moved(keep, stage)),
            Term(pipeline.moved(addend, stage), None, invert),
            unsigned(width + (not top)),
            pipeline.moved(carry, stage) if isinstance(carry, Timed) else carry,
            name=f"segment_{index}_sum",
        )
        sums.append(pipeline.slice(total, 0, width))
        with pipeline.m.If(update(stage)):
            pipeline.m.d.sync += held.eq(sums[-1].signal)
        if not top:
            carry = pipeline.slice(total, width, width + 1)
    return sums


def sticky_bit(pipeline, bit, first, update, combine, name):
    """Combine a bit over the numbers of a sum; return it including this one.

    ``combine`` takes the bit so far and the new one; the register is 0 after reset.
    """
    stage, arrival = pipeline.start((bit, first), pipeline.fabric.lut_delay)
    held, total = Signal(name=f"{name}_held"), Signal(name=f"{name}_so_far")
    now, start = pipeline.at(bit, stage), pipeline.at(first, stage)
    pipeline.m.d.comb += total.eq(Mux(start, now, combine(held, now)))
    with pipeline.m.If(update(stage)):
        pipeline.m.d.sync += held.eq(total)
    return Timed(total, stage, arrival + pipeline.fabric.lut_delay)


def concatenated(pipeline, limbs, width, size):
    """Return limbs side by side as segments of ``size`` bits (``None``: one) and ``width`` in all.

    Missing bits are 0, surplus ones are cut off.
    """
    step = len(limbs[0])
    size = size or width
    segments = []
    for low in range(0, width, size):
        high = min(low + size, width)
        part = limbs[low // step : -(-high // step)]
        segments.append(
            pipeline.free(
                lambda *signals, low=low, high=high: Cat(
                    *(Cat(each, Const(0, step - len(each))) for each in signals)
                )[: high - low],
                *part,
            )
        )
    return segments
