"""Values become blocks of codes with one exponent."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.function.arithmetic import clipped, rounding_shift
from hwgen.cores.gpt.arithmetic import bit_length, registered
from hwgen.cores.gpt.products import EXPONENT_BITS
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

__all__ = ["Quantiser"]


class Quantiser(Unit):
    """Takes a value in every clock cycle, and gives a block as soon as its last code is made.

    While the values of one block come in, those of the block before become codes, one a cycle.

    Parameters
    ----------
    config : MachineConfig
    width : int
        Bits of a value.
    lanes : int
        Most values of a block.

    Members
    -------
    value, valid, last : In
        A value; whether the vector ends with it.
    size : In
        Values of a block; the last block of a vector may have fewer, and zeros behind them.
    fraction : In
        Fraction bits of the values.
    codes, exponent, block_last, block_valid : Out
        A block.

    Attributes
    ----------
    latency : int
        Clock cycles from the last value of a block to the block, were it of one value only.
    """

    def __init__(self, config, width, lanes):
        self._width, self._lanes = width, lanes
        self._bits = config.program.machine.activation_bits
        super().__init__(
            config,
            {
                "value": In(signed(width)),
                "valid": In(1),
                "last": In(1),
                "size": In(range(lanes + 1)),
                "fraction": In(6),
                "codes": Out(lanes * self._bits),
                "exponent": Out(signed(EXPONENT_BITS)),
                "block_last": Out(1),
                "block_valid": Out(1),
            },
        )

    def _build(self):
        m = Module()
        self._emit(m, *self._gather(m))
        return m

    def _gather(self, m):
        """Keep values until their block is whole; return what is known of it then."""
        lanes, width = self._lanes, self._width
        m.submodules.kept = kept = Memory(shape=signed(width), depth=2 * lanes, init=[])
        write, self._read = kept.write_port(), kept.read_port()
        count, bank = Signal(range(lanes)), Signal()
        ones, magnitude = Signal(width), Signal(width)
        whole = Signal(name="block_is_whole")
        m.d.comb += [
            magnitude.eq(Mux(self.value[-1], -self.value, self.value)),
            whole.eq(self.valid & (self.last | (count == self.size - 1))),
            write.addr.eq(Cat(count, bank) if lanes & lanes - 1 == 0 else bank * lanes + count),
            write.data.eq(self.value),
            write.en.eq(self.valid),
        ]
        with m.If(self.valid):
            m.d.sync += [count.eq(count + 1), ones.eq(ones | magnitude)]
        shapes = {"bank": 1, "left": range(lanes), "ones": width, "last": 1}
        block = {name: Signal(shape, name=f"whole_{name}") for name, shape in shapes.items()}
        waits, free = Signal(name="whole_block_waits"), Signal(name="takes_block")
        with m.If(free):
            m.d.sync += waits.eq(0)
        with m.If(whole):
            now = {"bank": bank, "left": count, "ones": ones | magnitude, "last": self.last}
            m.d.sync += [count.eq(0), ones.eq(0), bank.eq(~bank), waits.eq(1)]
            m.d.sync += [block[name].eq(value) for name, value in now.items()]
        return block, waits, free

    def _emit(self, m, whole, waits, free):
        """Make codes of the values of a whole block.

        The last block of a vector may be whole before the codes of the one before are made.
        """
        block = {name: Signal.like(each, name=f"block_{name}") for name, each in whole.items()}
        lanes, bits = self._lanes, self._bits
        active, lane = Signal(name="emits"), Signal(range(lanes))
        ends = lane == block["left"]
        address = (
            Cat(lane, block["bank"]) if lanes & lanes - 1 == 0 else (block["bank"] * lanes + lane)
        )
        m.d.comb += self._read.addr.eq(address)
        with m.If(active):
            m.d.sync += lane.eq(lane + 1)
            with m.If(ends):
                m.d.sync += [active.eq(0), lane.eq(0)]
        m.d.comb += free.eq(waits & (~active | ends))
        with m.If(free):
            m.d.sync += [active.eq(1), lane.eq(0)]
            m.d.sync += [block[name].eq(each) for name, each in whole.items()]
        length = bit_length(m, block["ones"], "ones_length")
        shift = Signal(6, name="block_shift")
        read_valid, read_lane = Signal(), Signal(range(lanes))
        read_ends, read_last = Signal(), Signal()
        m.d.sync += [
            shift.eq(Mux(length > bits - 1, length - (bits - 1), 0)),
            read_valid.eq(active),
            read_lane.eq(lane),
            read_ends.eq(ends),
            read_last.eq(block["last"]),
        ]
        pipeline = self._pipeline(m)
        count = self._config.read_registers
        valid = ValidChain(m, registered(m, read_valid, count, "valid_now"), Const(1))
        given = [self._read.data, shift, read_lane, read_ends, read_last]
        names = ["kept_now", "shift_now", "lane_now", "ends_now", "last_now"]
        value, amount, *marks = [
            pipeline.input(registered(m, each, count, name), name)
            for each, name in zip(given, names, strict=True)
        ]
        moved = rounding_shift(pipeline, value, amount, name="code_moved")
        code = clipped(pipeline, moved, bits - 1, "code")
        stage = pipeline.output_stage([code, amount, *marks])
        self.latency = stage + 4 + count
        made, now = pipeline.output(code, stage), valid.at(stage)
        at_lane, at_end, at_last = (pipeline.at(each, stage) for each in marks)
        exponent = pipeline.at(amount, stage)
        for number in range(lanes):
            place = self.codes[number * bits : (number + 1) * bits]
            with m.If(now & (at_lane == number)):
                m.d.sync += place.eq(made)
            with m.Elif(now & (at_lane == 0)):
                m.d.sync += place.eq(0)
        m.d.sync += [
            self.exponent.eq(exponent - self.fraction),
            self.block_valid.eq(now & at_end),
            self.block_last.eq(at_last),
        ]
