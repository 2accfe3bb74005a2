"""The matrix unit: blocks of weights times blocks of codes, one block a clock cycle."""

from amaranth.hdl import Array, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.gpt.arithmetic import registered
from hwgen.cores.gpt.block_terms import EXPONENT_BITS, SUM_BITS, BlockTerms, RowSums
from hwgen.cores.gpt.decode import BlockDecoder
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

from hwgen.formats.weight_stream import GROUP, parse_weight_stream

__all__ = ["Products"]


class Products(Unit):
    """Sums of products, row by row; or, to read a row, products with every unit vector.

    It goes on by a block every clock cycle, or, with weights in external memory, whenever there is
    one.

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
    weights : In(stream)
        Blocks from external memory, in the order of their use; otherwise there is no such port.
    active, starved : Out(1)
        There, too: a product is under way, and waits for a block.
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
        self._sizes = [8 * parse_weight_stream(each).block_bytes for each in machine.formats]
        external = {"weights": In(stream.Signature(max(self._sizes)))}
        external |= {"active": Out(1), "starved": Out(1)}
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
            }
            | (external if config.reader else {}),
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
        goes = active
        if self._config.reader:
            goes = Signal(name="block_is_there")
            m.d.comb += [
                goes.eq(active & self.weights.valid),
                self.weights.ready.eq(active & block_ends),
                self.active.eq(active),
                self.starved.eq(active & ~self.weights.valid),
            ]
        with m.If(self.start):
            m.d.sync += [active.eq(1), row.eq(0), block.eq(0), lane.eq(0)]
            m.d.sync += self._address.eq(self.first)
        with m.Elif(goes):
            m.d.sync += lane.eq(lane + 1)
            with m.If(block_ends):
                m.d.sync += [block.eq(block + 1), lane.eq(0), self._address.eq(self._address + 1)]
            with m.If(row_ends):
                m.d.sync += [block.eq(0), row.eq(row + 1)]
                with m.If(is_last_row):
                    m.d.sync += active.eq(0)
        now = {
            "valid": goes,
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

    def _block(self, m, number):
        """Return the block of a format that is read now, a clock cycle after its address."""
        width = self._sizes[number]
        if self._config.reader:
            block = Signal(width, name=f"weights{number}_read")
            m.d.sync += block.eq(self.weights.payload)
            return block
        records = self._config.program.weights[number]
        init = [int.from_bytes(each.tobytes(), "little") for each in records]
        memory = Memory(shape=unsigned(width), depth=max(2, len(init)), init=init)
        m.submodules[f"weights{number}"] = memory
        port = memory.read_port()
        m.d.comb += port.addr.eq(self._address)
        return port.data

    def _blocks(self, m):
        """Return (integers, units of groups, whether there is one group) of what is read."""
        found = []
        for number, name in enumerate(self._config.program.machine.formats):
            data = registered(m, self._block(m, number), self._registers, f"block{number}")
            found.append(BlockDecoder(m, parse_weight_stream(name), data, f"weight{number}"))
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

    def _codes(self, m, counters):
        """Return the codes of all columns, or to read a row those of a unit vector."""
        code_data = registered(m, self.code_data, self._registers, "code_data")
        codes = []
        for column in range(GROUP):
            x = Signal(signed(self._bits), name=f"code_{column}")
            code = code_data[column * self._bits : (column + 1) * self._bits].as_signed()
            m.d.comb += x.eq(Mux(self.single, counters["lane"] == column, code))
            codes.append(x)
        return codes

    def _term(self, m, pipeline, counters):
        """Return a block's part of a sum."""
        integers, units, whole = self._blocks(m)
        exponent_data = registered(m, self.exponent_data, self._registers, "exponent_data")
        place = Mux(self.single, Const(0, signed(EXPONENT_BITS)), exponent_data)
        terms = BlockTerms(m, pipeline, self._registers, self._bits, self.integer_bits)
        operands = terms.products(self._codes(m, counters), integers)
        return terms.term(operands, units, whole, self.base + place)

    def _accumulate(self, m, pipeline, valid, term, counters):
        """Add up the parts of a row and give its sum."""
        sums = RowSums(m, pipeline, valid, self._registers, term, counters)
        self.latency = sums.stage + 3 + 3 * self._registers
        m.d.sync += [
            self.sum.eq(sums.value),
            self.last.eq(sums.last),
            self.valid.eq(sums.valid),
        ]
