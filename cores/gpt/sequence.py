"""The control of the GPT machine: fetches instructions, starts units, and waits for them."""

from amaranth.hdl import Array, Mux, Signal
from hwgen.cores.gpt.decode import Operands, opcode_of

from hwgen.formats.gpt_status import BAD_INSTRUCTION, BAD_TOKEN, CONTEXT_FULL, MEMORY

__all__ = ["WANTED_BITS", "add_sequence"]

WANTED_BITS = 16
"""Bits of the number of tokens that are to follow one."""


def add_sequence(m, machine):
    """Add the control of a `GptMachine`."""
    sizes = machine.config.program.machine
    payload, sampler = machine.i.payload, machine.sampler
    counter, token = Signal(16, name="counter"), Signal.like(payload.token, name="token_now")
    position = Signal(range(sizes.context + 1), name="position")
    wanted = Signal(WANTED_BITS, name="wanted")
    status, told = Signal(8, name="status"), Signal.like(token, name="told_token")
    opcode, start = machine.word[:8], Signal(name="start_unit")
    m.d.comb += [
        machine.fetch.addr.eq(counter),
        machine.attention.position.eq(position),
        machine.o.payload.token.eq(told),
        machine.o.payload.status.eq(status),
        machine.o.payload.counter.eq(Mux(status == 0, 0, counter)),
    ]
    attend, norm = Operands(machine.word, "attend"), Operands(machine.word, "normalise")
    angles, embed = Operands(machine.word, "angles"), Operands(machine.word, "embed")
    coarse, fine = Signal(32), Signal(32)
    row = Mux(embed.chooses("index", "token"), token, position)
    m.d.sync += machine.row.eq(row * embed.blocks)
    # a turn has two words for every pair, and a head is pairs
    width = sizes.head_width
    with m.Switch(angles.bits):
        for bits in _angle_bits(machine.config.program):
            with m.Case(bits):
                m.d.sync += [
                    coarse.eq(angles.coarse + width * position[bits:]),
                    fine.eq(angles.fine + width * position[:bits]),
                ]
    m.d.comb += [
        machine.angles.coarse.eq(coarse),
        machine.angles.fine.eq(fine),
        machine.attention.query.eq(attend.query),
        machine.attention.heads.eq(attend.heads),
        machine.attention.moves.eq(attend.moves),
        machine.attention.slot.eq(attend.slot + machine.slots_moved),
    ]
    units = {
        "angles": (machine.angles, machine.angles.done),
        "embed": (machine.products, machine.values_written),
        "normalise": (machine.normalise, None),
        "multiply": (
            machine.products,
            machine.values_written | machine.codes_written | machine.scores_written,
        ),
        "attend": (machine.attention, machine.codes_written),
    }
    normed, coded = Signal(), Signal()
    with m.If(start):
        m.d.sync += [normed.eq(0), coded.eq(0)]
    with m.Else():
        m.d.sync += [
            normed.eq(normed | machine.normalise.done),
            coded.eq(coded | machine.codes_written),
        ]
    multiply, awaits = Operands(machine.word, "multiply"), Signal(name="product_awaits_norm")
    for name, (unit, _) in units.items():
        with m.If(start & (opcode == opcode_of(name))):
            m.d.comb += unit.start.eq(1)
    with m.If(start):
        m.d.comb += machine.normalise.follow.eq(awaits)
        m.d.sync += [awaits.eq(0), machine.following.eq(awaits)]
        with m.If(awaits):
            m.d.comb += machine.products.start.eq(1)
    loop, left = Signal(16, name="loop_begin"), Signal(16, name="loop_left")
    loop_constants, loop_slots = Signal(32), Signal(16)
    strides = Array(Signal(32, name=f"stride{number}") for number in range(16))
    weights, product = machine.weights, Signal(16, name="product_counter")
    with m.FSM() as control:
        with m.State("IDLE"):
            m.d.comb += machine.i.ready.eq(1)
            m.d.sync += [counter.eq(0), status.eq(0)]
            with m.If(machine.i.valid):
                m.d.sync += [token.eq(payload.token), wanted.eq(payload.wanted)]
                with m.If(payload.first):
                    m.d.sync += position.eq(0)
                    if sampler is not None:
                        m.d.comb += sampler.seeds.eq(1)
                        m.d.sync += [
                            sampler.inverse_temperature.eq(payload.inverse_temperature),
                            sampler.count.eq(payload.count),
                        ]
                m.next = "CHECK"
        with m.State("CHECK"):
            m.d.sync += told.eq(0)
            m.next = "FETCH"
            with m.If(position == sizes.context):
                m.d.sync += status.eq(CONTEXT_FULL)
                m.next = "ANSWER"
            if 1 << len(token) > sizes.vocabulary:
                with m.Elif(token >= sizes.vocabulary):
                    m.d.sync += status.eq(BAD_TOKEN)
                    m.next = "ANSWER"
        with m.State("FETCH"):
            m.next = "READ"
        with m.State("READ"):
            m.d.sync += machine.word.eq(machine.fetch.data)
            m.next = "DECODE"
        with m.State("DECODE"):
            for name, operands in (("multiply", multiply), ("embed", embed)):
                with m.If(opcode == opcode_of(name)):
                    moved = machine.weights_moved[operands.format]
                    m.d.sync += machine.matrix_word.eq(machine.word)
                    if weights is not None:
                        m.d.sync += product.eq(counter)
                    m.d.sync += machine.first_weights.eq(operands.weights + moved)
            m.next = "EXECUTE"
        with m.State("EXECUTE"):
            m.d.sync += counter.eq(counter + 1)
            m.next = "FETCH"
            with m.Switch(opcode):
                with m.Case(opcode_of("halt")):
                    halt = Operands(machine.word, "halt")
                    m.d.sync += [status.eq(halt.status), counter.eq(counter)]
                    m.next = "END"
                with m.Case(opcode_of("stride")):
                    stride = Operands(machine.word, "stride")
                    m.d.sync += strides[stride.format].eq(stride.blocks)
                with m.Case(opcode_of("loop")):
                    begin = Operands(machine.word, "loop")
                    m.d.sync += [loop.eq(counter + 1), left.eq(begin.count)]
                    m.d.sync += [loop_constants.eq(begin.constants), loop_slots.eq(begin.cache)]
                with m.Case(opcode_of("repeat")):
                    with m.If(left <= 1):
                        m.d.sync += [machine.constants_moved.eq(0), machine.slots_moved.eq(0)]
                        m.d.sync += [each.eq(0) for each in machine.weights_moved]
                    with m.Else():
                        m.d.sync += [counter.eq(loop), left.eq(left - 1)]
                        m.d.sync += [
                            machine.constants_moved.eq(machine.constants_moved + loop_constants),
                            machine.slots_moved.eq(machine.slots_moved + loop_slots),
                            *(
                                each.eq(each + step)
                                for each, step in zip(machine.weights_moved, strides, strict=True)
                            ),
                        ]
                with m.Case(opcode_of("sample")):
                    if sampler is not None:
                        with m.If((wanted != 0) & (sampler.inverse_temperature != 0)):
                            m.d.comb += sampler.start.eq(1)
                            m.next = "DRAW"
                with m.Case(*map(opcode_of, units)):
                    with m.If((opcode == opcode_of("multiply")) & multiply.chained):
                        m.d.sync += awaits.eq(1)
                    with m.Else():
                        m.d.comb += start.eq(1)
                        m.next = "WAIT"
                with m.Default():
                    m.d.sync += [status.eq(BAD_INSTRUCTION), counter.eq(counter)]
                    m.next = "END"
        with m.State("WAIT"):
            with m.Switch(opcode):
                for name, (_, done) in units.items():
                    with m.Case(opcode_of(name)):
                        if done is not None:
                            with m.If(done):
                                m.next = "FETCH"
                        else:
                            with m.If(normed & coded):
                                m.d.sync += [
                                    machine.scalars[norm.scalar].eq(machine.normalise.significand),
                                    machine.scalar_shifts[norm.scalar].eq(machine.normalise.shift),
                                ]
                                m.next = "FETCH"
            if weights is not None:
                with m.If(machine.products.starved & weights.failed):
                    m.d.sync += [status.eq(MEMORY + weights.status), counter.eq(product)]
                    m.next = "END"
        if sampler is not None:
            m.d.comb += sampler.seed.eq(payload.seed)
            with m.State("DRAW"), m.If(sampler.done):
                m.d.sync += machine.chosen.eq(sampler.chosen)
                m.next = "FETCH"
        with m.State("END"):
            m.d.sync += position.eq(position + (status == 0))
            with m.If(status == 0):
                m.d.sync += told.eq(machine.chosen)
            m.next = "IDLE"
            with m.If((status != 0) | (wanted != 0)):
                m.next = "ANSWER"
        with m.State("ANSWER"):
            m.d.comb += machine.o.valid.eq(1)
            with m.If(machine.o.ready):
                m.d.sync += [token.eq(told), wanted.eq(wanted - 1), counter.eq(0)]
                m.next = "CHECK"
                with m.If((status != 0) | (wanted <= 1)):
                    m.next = "IDLE"
    if weights is not None:
        m.d.comb += [
            # no loop begins there
            weights.begin.eq(control.ongoing("FETCH") & (counter == 0)),
            weights.token.eq(token),
            weights.position.eq(position),
        ]


def _angle_bits(program):
    """Return by how many bits instructions of a program divide positions."""
    instructions = [program.instruction(number) for number in range(len(program))]
    return sorted({each.bits for each in instructions if each.kind.name == "angles"})
