"""Values become blocks of codes with one exponent."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.function.arithmetic import clipped, rounding_shift
from hwgen.cores.gpt.arithmetic import bit_length, registered
from hwgen.cores.gpt.block_terms import EXPONENT_BITS
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

__all__ = ["CODES", "Quantiser"]

CODES = 4
"""Codes that are made in a clock cycle."""
_CODE_BITS = 2


class Quantiser(Unit):
    """Takes a value in every clock cycle, and gives a block as soon as its last code is made.

    While the values of one block come in, those of the block before become codes, some a cycle.

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
        Clock cycles from the last value of a block to the block, were all its codes made at once.
    """

    def __init__(self, config, width, lanes):
        self._width, self._lanes = width, lanes
        self._bits = config.program.machine.activation_bits
        self._rows = -(-lanes // CODES)
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
        count, bank = Signal(range(lanes)), Signal()
        self._read = []
        for way in range(CODES):
            kept = Memory(shape=signed(width), depth=2 * self._rows, init=[])
            m.submodules[f"kept{way}"] = kept
            write = kept.write_port()
            self._read.append(kept.read_port())
            m.d.comb += [
                write.addr.eq(self._place(count[_CODE_BITS:], bank)),
                write.data.eq(self.value),
                write.en.eq(self.valid & (count[:_CODE_BITS] == way)),
            ]
        ones, magnitude = Signal(width), Signal(width)
        whole = Signal(name="block_is_whole")
        m.d.comb += [
            magnitude.eq(Mux(self.value[-1], -self.value, self.value)),
            whole.eq(self.valid & (self.last | (count == self.size - 1))),
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
        bits, left = self._bits, block["left"]
        active, row = Signal(name="emits"), Signal(range(max(2, self._rows)), name="emitted_row")
        ends = row == left[_CODE_BITS:]
        m.d.comb += [port.addr.eq(self._place(row, block["bank"])) for port in self._read]
        with m.If(active):
            m.d.sync += row.eq(row + 1)
            with m.If(ends):
                m.d.sync += [active.eq(0), row.eq(0)]
        m.d.comb += free.eq(waits & (~active | ends))
        with m.If(free):
            m.d.sync += [active.eq(1), row.eq(0)]
            m.d.sync += [block[name].eq(each) for name, each in whole.items()]
        length = bit_length(m, block["ones"], "ones_length")
        shift = Signal(6, name="block_shift")
        read_valid, read_row = Signal(), Signal.like(row, name="read_row")
        read_ends, read_last = Signal(), Signal()
        live = [Signal(name=f"read_live{way}") for way in range(CODES)]
        m.d.sync += [
            shift.eq(Mux(length > bits - 1, length - (bits - 1), 0)),
            read_valid.eq(active),
            read_row.eq(row),
            read_ends.eq(ends),
            read_last.eq(block["last"]),
            *(each.eq(~ends | (left[:_CODE_BITS] >= way)) for way, each in enumerate(live)),
        ]
        pipeline, count = self._pipeline(m), self._config.read_registers
        valid = ValidChain(m, registered(m, read_valid, count, "valid_now"), Const(1))

        def given(value, name):
            return pipeline.input(registered(m, value, count, name), name)

        amount = given(shift, "shift_now")
        marks = [given(read_row, "row_now"), given(read_ends, "ends_now")]
        marks.append(given(read_last, "last_now"))
        made = []
        for way, port in enumerate(self._read):
            value = given(port.data, f"kept{way}_now")
            moved = rounding_shift(pipeline, value, amount, name=f"code{way}_moved")
            code = clipped(pipeline, moved, bits - 1, f"code{way}")
            made.append(_live_or_zero(pipeline, given(live[way], f"live{way}_now"), code, way))
        stage = pipeline.output_stage([*made, amount, *marks])
        self.latency = stage + 4 + count
        now, exponent = valid.at(stage), pipeline.at(amount, stage)
        at_row, at_end, at_last = (pipeline.at(each, stage) for each in marks)
        for lane in range(self._lanes):
            place = self.codes[lane * bits : (lane + 1) * bits]
            with m.If(now & (at_row == lane // CODES)):
                m.d.sync += place.eq(pipeline.output(made[lane % CODES], stage))
            with m.Elif(now & (at_row == 0)):
                m.d.sync += place.eq(0)
        m.d.sync += [
            self.exponent.eq(exponent - self.fraction),
            self.block_valid.eq(now & at_end),
            self.block_last.eq(at_last),
        ]

    def _place(self, row, bank):
        """Return where values of a row of one of both blocks lie."""
        rows = self._rows
        if rows & rows - 1:
            return bank * rows + row
        return Cat(row[: (rows - 1).bit_length()], bank)


def _live_or_zero(pipeline, live, code, way):
    """Return a code, or 0 behind the last value."""
    return pipeline.logic(
        lambda known, x: Mux(known, x, 0),
        live,
        code,
        shape=code.signal.shape(),
        name=f"live_code{way}",
    )
