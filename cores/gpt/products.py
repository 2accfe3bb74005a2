"""The matrix unit: blocks of weights times blocks of codes, one block a clock cycle."""

from amaranth.hdl import Array, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.function.arithmetic import clipped, product, rounding_shift
from hwgen.cores.gpt.arithmetic import added, registered
from hwgen.cores.gpt.decode import BlockDecoder
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

from hwgen.formats.weight_stream import GROUP, parse_weight_stream

__all__ = ["EXPONENT_BITS", "SUM_BITS", "Products"]

SUM_BITS = 45
"""Bits of the magnitude of a sum."""
EXPONENT_BITS = 8
"""Bits of a block's exponent, signed."""
_FRACTION, _MOST_LEFT = 24, 16
_SHIFT_BITS = 6
_SMALLEST_HARD = 5


class Products(Unit):
    """Sums of products, row by row; or, to read a row, products with every unit vector.

    Parameters
    ----------
    config : MachineConfig

    Members
    -------
    start : In(1)
        Begin with the operands that stand beside it; they stay as they are.
    single : In(1)
        Read one row: every weight of it becomes a sum.
    format, first, base, rows, blocks, source : In
        Weight format, its first block, exponent of the units, sizes, first block of codes.
    code_address, code_data, exponent_data : Out, In, In
        Port to the codes, whose data come a clock cycle after the address.
    sum, last, valid : Out
        A sum with 24 fraction bits; the last one.

    Attributes
    ----------
    latency : int
        Clock cycles from the address of a row's last block to its sum.
    """

    def __init__(self, config):
        machine = config.program.machine
        self._bits = machine.activation_bits
        blocks = range(max(2, machine.blocks))
        super().__init__(
            config,
            {
                "start": In(1),
                "single": In(1),
                "format": In(4),
                "first": In(32),
                "base": In(signed(12)),
                "rows": In(20),
                "blocks": In(12),
                "source": In(16),
                "code_address": Out(blocks),
                "code_data": In(GROUP * self._bits),
                "exponent_data": In(signed(EXPONENT_BITS)),
                "sum": Out(signed(SUM_BITS + 1)),
                "last": Out(1),
                "valid": Out(1),
            },
        )

    def _build(self):
        m = Module()
        self._registers = self._config.read_registers
        counters = self._delayed(m, self._count(m), "read")
        pipeline = self._pipeline(m)
        decoded = self._delayed(m, counters, "decoded")
        valid = ValidChain(m, decoded["valid"], Const(1))
        term = self._term(m, pipeline, counters)
        counters = decoded
        self._accumulate(m, pipeline, valid, term, counters)
        return m

    def _count(self, m):
        """Count rows, blocks and lanes; return the marks of the block that memories now give."""
        active, row, block = Signal(name="active"), Signal(20), Signal(12)
        lane = Signal(range(GROUP))
        self._address = Signal(32)
        row_ends, block_ends = Signal(), Signal()
        # operands stand when a product begins, these a clock cycle later, with its first block
        last_row, last_block = Signal(20, name="last_row"), Signal(12, name="last_block")
        is_last_row = Signal(name="is_last_row")
        m.d.sync += [last_row.eq(self.rows - 1), last_block.eq(self.blocks - 1)]
        m.d.comb += [
            block_ends.eq(~self.single | (lane == GROUP - 1)),
            row_ends.eq(block_ends & (block == last_block)),
            is_last_row.eq(self.single | (row == last_row)),
            self.code_address.eq(self.source + block),
        ]
        with m.If(self.start):
            m.d.sync += [active.eq(1), row.eq(0), block.eq(0), lane.eq(0)]
            m.d.sync += self._address.eq(self.first)
        with m.Elif(active):
            m.d.sync += lane.eq(lane + 1)
            with m.If(block_ends):
                m.d.sync += [block.eq(block + 1), lane.eq(0), self._address.eq(self._address + 1)]
            with m.If(row_ends):
                m.d.sync += [block.eq(0), row.eq(row + 1)]
                with m.If(is_last_row):
                    m.d.sync += active.eq(0)
        now = {
            "valid": active,
            "first": (block == 0) | self.single,
            "ends": row_ends | self.single,
            "last": row_ends & is_last_row,
            "lane": lane,
        }
        then = {}
        for name, value in now.items():
            then[name] = Signal(len(value), name=f"read_{name}")
            m.d.sync += then[name].eq(value)
        return then

    def _delayed(self, m, signals, name):
        """Return signals as they come with what is read, or decoded."""
        return {
            key: registered(m, value, self._registers, f"{name}_{key}_now")
            for key, value in signals.items()
        }

    def _blocks(self, m):
        """Return (integers, units of groups, whether there is one group) of what is read."""
        found = []
        for number, name in enumerate(self._config.program.machine.formats):
            stream, records = parse_weight_stream(name), self._config.program.weights[number]
            width = 8 * stream.block_bytes
            init = [int.from_bytes(each.tobytes(), "little") for each in records]
            memory = Memory(shape=unsigned(width), depth=max(2, len(init)), init=init)
            m.submodules[f"weights{number}"] = memory
            port = memory.read_port()
            m.d.comb += port.addr.eq(self._address)
            data = registered(m, port.data, self._registers, f"block{number}")
            found.append(BlockDecoder(m, stream, data, f"weight{number}"))
        self.integer_bits = max(each.width for each in found)
        groups = max(len(each.units) for each in found)
        # the sum of a whole block is multiplied by the first unit
        units = [each.units + each.units[-1:] * (groups - len(each.units)) for each in found]
        whole = Array([Const(int(len(each.units) == 1)) for each in found])[self.format]
        if len(found) == 1:
            return found[0].integers, units[0], whole
        integers = []
        for column in range(GROUP):
            integer = Signal(signed(self.integer_bits), name=f"weight_{column}")
            m.d.comb += integer.eq(Array(each.integers[column] for each in found)[self.format])
            integers.append(integer)
        chosen = [
            tuple(Array(each[group][part] for each in units)[self.format] for part in (0, 1))
            for group in range(groups)
        ]
        return integers, chosen, whole

    def _products(self, m, pipeline, counters, integers):
        """Return products of weights and codes, as operands of sums."""
        count = self._registers
        code_data = registered(m, self.code_data, count, "code_data")
        shapes = signed(self._bits), signed(self.integer_bits)
        hard = takes_hard_multiplier(pipeline, "auto", shapes, _SMALLEST_HARD)
        operands, most = [], 1 << self._bits + self.integer_bits - 2
        for column in range(GROUP):
            x = Signal(signed(self._bits), name=f"code_{column}")
            code = code_data[column * self._bits : (column + 1) * self._bits].as_signed()
            m.d.comb += x.eq(Mux(self.single, counters["lane"] == column, code))
            weight = Signal(signed(self.integer_bits), name=f"integer_{column}")
            m.d.comb += weight.eq(integers[column])
            pair = [
                pipeline.input(registered(m, each, count, f"{name}{column}_now"), f"{name}{column}")
                for name, each in (("x", x), ("w", weight))
            ]
            value = multiply(pipeline, *pair, hard=hard, name=f"product{column}")
            operands.append(Operand(pipeline.signed(value), -most, most))
        return operands

    def _term(self, m, pipeline, counters):
        """Return a block's part of a sum: that of its only group, or of both."""
        integers, units, whole = self._blocks(m)
        exponent_data = registered(m, self.exponent_data, self._registers, "exponent_data")
        place = Mux(self.single, Const(0, signed(EXPONENT_BITS)), exponent_data)
        operands = self._products(m, pipeline, counters, integers)
        if len(units) == 1:
            total = pipeline.signed(add_tree(pipeline, operands).bits)
            return self._scaled(m, pipeline, total, units[0], place, "")
        half = GROUP // 2
        sums = [
            pipeline.signed(add_tree(pipeline, each).bits)
            for each in (operands[:half], operands[half:])
        ]
        one = pipeline.input(registered(m, whole, self._registers, "whole_now"), "whole")
        bits = max(map(len, sums)) + 1
        delay = pipeline.fabric.carry_chain_delay(bits) + pipeline.fabric.logic_delay()
        first = pipeline.operate(
            lambda x, y, w: x + Mux(w, y, 0),
            *sums,
            one,
            delay=delay,
            shape=signed(bits),
            name="first_sum",
        )
        second = pipeline.logic(
            lambda y, w: Mux(w, 0, y), sums[1], one, shape=signed(bits), name="second_sum"
        )
        terms = [
            self._scaled(m, pipeline, each, unit, place, str(number))
            for number, (each, unit) in enumerate(zip((first, second), units, strict=True))
        ]
        return added(pipeline, terms, SUM_BITS + 2)

    def _scaled(self, m, pipeline, total, unit, place, name):
        """Return a group's sum times its unit and the block's exponent."""
        count, (significand, exponent) = self._registers, unit
        positive = Signal(signed(len(significand) + 1), name=f"unit_now{name}")
        m.d.comb += positive.eq(significand)
        unit = pipeline.input(registered(m, positive, count, f"unit_now{name}"), f"unit{name}")
        # how far to the right, and `_MOST_LEFT`
        wanted = Signal(signed(14), name=f"wanted_shift{name}")
        m.d.comb += wanted.eq(_MOST_LEFT - _FRACTION - (self.base + exponent + place))
        amount = Signal(_SHIFT_BITS + 1, name=f"shift{name}")
        most = (1 << _SHIFT_BITS + 1) - 1
        m.d.comb += amount.eq(Mux(wanted < 0, 0, Mux(wanted > most, most, wanted)))
        scaled = product(pipeline, total, unit, f"scaled{name}")
        shift = registered(m, amount, count, f"amount_now{name}")
        shift = pipeline.input(shift, f"amount{name}")
        term = rounding_shift(pipeline, scaled, shift, _MOST_LEFT, f"term{name}")
        return clipped(pipeline, term, SUM_BITS + 1, f"clipped{name}")

    def _accumulate(self, m, pipeline, valid, term, counters):
        """Add up the parts of a row and give its sum."""
        marks = {
            name: pipeline.input(counters[name], f"is_{name}") for name in ("first", "ends", "last")
        }
        stage = pipeline.output_stage([term, *marks.values()])
        self.latency = stage + 3 + 3 * self._registers
        first, ends, last = (pipeline.at(each, stage) for each in marks.values())
        part, emerges, first, ends, last = (
            registered(m, value, self._registers, name)
            for name, value in (
                ("part", pipeline.output(term, stage)),
                ("part_emerges", valid.at(stage)),
                ("part_is_first", first),
                ("part_ends", ends),
                ("part_is_last", last),
            )
        )
        total = Signal(signed(len(part) + 12))
        with m.If(emerges):
            m.d.sync += total.eq(Mux(first, 0, total) + part)
        ended, is_last = Signal(name="sum_ended"), Signal(name="sum_is_last")
        m.d.sync += [ended.eq(emerges & ends), is_last.eq(last)]
        most = (1 << SUM_BITS) - 1
        m.d.sync += [
            self.sum.eq(Mux(total > most, most, Mux(total < -most, -most, total))),
            self.last.eq(is_last),
            self.valid.eq(ended),
        ]
