"""Tables of the signed sums of eight elements, in block RAM, and what fills them.

The entry for signs s is the sum of s_j x_j. Its negative is the entry for the opposite signs, so
that half a table will do: the one in which x_7 is positive. Bit j of the address tells that x_j
has another sign than x_7. A block RAM holds the half tables of two tiles.

Entries are written in the order of a Gray code: one address bit changes from each to the next, and
so one sign. The next entry is the last one plus or minus twice that element.
"""

from amaranth.hdl import Cat, Const, Mux, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, shape_of_range
from hwgen.cores.lookup.tables import other_signs
from hwgen.cores.pipelined import ValidChain

__all__ = ["BlockTables"]

_INPUTS = 8
_SIGNS = _INPUTS - 1
_ENTRIES = 1 << _SIGNS


class BlockTables:
    """The tables of two tiles: those of one are filled while the other one is in use.

    The elements of a tile lie in distributed memory. Once it is complete, builders write its
    tables, one after the other: a builder adds the eight elements of a table for its first entry,
    and then changes one sign a clock. All builders take the same steps at once.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that they become part of.
    config : LutGemmConfig
    """

    def __init__(self, pipeline, config):
        self._pipeline, self._config = pipeline, config
        self._shape = shape_of_range(*(_INPUTS * each for each in self._limits()))
        self._memories = []

    def _limits(self):
        """Return the least and the greatest of an element and its negative."""
        low, high = self._config.element_bounds
        largest = max(-low, high)
        return -largest, largest

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
        pipeline, m, config = self._pipeline, self._pipeline.m, self._config
        rounds = -(-config.tables // config.builders)
        building, adding, step, turn, bank = self._steps(order, update, rounds)
        number = pipeline.input(step, "table_step")
        adds = pipeline.input(adding, "adding")
        column = pipeline.logic(_column, number, adds, levels=2, shape=unsigned(3), name="column")
        negative = pipeline.logic(_negative, number, adds, levels=2, shape=unsigned(1), name="less")
        begins = pipeline.bit(
            lambda bits, one: ~bits.any() & one, number, adds, levels=2, name="entry_begins"
        )
        writes = Signal(name="entry_known")
        m.d.comb += writes.eq(building & (~adding | (step == _SIGNS)))
        # a Gray code; the first entry, which the additions end with, has address 0
        address = pipeline.logic(
            lambda bits, one: (bits ^ (bits >> 1)) & ~one.replicate(_SIGNS),
            number,
            adds,
            shape=unsigned(_SIGNS),
            name="entry_address",
        )
        builds = ValidChain(m, building, pipeline.enable)
        place = pipeline.concatenate([column, pipeline.input(turn, "turn")])
        entries = []
        for builder in range(min(config.builders, config.tables)):
            read = self._elements(builder, rounds, order, element, update)
            entries.append(self._entry(read, place, negative, adds, begins, builds))
        stage = max(each.stage for each in entries) + 1
        entries = [pipeline.register(each, stage) for each in entries]
        address = pipeline.concatenate([address, pipeline.input(bank, "bank")])
        address = pipeline.at(address, stage)
        for table in range(config.tables):
            mine = writes & (turn == table // config.builders)
            chosen = pipeline.input(mine, f"fills_{table}")
            enable = Signal(name=f"write_{table}")
            m.d.comb += enable.eq(pipeline.enable & pipeline.at(chosen, stage))
            self._memory(table, entries[table % config.builders], address, enable)
        finishes = building & ~adding & step.all() & (turn == rounds - 1)
        done = ValidChain(m, finishes, pipeline.enable).at(stage)
        m.d.comb += filled.eq(pipeline.enable & done)

    def _steps(self, order, update, rounds):
        """Return the state: whether entries are made, whether the first is, step, turn, bank."""
        m, enable = self._pipeline.m, self._pipeline.enable
        building, adding = Signal(name="building"), Signal(name="building_first", init=1)
        step, turn = (
            Signal(_SIGNS, name="build_step"),
            Signal(range(max(2, rounds)), name="build_turn"),
        )
        bank = Signal(reset_less=True, name="table_bank")
        with m.If(update & order.completes):
            m.d.sync += [building.eq(1), bank.eq(order.load_bank)]
        with m.Elif(enable & building & ~adding & step.all() & (turn == rounds - 1)):
            m.d.sync += building.eq(0)
        with m.If(enable & building):
            # seven, and all ones, are followed by the first step of what comes then
            ends = Mux(adding, step == _SIGNS, step.all())
            m.d.sync += step.eq(Mux(ends, adding, step + 1))
            with m.If(ends):
                m.d.sync += adding.eq(~adding)
                with m.If(~adding):
                    m.d.sync += turn.eq(Mux(turn == rounds - 1, 0, turn + 1))
        return building, adding, step, turn, bank

    def _elements(self, builder, rounds, order, element, update):
        """Return the reading port of the elements that a builder needs: every so many tables."""
        m, config = self._pipeline.m, self._config
        memory = Memory(shape=unsigned(config.fmt.width), depth=rounds * _INPUTS, init=[])
        memory._MustUse__silence = True
        m.submodules[f"elements_{builder}"] = memory
        write, read = memory.write_port(), memory.read_port(domain="comb")
        table_bits = config.builders.bit_length() - 1
        table = Cat(order.element[3:], Const(0, 1))
        mine = table[:table_bits] == builder if table_bits else Const(1, 1)
        m.d.comb += [
            write.addr.eq(Cat(order.element[:3], table[table_bits:])),
            write.data.eq(element),
            write.en.eq(update & order.loads & mine),
        ]
        return read

    def _entry(self, read, place, negative, adds, begins, builds):
        """Return the entry of each step, which the next step starts from."""
        pipeline, m, config = self._pipeline, self._pipeline.m, self._config
        fabric, launch = pipeline.fabric, pipeline.fabric.launch_delay
        delay = fabric.read_delay(len(read.addr), config.fmt.width)
        stage, arrival = pipeline.start([place], delay)
        m.d.comb += read.addr.eq(pipeline.at(place, stage))
        word = Signal(config.fmt.width, name="element_word")
        m.d.comb += word.eq(read.data)
        value = Timed(word, stage, arrival + delay)
        signed = config.fmt.signed

        def weighted(bits, once):
            bits = bits.as_signed() if signed else bits
            return Mux(once, bits, bits << 1)

        low, high = config.element_bounds
        shape = shape_of_range(2 * low, 2 * high)
        change = pipeline.logic(weighted, value, adds, shape=shape, name="change")
        stage = max(each.stage for each in (change, negative, begins))
        # with registers in front the sum has the whole clock period
        stage += pipeline.period is not None
        change, sign, first = (pipeline.moved(each, stage) for each in (change, negative, begins))
        held = Signal(self._shape, reset_less=True, name="entry_so_far")
        keep = pipeline.free(lambda bit: ~bit, first)
        total = add(
            pipeline,
            Term(Timed(held, stage, launch), keep),
            Term(change, None, sign),
            self._shape,
            sign,
            name="entry",
        )
        pipeline.capture(total)
        with m.If(builds.update(stage)):
            m.d.sync += held.eq(total.signal)
        return total

    def _memory(self, number, value, address, enable):
        """Add one table's memory and its writing port."""
        pipeline = self._pipeline
        memory = Memory(
            shape=unsigned(len(value)), depth=2 * _ENTRIES, init=[], attrs={"ram_style": "block"}
        )
        memory._MustUse__silence = True
        pipeline.m.submodules[f"table_{number}"] = memory
        write = memory.write_port()
        pipeline.m.d.comb += [
            write.addr.eq(address),
            write.data.eq(value.signal),
            write.en.eq(enable),
        ]
        self._memories.append(memory)

    def look_up(self, weights, bank):
        """Return one signed operand a table: the sums of the elements with the signs ``weights``.

        Parameters
        ----------
        weights : Timed
            One bit a lane, 1 for +1.
        bank : Timed
            Which of both tiles is in use.
        """
        pipeline = self._pipeline
        fabric = pipeline.fabric
        differ, negatives = other_signs(pipeline, weights, _INPUTS)
        stage = max(differ.stage, bank.stage)
        addresses, half = pipeline.at(differ, stage), pipeline.at(bank, stage)
        pipeline.capture(differ)
        # the memory's own time does not grow with the circuit
        arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
        low, high = self._config.element_bounds
        minimum, maximum = _INPUTS * min(low, -high), _INPUTS * max(high, -low)
        operands = []
        for index, memory in enumerate(self._memories):
            read = memory.read_port()
            entry = Signal(self._shape, name=f"entry_of_{index}")
            pipeline.m.d.comb += [
                read.addr.eq(Cat(addresses.word_select(index, _SIGNS), half)),
                read.en.eq(pipeline.enable),
                entry.eq(read.data),
            ]
            value = Timed(entry, stage + 1, arrival)
            operands.append(Operand(value, minimum, maximum, sign=negatives[index]))
        return operands


def _column(step, adding):
    """Return the column that a step adds or whose sign it changes."""
    changes = lookup(list(step), lambda count: (count & -count).bit_length() - 1 & 7, 3)
    return Mux(adding, step[:3], changes)


def _negative(step, adding):
    """Return whether a step makes its element's sign another than that of the last element.

    In a Gray code the bit that changes becomes the opposite of the one above it in the count.
    """

    def becomes_one(count):
        return count == 0 or not count >> (count & -count).bit_length() & 1

    return ~adding & lookup(list(step), becomes_one, 1)
