"""Sum of block sums whose scales differ: an accumulator aligned to the largest scale so far."""

from amaranth.hdl import Cat, Const, Mux, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.timed import Timed

__all__ = ["accumulate_beats", "accumulate_blocks", "hold_flag", "hold_in_register"]


def hold_in_register(pipeline, shape, update, stage, name):
    """Return (what was stored last, function that takes what to store next): one register.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the register is part of.
    shape : Shape
        Shape of the value.
    update : callable
        Takes a stage, returns the condition under which a block leaves that stage.
    stage : int
        Stage that holds the value.
    name : str
        Name in the emitted Verilog.
    """
    held = Signal(shape, reset_less=True, name=name)

    def store(value):
        with pipeline.m.If(update(stage)):
            pipeline.m.d.sync += held.eq(value)

    return held, store


def _shift_right_steps(value, steps, step, width):
    """Return ``floor(value / 2**(step * steps))`` with the one-hot ``steps``, least first."""
    options = []
    for count, select in enumerate(steps):
        part = (value >> min(step * count, len(value) - 1)).as_signed()
        extended = Cat(part, part[-1].replicate(max(0, width - len(part))))[:width]
        options.append(extended & select.replicate(width))
    result = options[0]
    for option in options[1:]:
        result = result | option
    return result


def _one_hot(distance, limit):
    """Return the one-hot of ``distance``; its last bit means ``limit`` or more."""
    return Cat(*(distance == count for count in range(limit)), _at_least(distance, limit))


def _at_least(bits, limit):
    """Return ``bits >= limit`` in gates: synthesis makes a slow carry chain of the operator."""
    if limit >> len(bits):
        return Const(0, 1)
    result = Const(1, 1)
    for position, bit in enumerate(bits):
        result = bit & result if limit >> position & 1 else bit | result
    return result


def _align_scales(pipeline, coarse, first, update, limit, hold):
    """Keep the largest coarse exponent; return it with both one-hot alignment distances.

    The distance of the accumulator is all zero for the first block of a dot: nothing is kept.
    """
    stage = max(coarse.stage, first.stage) + (pipeline.period is not None)
    now, start = pipeline.at(coarse, stage), pipeline.at(first, stage)
    width = len(now)
    m, fabric = pipeline.m, pipeline.fabric
    largest, store = hold(pipeline, unsigned(width), update, stage, "largest_scale")
    raised, chosen = Signal(name="scale_raised"), Signal(width, name="chosen_scale")
    m.d.comb += [raised.eq(start | (now > largest)), chosen.eq(Mux(raised, now, largest))]
    store(chosen)
    arrival = fabric.launch_delay + fabric.carry_chain_delay(width) + fabric.carry_exit_delay
    arrival += fabric.logic_delay(bits=width)
    raised = Timed(raised, stage, arrival)
    chosen = Timed(chosen, stage, arrival + fabric.logic_delay(bits=width))
    other = pipeline.logic(
        lambda up, new, old: Mux(up, old, new),
        raised,
        pipeline.moved(coarse, stage),
        Timed(largest, stage, fabric.launch_delay),
        name="smaller_scale",
    )
    ones = pipeline.constant(Const(1, 1))
    shape = unsigned(width)
    distance = add(pipeline, Term(chosen), Term(other, None, ones), shape, 1, "scale_distance")
    one_hot = pipeline.logic(
        lambda bits: _one_hot(bits, limit), distance, levels=2, name="scale_distance_one_hot"
    )
    none = Const(1, limit + 1)
    held = pipeline.logic(
        lambda steps, up, begin: Mux(begin, 0, Mux(up, steps, none))[: limit + 1],
        one_hot,
        raised,
        first,
        name="held_distance",
    )
    block = pipeline.logic(
        lambda steps, up: Mux(up, none, steps), one_hot, raised, name="block_distance"
    )
    return chosen, held, block


