"""Matrix product of operands of any few bits: an array of bit-plane dot products."""

from amaranth.hdl import Cat, Const, Module, ResetSignal, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.arith.popcount import POPCOUNT_LIBRARY
from hwgen.cores.arith.timed import Timed
from hwgen.cores.bitserial.fetch import HALVES, Fetch
from hwgen.cores.bitserial.fields import input_fields
from hwgen.cores.bitserial.results import Correction, ResultQueue
from hwgen.cores.bitserial.schedule import CONTROLS, Schedule
from hwgen.cores.bitserial.unit import DotProductUnit
from hwgen.cores.interface import Field, Stream
from hwgen.cores.systolic.wiring import delayed, instance

from hwgen import targets

__all__ = ["BitserialMatmul"]

_UNIT = "bitserial_matmul_unit"
# look-up tables in series in the longest loop of the schedule
_CONTROL_LEVELS = 4
# from the last word of a tile to the clock in which its first words are read
_TO_FIRST_READ = 4


class BitserialMatmul(wiring.Component):
    """``C = A B`` by popcounts of planes; shapes, widths and signedness come with each product.

    Y. Umuroglu et al., "BISMO: A Scalable Bit-Serial Matrix Multiplication Overlay for
    Reconfigurable Computing", FPL 2018: fetch, execute and result overlap.

    Parameters
    ----------
    config : BitserialMatmulConfig

    Members
    -------
    i : In(stream)
        Products: a token that tells its shape, then words of its right and left tiles.
    o : Out(stream)
        A row of a tile of C a token.

    Attributes
    ----------
    latency : int
        Clock cycles from the last token of a product whose tiles take longest to its last row.
    initiation_interval : int
        Clock cycles from one row of a tile to the next: 1.
    macs_per_cycle : int
        Pairs of bits multiplied in a clock cycle.
    keeps_state : bool
        True: products come in many tokens.
    verilog_modules : dict
        The unit, emitted once.

    Raises
    ------
    UsageError
        The frequency is out of reach.
    """

    initiation_interval = 1
    keeps_state = True

    def __init__(self, config):
        self.config = config
        self.macs_per_cycle = config.rows * config.columns * config.k
        fabric = targets.get(config.target)
        self._distributed = self._is_distributed(fabric)
        # a block memory's word arrives late: it goes through one more register
        self._reads = 1 + (config.freq is not None and not self._distributed)
        self._unit = self._planned_unit(fabric)
        self.verilog_modules = {_UNIT: self._unit}
        self._unit._MustUse__silence = True
        self.verilog_libraries = (*libraries_of(fabric), POPCOUNT_LIBRARY)
        self._corrects = config.modes != "integers"
        # from the clock in which words are read to that in which sums with them leave the units
        self._to_sums = self._reads + self._unit.latency + 1
        first_row = self._to_sums + (Correction.latency if self._corrects else 0) + 1
        cycles = _TO_FIRST_READ + config.longest_tile - 1
        self.latency = cycles + first_row + config.rows - 1
        result = Field(
            "row",
            config.result_width,
            config.columns,
            "integer",
            True,
            "elements of a row of a tile of C",
        )
        self.streams = (
            Stream("i", "input", tuple(input_fields(config))),
            Stream("o", "output", (result,)),
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.streams[0].layout())),
                "o": Out(stream.Signature(self.streams[1].layout())),
            }
        )

    def _is_distributed(self, fabric):
        """Return whether the buffers are distributed memory: small ones, or where blocks are slow.

        A block memory's own time does not grow with the circuit.
        """
        if HALVES * self.config.buffer <= fabric.distributed_words:
            return True
        reading = fabric.block_read_delay + fabric.capture_delay
        return self.config.freq is not None and reading > 1000.0 / self.config.freq

    def _planned_unit(self, fabric):
        """Return one unit, planned for the size of the whole array."""
        config, size = self.config, 0
        unit = DotProductUnit(config)
        if config.freq is not None:
            size = unit.pipeline.bits * config.rows * config.columns
            unit._MustUse__silence = True
            unit = DotProductUnit(config, size)
            pipeline = unit.pipeline
            control = fabric.launch_delay + fabric.logic_delay(_CONTROL_LEVELS)
            pipeline.capture(Timed(Const(0, 1), 0, control))
            if self._distributed:
                reading = fabric.read_delay(HALVES * config.buffer, config.k)
                pipeline.capture(Timed(Const(0, 1), 0, fabric.launch_delay + reading))
            unit._MustUse__silence = True
            pipeline.check_period("bitserial-matmul")
        return unit

    def elaborate(self, platform):
        m, config = Module(), self.config
        m.submodules.fetch = fetch = Fetch(config)
        m.submodules.schedule = schedule = Schedule(config)
        width = config.result_width * config.columns
        distance = max(config.rows, self._to_sums + 1)
        m.submodules.queue = queue = ResultQueue(width, config.rows, distance)
        payload = self.i.payload
        m.d.comb += [
            fetch.valid.eq(self.i.valid),
            self.i.ready.eq(fetch.ready),
            fetch.start.eq(payload.start),
            fetch.product.eq(Cat(payload[name] for name in fetch.product.shape().members)),
            fetch.taken.eq(schedule.taken),
            fetch.finish.eq(schedule.finish),
            fetch.release.eq(schedule.release),
            schedule.tile.eq(fetch.tile),
            schedule.waiting.eq(fetch.waiting),
            schedule.may_end.eq(queue.may_end),
            queue.finish.eq(schedule.finish),
            Value.cast(self.o.payload).eq(queue.payload),
            self.o.valid.eq(queue.valid),
            queue.ready.eq(self.o.ready),
        ]
        left = self._buffers(m, fetch, "left", config.rows, schedule.read_left)
        right = self._buffers(m, fetch, "right", config.columns, schedule.read_right)
        sums, references = self._array(m, schedule, left, right)
        self._send(m, schedule, queue, sums, references)
        return m

    def _buffers(self, m, fetch, side, count, address):
        """Build the memories of one operand; return the word read from each."""
        config = self.config
        groups = getattr(fetch, f"write_{side}")
        place = Signal(config.words_bits + 1, reset_less=True, name=f"write_address_{side}")
        words = Value.cast(self.i.payload.data)
        data = Signal(len(words), reset_less=True, name=f"write_data_{side}")
        enables = Signal(len(groups), name=f"write_enables_{side}")
        m.d.sync += [
            place.eq(Cat(fetch.address, getattr(fetch, f"half_{side}"))),
            data.eq(words),
            enables.eq(groups),
        ]
        read = []
        style = "distributed" if self._distributed else "block"
        for number in range(count):
            group, lane = divmod(number, config.words)
            memory = Memory(
                shape=unsigned(config.k),
                depth=HALVES << config.words_bits,
                init=[],
                attrs={"ram_style": style},
            )
            m.submodules[f"{side}_{number}"] = memory
            writer, reader = memory.write_port(), memory.read_port()
            m.d.comb += [
                writer.addr.eq(place),
                writer.data.eq(data.word_select(lane, config.k)),
                writer.en.eq(enables[group]),
                reader.addr.eq(address),
                reader.en.eq(1),
            ]
            name = f"{side}_word_{number}"
            read.append(delayed(m, reader.data, self._reads - 1, Const(1, 1), name))
        return read

    def _array(self, m, schedule, left, right):
        """Build the units; return what the first row of them and the references hold."""
        config = self.config
        controls = {
            name: delayed(m, getattr(schedule, name), self._reads, Const(1, 1), name, cleared=True)
            for name in CONTROLS
        }
        controls["valid"], controls["ends"] = controls.pop("step"), controls.pop("finish")
        rows = [
            Signal(config.result_width * config.columns, name=f"sums_{at}")
            for at in range(config.rows)
        ]
        for row in range(config.rows):
            below = rows[row + 1] if row + 1 < config.rows else Const(0, len(rows[0]))
            self._row(m, row, left[row], right, controls, below, rows[row])
        references = Signal(len(rows[0]), name="references")
        if config.multiplies("mixed"):
            every = Const((1 << config.k) - 1, config.k)
            controls = {**controls, "exclusive": Const(0, 1)}
            nothing = Const(0, len(references))
            self._row(m, "reference", every, right, controls, nothing, references)
        return rows[0], references

    def _row(self, m, row, word, right, controls, below, held):
        """Add one row of units."""
        width = self.config.result_width
        for column in range(self.config.columns):
            m.submodules[f"unit_{row}_{column}"] = instance(
                _UNIT,
                self._unit,
                ResetSignal("sync"),
                left=word,
                right=right[column],
                **controls,
                below=below[column * width : (column + 1) * width],
                held=held[column * width : (column + 1) * width],
            )

    def _send(self, m, schedule, queue, sums, references):
        """Put the rows that leave the units into the queue, corrected where there are modes."""
        config, always = self.config, Const(1, 1)
        arrives = delayed(m, schedule.finish, self._to_sums, always, "sums_arrive", cleared=True)
        left = Signal(range(config.rows), name="rows_left")
        leaves = Signal(name="row_leaves")
        m.d.comb += leaves.eq(arrives | (left != 0))
        with m.If(arrives):
            m.d.sync += left.eq(config.rows - 1)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        if not self._corrects:
            m.d.comb += [queue.data.eq(sums), queue.write.eq(leaves)]
            return
        m.submodules.correction = correction = Correction(config)
        for name in ("step", "doubles", "finish", "row_ends", "padding", "mode"):
            m.d.comb += getattr(correction, name).eq(getattr(schedule, name))
        write = delayed(m, leaves, Correction.latency, always, "row_corrected", cleared=True)
        m.d.comb += [
            correction.arrives.eq(arrives),
            correction.sums.eq(sums),
            correction.references.eq(references),
            queue.data.eq(correction.results),
            queue.write.eq(write),
        ]
