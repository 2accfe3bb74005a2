"""Attention of one head: scores of a query with all keys, their powers of e, a sum of values."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.gpt.arithmetic import bit_length, product, rounding_shift, saturated
from hwgen.cores.gpt.functions import exponential, reciprocal
from hwgen.cores.gpt.products import EXPONENT_BITS
from hwgen.cores.pipelined import ValidChain

from hwgen import targets
from hwgen.collector import no_garbage_collection

__all__ = ["Attention"]

_MOST_LEFT = 31
_POWER_BITS = 17
_SMALLEST_HARD = 5


class Attention(wiring.Component):
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
        Clock cycles from the start to the end, and two more for every token.
    """

    def __init__(self, config):
        self._config, machine = config, config.program.machine
        self._machine, self._bits = machine, machine.activation_bits
        super().__init__(
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
            }
        )
        with no_garbage_collection():
            self._built = self._build()

    def elaborate(self, platform):
        return self._built

    def _build(self):
        m = Module()
        self._stored(m)
        self._scores(m)
        self._sums(m)
        self._quotients(m)
        self._sequence(m)
        return m

    def _pipeline(self, m):
        config = self._config
        return Pipeline(m, targets.get(config.target), config.freq, Const(1), config.size)

    def _stored(self, m):
        """Add memories of queries, keys and values; their read ports follow the token number."""
        machine = self._machine
        width = machine.head_width * self._bits + EXPONENT_BITS
        self._token = Signal(range(max(2, machine.context)), name="seen_token")
        depth = machine.slots * machine.context
        self._read = {}
        for name, count, write_place, read_place in (
            ("query", machine.heads, self.place, self.query),
            (
                "key",
                depth,
                self.place * machine.context + self.position,
                self.slot * machine.context + self._token,
            ),
            (
                "value",
                depth,
                self.place * machine.context + self.position,
                self.slot * machine.context + self._token,
            ),
        ):
            memory = Memory(shape=unsigned(width), depth=max(2, count), init=[])
            m.submodules[f"{name}_memory"] = memory
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.addr.eq(write_place),
                write.data.eq(Cat(self.codes, self.exponent)),
                write.en.eq(getattr(self, f"write_{name}")),
                read.addr.eq(read_place),
            ]
            self._read[name] = read.data
        scores = Memory(shape=signed(32), depth=max(2, machine.context), init=[])
        m.submodules.scores = scores
        self._score_write, self._score_read = scores.write_port(), scores.read_port()
        m.d.comb += self._score_read.addr.eq(self._token)

    def _parts(self, name):
        """Return (codes, exponent) of what a memory gives."""
        data, bits = self._read[name], self._bits
        codes = [
            data[number * bits : (number + 1) * bits].as_signed()
            for number in range(self._machine.head_width)
        ]
        return codes, data[-EXPONENT_BITS:].as_signed()

    def _scores(self, m):
        """Compute a score for every key, and note the greatest, and the values' exponent."""
        width, bits = self._machine.head_width, self._bits
        self._reads, self._reads_last = Signal(name="key_read"), Signal(name="last_key_read")
        pipeline = self._pipeline(m)
        valid = ValidChain(m, self._reads, Const(1))
        (queries, query_exponent), (keys, key_exponent) = map(self._parts, ("query", "key"))
        hard = takes_hard_multiplier(pipeline, "auto", (signed(bits), signed(bits)), _SMALLEST_HARD)
        operands, most = [], 1 << 2 * bits - 2
        for number in range(width):
            pair = [
                pipeline.input(each[number], f"{name}{number}")
                for name, each in (("query", queries), ("key", keys))
            ]
            value = multiply(pipeline, *pair, hard=hard, name=f"score{number}")
            operands.append(Operand(pipeline.signed(value), -most, most))
        total = add_tree(pipeline, operands).bits
        wanted, amount = Signal(signed(10), name="score_place"), Signal(6, name="score_amount")
        m.d.comb += [
            wanted.eq(_MOST_LEFT - 16 - (query_exponent + key_exponent)),
            amount.eq(Mux(wanted < 0, 0, Mux(wanted > 63, 63, wanted))),
        ]
        shift = pipeline.input(amount, "score_shift")
        moved = rounding_shift(pipeline, pipeline.signed(total), shift, _MOST_LEFT, "score_moved")
        score = saturated(pipeline, moved, "score")
        last = pipeline.input(self._reads_last, "score_is_last")
        stage = pipeline.output_stage([score, last])
        self._score_stages = stage
        found, now = pipeline.output(score, stage), valid.at(stage)
        place = Signal.like(self._token, name="score_place_written")
        self._greatest = Signal(signed(32), name="greatest_score")
        self._first = Signal(name="first_score")
        self._scored = Signal(name="all_scored")
        m.d.comb += [
            self._score_write.addr.eq(place),
            self._score_write.data.eq(found),
            self._score_write.en.eq(now),
        ]
        m.d.sync += self._scored.eq(now & pipeline.at(last, stage))
        with m.If(now):
            m.d.sync += [place.eq(place + 1), self._first.eq(0)]
            with m.If(self._first | (found > self._greatest)):
                m.d.sync += self._greatest.eq(found)
        with m.If(self.start):
            m.d.sync += [place.eq(0), self._first.eq(1)]
        _, value_exponent = self._parts("value")
        self._largest = Signal(signed(EXPONENT_BITS), name="largest_exponent")
        first_read = Signal(name="first_key_read")
        with m.If(self.start):
            m.d.sync += first_read.eq(1)
        with m.If(self._reads):
            m.d.sync += first_read.eq(0)
            with m.If(first_read | (value_exponent > self._largest)):
                m.d.sync += self._largest.eq(value_exponent)

    def _sums(self, m):
        """Add up powers of e, and their products with values."""
        machine, bits = self._machine, self._bits
        self._sums_read, self._sums_last = Signal(name="value_read"), Signal(name="last_value_read")
        pipeline = self._pipeline(m)
        valid = ValidChain(m, self._sums_read, Const(1))
        distance, place = Signal(33, name="score_distance"), Signal(6, name="power_place")
        codes, exponent = self._parts("value")
        m.d.comb += [
            distance.eq(self._greatest - self._score_read.data),
            place.eq(self._largest - exponent),
        ]
        power = exponential(pipeline, pipeline.input(distance, "distance"))
        by = pipeline.input(place, "place")
        moved = rounding_shift(pipeline, pipeline.signed(power), by, name="moved")
        moved = pipeline.signed(pipeline.slice(moved, 0, _POWER_BITS))
        hard = takes_hard_multiplier(
            pipeline, "auto", (signed(_POWER_BITS + 1), signed(bits)), _SMALLEST_HARD
        )
        products = [
            multiply(
                pipeline,
                moved,
                pipeline.input(code, f"value{number}"),
                hard=hard,
                name=f"weighted{number}",
            )
            for number, code in enumerate(codes)
        ]
        last = pipeline.input(self._sums_last, "sum_is_last")
        stage = pipeline.output_stage([*products, power, last])
        self._sum_stages = stage
        now = valid.at(stage)
        depth = (machine.context - 1).bit_length()
        self._total = Signal(_POWER_BITS + depth, name="sum_of_powers")
        self._weighted = [
            Signal(signed(_POWER_BITS + bits + depth), name=f"sum_{number}")
            for number in range(machine.head_width)
        ]
        self._summed = Signal(name="all_summed")
        found = [pipeline.output(each, stage) for each in (power, *products)]
        m.d.sync += self._summed.eq(now & pipeline.at(last, stage))
        with m.If(now):
            for total, value in zip((self._total, *self._weighted), found, strict=True):
                m.d.sync += total.eq(total + value)
        with m.If(self.start):
            m.d.sync += [self._total.eq(0), *(total.eq(0) for total in self._weighted)]

    def _quotients(self, m):
        """Divide sums by the sum of powers, one after the other, by its reciprocal."""
        width = self._machine.head_width
        length = bit_length(m, self._total, "total_length")
        normal = Signal(31, name="normalised_total")
        known = Signal(range(len(self._total) + 1), name="known_length")
        m.d.sync += known.eq(length)
        m.d.sync += normal.eq(
            Cat(self._total, Const(0, 31 - len(self._total)))[:31]
            << (31 - length).as_unsigned()[:5]
        )
        pipeline = self._pipeline(m)
        place, rest = pipeline.input(normal[23:30], "place"), pipeline.input(normal[11:23], "rest")
        inverse = reciprocal(pipeline, place, rest)
        stage = pipeline.output_stage([inverse])
        self._inverse_stages = stage
        inverted = Signal(17, name="reciprocal_of_total")
        m.d.sync += inverted.eq(pipeline.output(inverse, stage))
        amount = Signal(6, name="quotient_amount")
        m.d.sync += amount.eq(known - 1 - self._largest)
        pipeline = self._pipeline(m)
        self._divides, number = Signal(name="divides"), Signal(range(width), name="divided")
        valid = ValidChain(m, self._divides, Const(1))
        chosen = Array(self._weighted)[number]
        value = Signal(self._weighted[0].shape(), name="divided_sum")
        m.d.comb += value.eq(chosen)
        wide = product(
            pipeline,
            pipeline.input(value, "weighted"),
            pipeline.input(inverted, "inverse"),
            "quotient_product",
        )
        moved = rounding_shift(pipeline, wide, pipeline.input(amount, "amount"), name="quotient")
        result = saturated(pipeline, moved, "attended")
        at_number, ends = pipeline.input(number, "number"), number == width - 1
        is_last = pipeline.input(ends, "is_last")
        stage = pipeline.output_stage([result, at_number, is_last])
        self._quotient_stages = stage
        now = valid.at(stage)
        m.d.sync += [
            self.value.eq(pipeline.output(result, stage)),
            self.number.eq(pipeline.at(at_number, stage)),
            self.valid.eq(now),
            self.done.eq(now & pipeline.at(is_last, stage)),
        ]
        self._divide_ends = self._divides & ends
        with m.If(self._divides):
            m.d.sync += number.eq(Mux(ends, 0, number + 1))

    def _sequence(self, m):
        reading, ends = Signal(name="reads_tokens"), self._token == self.position
        first_pass = Signal(name="first_pass")
        m.d.sync += [
            self._reads.eq(reading & first_pass),
            self._reads_last.eq(reading & first_pass & ends),
            self._sums_read.eq(reading & ~first_pass),
            self._sums_last.eq(reading & ~first_pass & ends),
        ]
        with m.If(reading):
            m.d.sync += self._token.eq(self._token + 1)
            with m.If(ends):
                m.d.sync += [reading.eq(0), self._token.eq(0)]
        # until the reciprocal of the whole sum is there
        waits = self._inverse_stages + 3
        stages = self._score_stages + self._sum_stages + self._quotient_stages
        self.latency = stages + waits + self._machine.head_width + 6
        left = Signal(range(waits + 1), name="waits")
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [self._token.eq(0), reading.eq(1), first_pass.eq(1)]
                m.next = "SCORES"
            with m.State("SCORES"), m.If(self._scored):
                m.d.sync += [reading.eq(1), first_pass.eq(0)]
                m.next = "SUMS"
            with m.State("SUMS"):
                m.d.sync += left.eq(waits)
                with m.If(self._summed):
                    m.next = "INVERT"
            with m.State("INVERT"):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.sync += self._divides.eq(1)
                    m.next = "DIVIDE"
            with m.State("DIVIDE"):
                with m.If(self._divide_ends):
                    m.d.sync += self._divides.eq(0)
                with m.If(self.done):
                    m.next = "IDLE"
