"""Tables of the signed sums of four elements, in distributed memory, and what fills them.

The entry for signs s is the sum of s_j x_j. Its negative is the entry for the opposite signs, so
that half a table will do: the one in which x_3 is positive. Bit j of the address tells that x_j
has another sign than x_3. A memory of 16 words holds the half tables of two tiles.
"""

from amaranth.hdl import Cat, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.pipelined import ValidChain

__all__ = ["Tables", "other_signs"]

TABLE_INPUTS = 4
_SIGNS = TABLE_INPUTS - 1
_ENTRIES = 1 << _SIGNS


class Tables:
    """The tables of two tiles: one is filled while the other one is in use.

    Two tables are filled at a time, an entry of each in a clock cycle: as many entries are
    written for eight elements as elements can come in.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that they become part of.
    config : LutGemmConfig
    """

    def __init__(self, pipeline, config):
        self._pipeline, self._config = pipeline, config
        self._memories = []
        self._bounds = None

    def fill(self, order, element, update, filled):
        """Write the entries for the elements that come in.

        Parameters
        ----------
        order : Order
        element : Value
            The element that the token holds.
        update : Value
            1 while a token is accepted.
        filled : Signal
            Driven: 1 in the cycle in which the last entry of a tile is written.
        """
        pipeline, m = self._pipeline, self._pipeline.m
        pair, bank, building, step, elements = self._collect(order, element, update)
        entries = [
            self._entry(elements[number * TABLE_INPUTS : (number + 1) * TABLE_INPUTS], step)
            for number in range(2)
        ]
        self._bounds = entries[0].minimum, entries[0].maximum
        values = [entry.bits for entry in entries]
        if pipeline.period is not None:
            values = [pipeline.register(value) for value in values]
        stage = max(value.stage for value in values)
        address = pipeline.at(pipeline.input(Cat(step, bank), "entry_address"), stage)
        pairs = self._config.lanes // (2 * TABLE_INPUTS)
        for number in range(pairs):
            writes = pipeline.input(building & (pair == number), f"fills_{number}")
            enable = Signal(name=f"write_{number}")
            m.d.comb += enable.eq(pipeline.enable & pipeline.at(writes, stage))
            for half, value in enumerate(values):
                self._memory(2 * number + half, value, stage, address, enable)
        finishes = building & (pair == pairs - 1) & (step == _ENTRIES - 1)
        done = ValidChain(m, finishes, pipeline.enable).at(stage)
        m.d.comb += filled.eq(pipeline.enable & done)

    def _collect(self, order, element, update):
        """Gather eight elements; return what is filled from them: pair, bank, state, elements."""
        m, config = self._pipeline.m, self._config
        count, width = 2 * TABLE_INPUTS, config.fmt.width
        signed = config.fmt.signed
        recent = Signal((count - 1) * width, reset_less=True, name="recent_elements")
        held = Signal(count * width, reset_less=True, name="table_elements")
        pair = Signal(range(config.lanes // count), reset_less=True, name="table_pair")
        bank = Signal(reset_less=True, name="table_bank")
        building, step = Signal(name="building"), Signal(_SIGNS, name="table_step")
        together = Cat(recent, element)
        starts = Signal(name="building_starts")
        m.d.comb += starts.eq(update & order.loads & order.element[:_SIGNS].all())
        with m.If(update & order.loads):
            m.d.sync += recent.eq(together[width:])
        with m.If(starts):
            m.d.sync += [
                held.eq(together),
                pair.eq(order.element[_SIGNS:]),
                bank.eq(order.load_bank),
            ]
        with m.If(self._pipeline.enable):
            m.d.sync += building.eq(starts | (building & ~step.all()))
            with m.If(building):
                m.d.sync += step.eq(step + 1)
        words = [held.word_select(index, width) for index in range(count)]
        elements = [
            self._pipeline.input(each.as_signed() if signed else each, f"element_{index}")
            for index, each in enumerate(words)
        ]
        return pair, bank, building, step, elements

    def _entry(self, elements, step):
        """Return the entry that ``step`` addresses, for four elements."""
        low, high = self._config.element_bounds
        signs = [self._pipeline.input(bit, "other_sign") for bit in step]
        *others, positive = elements
        operands = [Operand(positive, low, high)]
        operands += [
            Operand(each, low, high, sign=sign) for each, sign in zip(others, signs, strict=True)
        ]
        return add_tree(self._pipeline, operands, "entry")

    def _memory(self, number, value, stage, address, enable):
        """Add one table's memory and its writing port."""
        pipeline = self._pipeline
        memory = Memory(shape=unsigned(len(value)), depth=2 * _ENTRIES, init=[])
        memory._MustUse__silence = True
        pipeline.m.submodules[f"table_{number}"] = memory
        write = memory.write_port()
        pipeline.m.d.comb += [
            write.addr.eq(address),
            write.data.eq(pipeline.at(value, stage)),
            write.en.eq(enable),
        ]
        self._memories.append((memory, value.signal.shape()))

    def look_up(self, weights, bank):
        """Return one signed operand a table: the sums of the elements with the signs ``weights``.

        Parameters
        ----------
        weights : Timed
            One bit a lane, 1 for +1.
        bank : Timed
            Which of both tiles is in use.
        """
        pipeline, count = self._pipeline, len(self._memories)
        differ, negatives = other_signs(pipeline, weights, TABLE_INPUTS)
        delay = pipeline.fabric.read_delay(2 * _ENTRIES, self._memories[0][1].width)
        stage, arrival = pipeline.start([differ, bank], delay, width=count * _SIGNS)
        addresses, half = pipeline.at(differ, stage), pipeline.at(bank, stage)
        minimum, maximum = self._bounds
        operands = []
        for index, (memory, shape) in enumerate(self._memories):
            read = memory.read_port(domain="comb")
            entry = Signal(shape, name=f"entry_of_{index}")
            pipeline.m.d.comb += [
                read.addr.eq(Cat(addresses.word_select(index, _SIGNS), half)),
                entry.eq(read.data),
            ]
            value = Timed(entry, stage, arrival + delay)
            operands.append(Operand(value, minimum, maximum, sign=negatives[index]))
        return operands


def other_signs(pipeline, weights, inputs):
    """Return what half tables are looked up by.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    weights : Timed
        One bit a lane, 1 for +1.
    inputs : int
        Columns of a table.

    Returns
    -------
    (Timed, list of Timed)
        The addresses of all tables side by side: a bit for each column but a table's last, 1 where
        its sign is not that of the last. For each table whether that is negative.
    """
    last, count = inputs - 1, len(weights) // inputs
    differ = pipeline.logic(
        lambda bits: Cat(
            bits[index * inputs + position] ^ bits[index * inputs + last]
            for index in range(count)
            for position in range(last)
        ),
        weights,
        shape=unsigned(count * last),
        name="table_address",
    )
    negatives = []
    for index in range(count):
        positive = pipeline.slice(weights, index * inputs + last, (index + 1) * inputs)
        negatives.append(pipeline.free(lambda bit: ~bit, positive))
    return differ, negatives
