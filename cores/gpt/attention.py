"""Attention of one head: scores of a query with all keys, their powers of e, a sum of values."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.function.arithmetic import rounding_shift, saturated
from hwgen.cores.function.functions import exponential
from hwgen.cores.gpt.arithmetic import added, greatest, registered
from hwgen.cores.gpt.products import EXPONENT_BITS
from hwgen.cores.gpt.quotients import Quotients
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

__all__ = ["Attention"]

_MOST_LEFT = 31
_POWER_BITS = 17
_SMALLEST_HARD = 5


class Attention(Unit):
    """Keeps queries, keys and values, and computes what a head attends to.

    Parameters
    ----------
    config : MachineConfig

    Members
    -------
    write_query, write_key, write_value : In(1)
        Take ``codes`` and ``exponent`` for the head or slot ``place``.
    codes, exponent, place, position : In
        A block; the position of the token.
    start, query, slot : In
        Begin.
    value, number, valid, done : Out
        A result, and its number; all are there.

    Attributes
    ----------
    latency : int
        Clock cycles from the start to the end, and two more for every group of tokens.
    """

    def __init__(self, config):
        machine = config.program.machine
        self._machine, self._bits = machine, machine.activation_bits
        self._lanes = config.key_lanes
        self._lane_bits = self._lanes.bit_length() - 1
        self._groups = -(-machine.context // self._lanes)
        super().__init__(
            config,
            {
                "write_query": In(1),
                "write_key": In(1),
                "write_value": In(1),
                "codes": In(machine.head_width * self._bits),
                "exponent": In(signed(EXPONENT_BITS)),
                "place": In(16),
                "position": In(range(max(2, machine.context))),
                "start": In(1),
                "query": In(8),
                "slot": In(16),
                "value": Out(signed(32)),
                "number": Out(range(machine.head_width)),
                "valid": Out(1),
                "done": Out(1),
            },
        )

    def _build(self):
        m = Module()
        # whether the token of a lane is one that has been seen, with what is read of it
        self._live = [Const(1)]
        self._live += [Signal(name=f"live{lane}") for lane in range(1, self._lanes)]
        self._stored(m)
        self._scores(m)
        self._sums(m)
        self._quotients(m)
        self._sequence(m)
        return m

    def _stored(self, m):
        """Add memories of queries, keys and values; their read ports follow the token number.

        Keys and values of neighboring tokens, a group, lie in memories of their own.
        """
        machine, groups = self._machine, self._groups
        self._group = Signal(range(max(2, groups)), name="seen_group")
        token, group = self.position[: self._lane_bits], self.position[self._lane_bits :]
        self._read = {}
        self._store(m, "query", 0, machine.heads, self.place, 1, self.query)
        for lane in range(self._lanes):
            for name in ("key", "value"):
                self._store(
                    m,
                    name,
                    lane,
                    machine.slots * groups,
                    self.place * groups + group,
                    token == lane if self._lanes > 1 else 1,
                    self.slot * groups + self._group,
                )
        self._score_write, self._score_read = [], []
        for lane in range(self._lanes):
            scores = Memory(shape=signed(32), depth=max(2, groups), init=[])
            m.submodules[f"scores{lane}"] = scores
            self._score_write.append(scores.write_port())
            self._score_read.append(scores.read_port())
            m.d.comb += self._score_read[-1].addr.eq(self._group)

    def _registered(self, m, value, name):
        """Return a value as it comes with what is read."""
        return registered(m, value, self._config.read_registers, name)

    def _store(self, m, name, lane, depth, write_place, chosen, read_place):
        """Add a memory of blocks."""
        width = self._machine.head_width * self._bits + EXPONENT_BITS
        memory = Memory(shape=unsigned(width), depth=max(2, depth), init=[])
        m.submodules[f"{name}_memory{lane}"] = memory
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.addr.eq(write_place),
            write.data.eq(Cat(self.codes, self.exponent)),
            write.en.eq(getattr(self, f"write_{name}") & chosen),
            read.addr.eq(read_place),
        ]
        self._read[name, lane] = self._registered(m, read.data, f"{name}{lane}_now")

    def _parts(self, name, lane=0):
        """Return (codes, exponent) of what a memory gives."""
        data, bits = self._read[name, lane], self._bits
        codes = [
            data[number * bits : (number + 1) * bits].as_signed()
            for number in range(self._machine.head_width)
        ]
        return codes, data[-EXPONENT_BITS:].as_signed()

    def _scores(self, m):
        """Compute scores of a group's keys, and note the greatest, and the values' exponent."""
        self._reads, self._reads_last = Signal(name="key_read"), Signal(name="last_key_read")
        pipeline = self._pipeline(m)
        valid = ValidChain(m, self._reads, Const(1))
        lanes = [self._score(m, pipeline, lane) for lane in range(self._lanes)]
        best = greatest(
            pipeline, [self._live_or(pipeline, lane, each) for lane, each in enumerate(lanes)]
        )
        exponent = self._exponent(pipeline)
        last = pipeline.input(self._reads_last, "score_is_last")
        self._score_stages = stage = pipeline.output_stage([best, exponent, last, *lanes])
        found, now = pipeline.output(best, stage), valid.at(stage)
        exponent = pipeline.output(exponent, stage)
        self._largest = Signal(signed(EXPONENT_BITS), name="largest_exponent")
        place = Signal.like(self._group, name="score_place_written")
        self._greatest = Signal(signed(32), name="greatest_score")
        self._first = Signal(name="first_score")
        self._scored = Signal(name="all_scored")
        for port, score in zip(self._score_write, lanes, strict=True):
            m.d.comb += [port.addr.eq(place), port.en.eq(now)]
            m.d.comb += port.data.eq(pipeline.output(score, stage))
        m.d.sync += self._scored.eq(now & pipeline.at(last, stage))
        with m.If(now):
            m.d.sync += [place.eq(place + 1), self._first.eq(0)]
            with m.If(self._first | (found > self._greatest)):
                m.d.sync += self._greatest.eq(found)
            with m.If(self._first | (exponent > self._largest)):
                m.d.sync += self._largest.eq(exponent)
        with m.If(self.start):
            m.d.sync += [place.eq(0), self._first.eq(1)]

    def _score(self, m, pipeline, lane):
        """Return the score of the query and a key."""
        width, bits = self._machine.head_width, self._bits
        (queries, query_exponent), (keys, key_exponent) = (
            self._parts("query"),
            self._parts("key", lane),
        )
        shapes = (signed(bits), signed(bits))
        # hard multipliers are few: those of values are wider
        hard = self._lanes == 1 and takes_hard_multiplier(pipeline, "auto", shapes, _SMALLEST_HARD)
        operands, most = [], 1 << 2 * bits - 2
        for number in range(width):
            pair = [
                pipeline.input(each[number], f"{name}{lane}_{number}")
                for name, each in (("query", queries), ("key", keys))
            ]
            value = multiply(pipeline, *pair, hard=hard, name=f"score{lane}_{number}")
            operands.append(Operand(pipeline.signed(value), -most, most))
        total = add_tree(pipeline, operands).bits
        exponent = Signal(signed(EXPONENT_BITS), name=f"query_exponent{lane}")
        m.d.comb += exponent.eq(query_exponent)

        def shift_of(one, other):
            wanted = _MOST_LEFT - 16 - (one + other)
            return Mux(wanted < 0, 0, Mux(wanted > 63, 63, wanted))

        shift = pipeline.operate(
            shift_of,
            pipeline.constant(exponent),
            pipeline.input(key_exponent, f"key_exponent{lane}"),
            delay=2 * pipeline.fabric.carry_chain_delay(10) + pipeline.fabric.logic_delay(2),
            shape=unsigned(6),
            name=f"score_shift{lane}",
        )
        moved = rounding_shift(
            pipeline, pipeline.signed(total), shift, _MOST_LEFT, f"score_moved{lane}"
        )
        return saturated(pipeline, moved, f"score{lane}")

    def _live_or(self, pipeline, lane, value, otherwise=-1 << 31):
        """Return a lane's value, or another one where the lane has no token."""
        if not lane:
            return value
        live = pipeline.input(self._live[lane], f"live{lane}_{len(value)}")
        return pipeline.logic(
            lambda known, x: Mux(known, x, otherwise),
            live,
            value,
            shape=value.signal.shape(),
            name=f"lane{lane}_{len(value)}",
        )

    def _exponent(self, pipeline):
        """Return the greatest exponent of a group's values."""
        found = []
        for lane in range(self._lanes):
            _, exponent = self._parts("value", lane)
            value = pipeline.input(exponent, f"value_exponent_seen{lane}")
            found.append(self._live_or(pipeline, lane, value, -1 << EXPONENT_BITS - 1))
        return greatest(pipeline, found)

    def _sums(self, m):
        """Add up powers of e, and their products with values."""
        machine, bits = self._machine, self._bits
        self._sums_read, self._sums_last = Signal(name="value_read"), Signal(name="last_value_read")
        pipeline = self._pipeline(m)
        valid = ValidChain(m, self._sums_read, Const(1))
        lanes = [self._weighted_values(m, pipeline, lane) for lane in range(self._lanes)]
        columns = [
            added(pipeline, each, _POWER_BITS + bits)
            for each in zip(*(products for _, products in lanes), strict=True)
        ]
        power = added(pipeline, [power for power, _ in lanes], _POWER_BITS + 1)
        last = pipeline.input(self._sums_last, "sum_is_last")
        self._sum_stages = stage = pipeline.output_stage([*columns, power, last])
        now = valid.at(stage)
        depth = (machine.context - 1).bit_length()
        self._total = Signal(_POWER_BITS + depth, name="sum_of_powers")
        self._weighted = [
            Signal(signed(_POWER_BITS + bits + depth), name=f"sum_{number}")
            for number in range(machine.head_width)
        ]
        self._summed = Signal(name="all_summed")
        found = [pipeline.output(each, stage) for each in (power, *columns)]
        m.d.sync += self._summed.eq(now & pipeline.at(last, stage))
        with m.If(now):
            for total, value in zip((self._total, *self._weighted), found, strict=True):
                m.d.sync += total.eq(total + value)
        with m.If(self.start):
            m.d.sync += [self._total.eq(0), *(total.eq(0) for total in self._weighted)]

    def _weighted_values(self, m, pipeline, lane):
        """Return (power of e, its products with a value) of a token."""
        bits = self._bits
        codes, exponent = self._parts("value", lane)
        score = self._registered(m, self._score_read[lane].data, f"score_now{lane}")
        distance = pipeline.operate(
            lambda most, each: most - each,
            pipeline.constant(self._greatest),
            pipeline.input(score, f"score_read{lane}"),
            delay=pipeline.fabric.carry_chain_delay(33),
            shape=unsigned(33),
            name=f"score_distance{lane}",
        )
        power = self._live_or(pipeline, lane, exponential(pipeline, distance), 0)
        by = pipeline.operate(
            lambda most, each: (most - each)[:6],
            pipeline.constant(self._largest),
            pipeline.input(exponent, f"value_exponent{lane}"),
            delay=pipeline.fabric.carry_chain_delay(8),
            shape=unsigned(6),
            name=f"place{lane}",
        )
        moved = rounding_shift(pipeline, pipeline.signed(power), by, name=f"moved{lane}")
        moved = pipeline.signed(pipeline.slice(moved, 0, _POWER_BITS))
        hard = takes_hard_multiplier(
            pipeline, "auto", (signed(_POWER_BITS + 1), signed(bits)), _SMALLEST_HARD
        )
        products = [
            multiply(
                pipeline,
                moved,
                pipeline.input(code, f"value{lane}_{number}"),
                hard=hard,
                name=f"weighted{lane}_{number}",
            )
            for number, code in enumerate(codes)
        ]
        return power, products

    def _quotients(self, m):
        """Divide sums by the sum of powers, one after the other."""
        shape, count = self._weighted[0].shape(), self._machine.head_width
        self._quotient = quotient = Quotients(self._config, len(self._total), shape, count)
        m.submodules.quotients = quotient
        m.d.comb += [
            quotient.start.eq(self._summed),
            quotient.total.eq(self._total),
            quotient.exponent.eq(self._largest),
            self.value.eq(quotient.value),
            self.number.eq(quotient.number),
            self.valid.eq(quotient.valid),
            self.done.eq(quotient.done),
        ]
        for given, value in zip(quotient.sums, self._weighted, strict=True):
            m.d.comb += given.eq(value)

    def _sequence(self, m):
        reading = Signal(name="reads_tokens")
        ends = self._group == self.position[self._lane_bits :]
        first_pass = Signal(name="first_pass")
        for given, now in (
            (self._reads, reading & first_pass),
            (self._reads_last, reading & first_pass & ends),
            (self._sums_read, reading & ~first_pass),
            (self._sums_last, reading & ~first_pass & ends),
        ):
            read = Signal(name=f"{given.name}_now")
            m.d.sync += read.eq(now)
            m.d.comb += given.eq(self._registered(m, read, f"{given.name}_then"))
        in_group = self.position[: self._lane_bits]
        for lane, live in enumerate(self._live[1:], 1):
            read = Signal(name=f"live{lane}_now")
            m.d.sync += read.eq(~ends | (in_group >= lane))
            m.d.comb += live.eq(self._registered(m, read, f"live{lane}_then"))
        with m.If(reading):
            m.d.sync += self._group.eq(self._group + 1)
            with m.If(ends):
                m.d.sync += [reading.eq(0), self._group.eq(0)]
        self.latency = self._score_stages + self._sum_stages + self._quotient.latency + 4
        self.latency += 2 * self._config.read_registers
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [self._group.eq(0), reading.eq(1), first_pass.eq(1)]
                m.next = "SCORES"
            with m.State("SCORES"), m.If(self._scored):
                m.d.sync += [reading.eq(1), first_pass.eq(0)]
                m.next = "SUMS"
            with m.State("SUMS"), m.If(self._summed):
                m.next = "DIVIDE"
            with m.State("DIVIDE"), m.If(self.done):
                m.next = "IDLE"