def accumulate_blocks(pipeline, block_sum, scale, first, update, config, hold=hold_in_register):
    """Accumulate block sums (DotGeneral of the OCP MX specification, section 6.2).

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the accumulator becomes part of.
    block_sum : Timed
        Signed exact sum of one block.
    scale : Timed
        Sum of both scale codes of the block.
    first : Timed
        1 with the first block of a dot product.
    update : callable
        Takes a stage, returns the condition under which a block leaves that stage.
    config : MxDotConfig
        ``accumulator_step`` and the widths.
    hold : callable
        Makes the storage, as `hold_in_register` does; many interleaved sums need a memory.

    Returns
    -------
    (Timed, Timed)
        Accumulator after this block and its exponent, a multiple of ``accumulator_step``.
    """
    step, guard, width = config.accumulator_step, config.guard_bits, config.significand_width
    fine_bits = step.bit_length() - 1
    limit = -(-width // step)
    coarse = pipeline.slice(scale, fine_bits, len(scale))
    value = pipeline.free(lambda bits: Cat(Const(0, guard), bits).as_signed(), block_sum)
    for stage in range(fine_bits):
        value = pipeline.logic(
            lambda bits, amount, stage=stage: Mux(amount[stage], bits << (1 << stage), bits),
            value,
            scale,
            name=f"fine_{1 << stage}",
        )
    largest, held_distance, block_distance = _align_scales(
        pipeline, coarse, first, update, limit, hold
    )
    aligned = pipeline.logic(
        lambda bits, steps: _shift_right_steps(bits.as_signed(), steps, step, width),
        value,
        block_distance,
        levels=2,
        shape=signed(width),
        name="aligned_block",
    )
    stage = max(aligned.stage, held_distance.stage)
    if pipeline.period is not None:
        stage += 1
    aligned, held_distance = (pipeline.moved(each, stage) for each in (aligned, held_distance))
    accumulator, store = hold(pipeline, signed(width), update, stage, "accumulator")
    held = Signal(signed(width), name="held_accumulator")
    pipeline.m.d.comb += held.eq(
        _shift_right_steps(accumulator, pipeline.at(held_distance, stage), step, width)
    )
    arrival = held_distance.arrival + pipeline.fabric.logic_delay(2, bits=width)
    total = add(
        pipeline,
        Term(Timed(held, stage, pipeline.fabric.launch_delay)),
        Term(aligned),
        signed(width),
        name="accumulated",
    )
    store(total.signal)
    arrival += pipeline.fabric.carry_chain_delay(width) + total.exit
    total.arrival = max(total.arrival, arrival)
    exponent = pipeline.free(lambda bits: Cat(Const(0, fine_bits), bits), largest)
    return total, pipeline.moved(exponent, max(exponent.stage, total.stage))


def accumulate_beats(pipeline, partial, first, update, shape):
    """Accumulate the partial sums of one block's beats; return the sum after this beat."""
    inputs = [partial, first]
    stage = max(value.stage for value in inputs)
    if pipeline.period is not None:
        stage += 1
    partial, first = (pipeline.moved(value, stage) for value in inputs)
    held = Signal(shape, reset_less=True, name="block_sum")
    keep = pipeline.free(lambda bit: ~bit, first)
    total = add(
        pipeline,
        Term(Timed(held, stage, pipeline.fabric.launch_delay), keep),
        Term(partial),
        shape,
        name="block_total",
    )
    with pipeline.m.If(update(stage)):
        pipeline.m.d.sync += held.eq(total.signal)
    return total


def hold_flag(pipeline, flag, first, update, name, hold=hold_in_register):
    """Or a flag over the beats or blocks of one result; return it including this one."""
    stage, arrival = pipeline.start((flag, first), pipeline.fabric.logic_delay())
    held, store = hold(pipeline, unsigned(1), update, stage, f"{name}_held")
    total = Signal(name=f"{name}_so_far")
    start, now = pipeline.at(first, stage), pipeline.at(flag, stage)
    pipeline.m.d.comb += total.eq(now | (held & ~start))
    store(total)
    return Timed(total, stage, arrival + pipeline.fabric.logic_delay())
