"""Attention: scores of queries with all keys, their powers of e, sums of values."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.function.arithmetic import rounding_shift, saturated
from hwgen.cores.function.functions import exponential
from hwgen.cores.gpt.arithmetic import added, greatest, registered
from hwgen.cores.gpt.block_terms import EXPONENT_BITS
from hwgen.cores.gpt.cache import Cache
from hwgen.cores.gpt.quotients import Quotients
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.gpt.walk import Walk
from hwgen.cores.pipelined import ValidChain

__all__ = ["Attention"]

_MOST_LEFT = 31
_POWER_BITS = 17
_SMALLEST_HARD = 5


class Attention(Unit):
    """Keeps queries, keys and values, and computes what heads attend to, one after the other.

    While sums of one head are divided, values of the next are added up, and keys of the one behind
    it meet its query.

    Parameters
    ----------
    config : MachineConfig

    Members
    -------
    write_query, write_key, write_value : In(1)
        Take ``codes`` and ``exponent`` for the head or slot ``place``.
    codes, exponent, place, position : In
        A block; the position of the token.
    start, query, heads, slot, moves : In
        Begin, with operands as in the instruction.
    value, last, valid : Out
        A result; whether it is the last one of the last head.

    Attributes
    ----------
    latency : int
        Clock cycles from the start to the last result of one head, and two more for every group of
        tokens.
    interval : int
        Clock cycles between heads, at least; one for every group if there are more.
    """

    def __init__(self, config):
        machine = config.program.machine
        self._machine, self._bits = machine, machine.activation_bits
        self._lanes = config.key_lanes
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
                "heads": In(8),
                "slot": In(16),
                "moves": In(machine.heads),
                "value": Out(signed(32)),
                "last": Out(1),
                "valid": Out(1),
            },
        )

    def _build(self):
        m = Module()
        self._cache = Cache(m, self._config, self)
        self._scores(m)
        self._sums(m)
        self._quotients(m)
        self._sequence(m)
        self.latency = self._score_stages + self._sum_stages + self._quotient.latency + 5
        self.latency += 4 * self._config.read_registers
        self.interval = self._quotient.interval
        return m

    def _then(self, m, value, name):
        """Return a value a clock cycle later, where a clock is asked for."""
        return registered(m, value, self._config.read_registers, name)

    def _score_memories(self, m):
        """Add memories of scores, of two heads each; connect what is read, return what is written.

        Returns
        -------
        list of WritePort
        """
        depth = 2 << len(self._keys.group)
        self._bank, self._score_read, ports = Signal(name="read_bank"), [], []
        for lane in range(self._lanes):
            m.submodules[f"scores{lane}"] = scores = Memory(shape=signed(32), depth=depth, init=[])
            ports.append(scores.write_port())
            read = scores.read_port()
            m.d.comb += read.addr.eq(Cat(self._values.group, self._bank))
            count = self._config.read_registers
            self._score_read.append(registered(m, read.data, count, f"score{lane}_now"))
        return ports

    def _scores(self, m):
        """Compute scores of keys, and keep them, and the greatest, and the values' exponent."""
        self._keys = keys = Walk(m, self._config, self, "keys")
        self._values = Walk(m, self._config, self, "values")
        self._query = Signal(8, name="query_read")
        pipeline = self._pipeline(m)
        valid = ValidChain(m, keys.valid, Const(1))
        query = self._cache.query(self._query)
        stored = self._cache.keys(keys.slot, keys.group)
        lanes = [self._score(pipeline, lane, query, key) for lane, key in enumerate(stored)]
        lowest = -1 << 31
        best = [_live_or(pipeline, keys, *each, lowest, "score") for each in enumerate(lanes)]
        best, exponent = greatest(pipeline, best), self._exponent(pipeline)
        first, last = (
            pipeline.input(getattr(keys, each), f"score_is_{each}") for each in ("first", "last")
        )
        self._score_stages = stage = pipeline.output_stage([best, exponent, first, last, *lanes])
        now, ends = valid.at(stage), pipeline.at(last, stage)
        # what is compared with that of other groups has a clock cycle for it
        found, exponent, first, compares, scored = (
            self._then(m, value, name)
            for name, value in (
                ("greatest_of_group", pipeline.output(best, stage)),
                ("largest_of_group", pipeline.output(exponent, stage)),
                ("first_group", pipeline.at(first, stage)),
                ("compares_group", now),
                ("last_group", now & ends),
            )
        )
        place, bank = Signal.like(keys.group, name="score_place"), Signal(name="score_bank")
        most = Signal(signed(32), name="greatest_score")
        largest = Signal(signed(EXPONENT_BITS), name="largest_exponent")
        self._scored = Signal(name="all_scored")
        for port, score in zip(self._score_memories(m), lanes, strict=True):
            m.d.comb += [port.addr.eq(Cat(place, bank)), port.en.eq(now)]
            m.d.comb += port.data.eq(pipeline.output(score, stage))
        m.d.sync += self._scored.eq(scored)
        with m.If(now):
            m.d.sync += place.eq(place + 1)
            with m.If(ends):
                m.d.sync += [place.eq(0), bank.eq(~bank)]
        with m.If(compares):
            with m.If(first | (found > most)):
                m.d.sync += most.eq(found)
            with m.If(first | (exponent > largest)):
                m.d.sync += largest.eq(exponent)
        self._greatest = Signal(signed(32), name="greatest_score_kept")
        self._largest = Signal(signed(EXPONENT_BITS), name="largest_exponent_kept")
        with m.If(self._scored):
            m.d.sync += [self._greatest.eq(most), self._largest.eq(largest)]

    def _score(self, pipeline, lane, query, key):
        """Return the score of a query and a key."""
        width, bits = self._machine.head_width, self._bits
        (queries, query_exponent), (keys, key_exponent) = query, key
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

        def shift_of(one, other):
            wanted = _MOST_LEFT - 16 - (one + other)
            return Mux(wanted < 0, 0, Mux(wanted > 63, 63, wanted))

        shift = pipeline.operate(
            shift_of,
            pipeline.input(query_exponent, f"query_exponent{lane}"),
            pipeline.input(key_exponent, f"key_exponent{lane}"),
            delay=2 * pipeline.fabric.carry_chain_delay(10) + pipeline.fabric.logic_delay(2),
            shape=unsigned(6),
            name=f"score_shift{lane}",
        )
        moved = rounding_shift(
            pipeline, pipeline.signed(total), shift, _MOST_LEFT, f"score_moved{lane}"
        )
        return saturated(pipeline, moved, f"score{lane}")

    def _exponent(self, pipeline):
        """Return the greatest exponent of a group's values."""
        keys, lowest = self._keys, -1 << EXPONENT_BITS - 1
        found = []
        for lane, each in enumerate(self._cache.value_exponents(keys.slot, keys.group)):
            value = pipeline.input(each, f"value_exponent_seen{lane}")
            found.append(_live_or(pipeline, keys, lane, value, lowest, "exponent"))
        return greatest(pipeline, found)

    def _sums(self, m):
        """Add up powers of e, and their products with values; keep the sums of a head."""
        machine, bits, walk = self._machine, self._bits, self._values
        pipeline = self._pipeline(m)
        valid = ValidChain(m, walk.valid, Const(1))
        most, largest = (
            pipeline.input(walk.given(each, name), f"{name}_now")
            for each, name in ((self._greatest, "greatest"), (self._largest, "largest"))
        )
        stored = self._cache.values(walk.slot, walk.group)
        lanes = [
            self._weighted_values(pipeline, lane, value, most, largest)
            for lane, value in enumerate(stored)
        ]
        columns = [
            added(pipeline, each, _POWER_BITS + bits)
            for each in zip(*(products for _, products in lanes), strict=True)
        ]
        power = added(pipeline, [power for power, _ in lanes], _POWER_BITS + 1)
        first, last = (
            pipeline.input(getattr(walk, each), f"sum_is_{each}") for each in ("first", "last")
        )
        self._sum_stages = stage = pipeline.output_stage([*columns, power, first, last])
        now, first, last, largest = (
            self._then(m, value, name)
            for name, value in (
                ("adds_group", valid.at(stage)),
                ("first_part", pipeline.at(first, stage)),
                ("last_part", pipeline.at(last, stage)),
                ("largest_then", pipeline.at(largest, stage)),
            )
        )
        depth = (machine.context - 1).bit_length()
        shapes = [unsigned(_POWER_BITS + depth)]
        shapes += [signed(_POWER_BITS + bits + depth)] * machine.head_width
        self._summed = Signal(name="all_summed")
        exponent = Signal(signed(EXPONENT_BITS), name="exponent_of_sums")
        m.d.sync += [self._summed.eq(now & last), exponent.eq(largest)]
        self._kept_exponent = Signal.like(exponent, name="exponent_kept")
        self._kept = []
        for number, (shape, part) in enumerate(zip(shapes, (power, *columns), strict=True)):
            total, kept = Signal(shape, name=f"sum_{number}"), Signal(shape, name=f"kept_{number}")
            found = self._then(m, pipeline.output(part, stage), f"part_{number}")
            with m.If(now):
                m.d.sync += total.eq(Mux(first, 0, total) + found)
            with m.If(self._summed):
                m.d.sync += kept.eq(total)
            self._kept.append(kept)
        with m.If(self._summed):
            m.d.sync += self._kept_exponent.eq(exponent)

    def _weighted_values(self, pipeline, lane, value, most, largest):
        """Return (power of e, its products with a value) of a token."""
        bits = self._bits
        codes, exponent = value
        distance = pipeline.operate(
            lambda most, each: most - each,
            most,
            pipeline.input(self._score_read[lane], f"score_read{lane}"),
            delay=pipeline.fabric.carry_chain_delay(33),
            shape=unsigned(33),
            name=f"score_distance{lane}",
        )
        power = exponential(pipeline, distance)
        power = _live_or(pipeline, self._values, lane, power, 0, "power")
        by = pipeline.operate(
            lambda most, each: (most - each)[:6],
            largest,
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
        total, *sums = self._kept
        self._quotient = quotient = Quotients(
            self._config, len(total), sums[0].shape(), self._machine.head_width
        )
        m.submodules.quotients = quotient
        m.d.sync += quotient.start.eq(self._summed)
        m.d.comb += [
            quotient.total.eq(total),
            quotient.exponent.eq(self._kept_exponent),
            self.value.eq(quotient.value),
            self.valid.eq(quotient.valid),
        ]
        m.d.comb += [given.eq(each) for given, each in zip(quotient.sums, sums, strict=True)]

    def _sequence(self, m):
        """Let heads follow each other as soon as what is behind the keys can take them."""
        keys, values, rest = self._keys, self._values, self._quotient.interval - 1
        left, undivided = Signal(8, name="heads_left"), Signal(8, name="heads_undivided")
        pause, next_head = Signal(range(rest + 1), name="pause"), Signal(name="next_head")
        m.d.comb += [
            next_head.eq((left != 0) & (pause == 0) & (keys.ends | ~keys.reads)),
            keys.go.eq(self.start | next_head),
            values.go.eq(self._scored),
            self.last.eq(self._quotient.last & (undivided == 0)),
        ]
        with m.If(pause != 0):
            m.d.sync += pause.eq(pause - 1)
        with m.If(keys.go):
            m.d.sync += pause.eq(rest)
        with m.If(next_head):
            m.d.sync += [left.eq(left - 1), self._query.eq(self._query + 1)]
        with m.If(values.ends):
            m.d.sync += self._bank.eq(~self._bank)
        with m.If(self._quotient.last):
            m.d.sync += undivided.eq(undivided - 1)
        with m.If(self.start):
            m.d.sync += [
                left.eq(self.heads - 1),
                undivided.eq(self.heads - 1),
                self._query.eq(self.query),
            ]


def _live_or(pipeline, walk, lane, value, otherwise, name):
    """Return a lane's value, or another one where the lane has no token."""
    if not lane:
        return value
    return pipeline.logic(
        lambda known, x: Mux(known, x, otherwise),
        pipeline.input(walk.live[lane], f"{name}_live{lane}"),
        value,
        shape=value.signal.shape(),
        name=f"live_{name}{lane}",
    )
