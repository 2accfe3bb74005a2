"""The choice of a token by chance: powers of e of scores, and a number drawn below their sum."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.function.arithmetic import chain, product
from hwgen.cores.function.functions import exponential
from hwgen.cores.gpt.arithmetic import registered
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

from hwgen.formats.gpt_sampling import COUNT_BITS, INVERSE_BITS, SEED_BITS

__all__ = ["Sampler"]

_SCORE_BITS, _POWER_BITS = 32, 17
_DIGIT_BITS = 4
_DIGITS, _BASE = _SCORE_BITS // _DIGIT_BITS, 1 << _DIGIT_BITS
# from a score that memory gives to the last power that counts, apart from pipelines
_COMPARED, _SUMMED = 1, 3


class Sampler(Unit):
    """Keeps scores, and draws one by its power of e.

    Where only some of the greatest ones count, the least of them is found digit by digit, of four
    bits each: how many scores have which digit, among those that have the digits before. Then the
    powers of e are summed, and summed again until the sum exceeds what was drawn.

    Parameters
    ----------
    config : MachineConfig

    Members
    -------
    score, number, write : In
        A score, its number, and whether to keep it.
    greatest : In(signed(32))
        Of the scores.
    seed, seeds : In
        State that the generator (xorshift, 32 bits) takes.
    inverse_temperature, count : In
        As of `hwgen.formats.gpt_sampling.Draw`.
    start : In(1)
        Draw; the operands stay as they are.
    chosen, done : Out
        Number of a score, when it is there.

    Attributes
    ----------
    all_cycles, some_cycles : int
        Clock cycles from the start to the number, among all scores and among the greatest ones.
    """

    def __init__(self, config):
        self._scores = config.program.machine.vocabulary
        bits = max(1, (self._scores - 1).bit_length())
        super().__init__(
            config,
            {
                "score": In(signed(_SCORE_BITS)),
                "number": In(bits),
                "write": In(1),
                "greatest": In(signed(_SCORE_BITS)),
                "seed": In(SEED_BITS),
                "seeds": In(1),
                "inverse_temperature": In(INVERSE_BITS),
                "count": In(COUNT_BITS),
                "start": In(1),
                "chosen": Out(bits),
                "done": Out(1),
            },
        )

    def _build(self):
        m = Module()
        self._goes, self._weighs = Signal(name="walk_goes"), Signal(name="weighs")
        self._walk(m)
        picks, picked = self._select(m)
        stages = self._weigh(m)
        drawn = self._draw(m)
        self._sequence(m, picks, picked, drawn)
        walk = self._scores + 1 + self._config.read_registers
        pick = walk + _COMPARED + _BASE
        weigh = walk + _SUMMED + stages
        self.all_cycles = 2 * weigh + SEED_BITS + 3
        self.some_cycles = self.all_cycles + _DIGITS * pick
        return m

    def _walk(self, m):
        """Read all scores, one after the other; give each with its marks."""
        memory = Memory(shape=signed(_SCORE_BITS), depth=max(2, self._scores), init=[])
        m.submodules.scores = memory
        write, read = memory.write_port(), memory.read_port()
        address, reads = Signal.like(self.number, name="score_address"), Signal(name="score_reads")
        ends = Signal(name="score_ends")
        m.d.comb += [
            write.addr.eq(self.number),
            write.data.eq(self.score),
            write.en.eq(self.write),
            read.addr.eq(address),
            ends.eq(reads & (address == self._scores - 1)),
        ]
        with m.If(reads):
            m.d.sync += address.eq(address + 1)
        with m.If(ends):
            m.d.sync += [reads.eq(0), address.eq(0)]
        with m.If(self._goes):
            m.d.sync += reads.eq(1)
        count = self._config.read_registers
        self._read = registered(m, read.data, count, "score_now")
        self._valid = registered(m, reads, 1 + count, "score_valid")
        self._last = registered(m, ends, 1 + count, "score_last")

    def _select(self, m):
        """Find the least of the greatest scores; return (whether to pick a digit, it is picked)."""
        self._threshold = Signal(_SCORE_BITS, name="threshold")
        known = Signal(_SCORE_BITS, name="known_digits")
        self._left = Signal(COUNT_BITS, name="left_to_pick")
        key, digit = Signal(_SCORE_BITS, name="score_key"), Signal(_DIGIT_BITS, name="score_digit")
        place, counts = Signal(range(_DIGITS), name="digit_place"), Signal(name="counts_digits")
        m.d.comb += key.eq(Cat(self._read[:-1], ~self._read[-1]))
        m.d.sync += [
            counts.eq(self._valid & ~self._weighs & ((key ^ self._threshold) & known == 0)),
            digit.eq(Array(_digits(key))[place]),
        ]
        shape = range(self._scores + 1)
        numbers = [Signal(shape, name=f"scores_of_digit{each}") for each in range(_BASE)]
        for each, number in enumerate(numbers):
            with m.If(counts & (digit == each)):
                m.d.sync += number.eq(number + 1)
        picks, step = Signal(name="picks"), Signal(_DIGIT_BITS, name="picked_digit")
        ready, found, ends = Signal(name="digits_counted"), Signal(), Signal(name="digit_picked")
        m.d.comb += ends.eq(picks & (step == 0))
        m.d.sync += ready.eq(self._last & ~self._weighs)
        with m.If(ready):
            m.d.sync += [picks.eq(1), step.eq(_BASE - 1), found.eq(0)]
        with m.If(picks):
            m.d.sync += step.eq(step - 1)
            # all are 0 again when every one has been the highest
            m.d.sync += [
                number.eq(below)
                for number, below in zip(numbers, [Const(0), *numbers[:-1]], strict=True)
            ]
            with m.If(~found & (self._left <= numbers[-1])):
                m.d.sync += found.eq(1)
                for each, part in enumerate(_digits(self._threshold)):
                    with m.If(place == each):
                        m.d.sync += part.eq(step)
            with m.Elif(~found):
                m.d.sync += self._left.eq(self._left - numbers[-1])
        with m.If(ends):
            m.d.sync += [picks.eq(0), place.eq(place - 1)]
            for each, part in enumerate(_digits(known)):
                with m.If(place == each):
                    m.d.sync += part.eq(_BASE - 1)
        with m.If(self.start):
            m.d.sync += [self._threshold.eq(0), known.eq(0), place.eq(_DIGITS - 1)]
            m.d.sync += self._left.eq(Mux(self._some, self.count, (1 << COUNT_BITS) - 1))
        return ends, ends & (place == 0)

    @property
    def _some(self):
        """Whether only some scores count."""
        return (self.count != 0) & (self.count < self._scores)

    def _weigh(self, m):
        """Give powers of the scores that count; return their stages."""
        key, above, equal = Signal(_SCORE_BITS), Signal(name="is_above"), Signal(name="is_equal")
        equals = Signal.like(self._left, name="equal_left")
        score, valid, last = Signal(signed(_SCORE_BITS)), Signal(), Signal()
        weighed, weighed_valid = Signal.like(score, name="score_weighed"), Signal()
        weighed_last, counts = Signal(), Signal(name="score_counts")
        m.d.comb += key.eq(Cat(self._read[:-1], ~self._read[-1]))
        m.d.sync += [
            above.eq(key > self._threshold),
            equal.eq(key == self._threshold),
            score.eq(self._read),
            valid.eq(self._valid & self._weighs),
            last.eq(self._last & self._weighs),
            weighed.eq(score),
            weighed_valid.eq(valid),
            weighed_last.eq(last),
            counts.eq(above | (equal & (equals != 0))),
        ]
        with m.If(valid & equal & (equals != 0)):
            m.d.sync += equals.eq(equals - 1)
        with m.If(self._goes):
            m.d.sync += equals.eq(self._left)
        pipeline = self._pipeline(m)
        chained = ValidChain(m, weighed_valid, Const(1))
        distance = chain(
            pipeline,
            lambda most, each: most - each,
            pipeline.input(self.greatest, "greatest"),
            pipeline.input(weighed, "score"),
            bits=_SCORE_BITS + 1,
            shape=unsigned(_SCORE_BITS),
            name="distance",
        )
        inverse = pipeline.input(self.inverse_temperature, "inverse")
        wide = product(pipeline, distance, inverse, "distance_product")
        # ties go up, and the power is that of the negative
        magnitude = chain(
            pipeline,
            lambda x: x + (1 << 15) - 1 >> 16,
            wide,
            bits=len(wide),
            shape=unsigned(len(wide) - 15),
            name="magnitude",
        )
        power = exponential(pipeline, magnitude)
        power = pipeline.logic(
            lambda known, x: Mux(known, x, 0),
            pipeline.input(counts, "counts"),
            power,
            shape=unsigned(_POWER_BITS),
            name="power_that_counts",
        )
        last = pipeline.input(weighed_last, "is_last")
        stage = pipeline.output_stage([power, last])
        self._power, self._power_valid = pipeline.output(power, stage), chained.at(stage)
        self._power_last = self._power_valid & pipeline.at(last, stage)
        return stage

    def _draw(self, m):
        """Add up powers, draw a number below their sum, and find where sums exceed it."""
        bits = _POWER_BITS + self._scores.bit_length()
        total, wanted = Signal(bits, name="sum_of_powers"), Signal(bits, name="wanted_sum")
        state, next_state = Signal(SEED_BITS, init=1, name="generator"), Signal(SEED_BITS)
        first = state ^ (state << 13)[:SEED_BITS]
        second = first ^ (first >> 17)
        m.d.comb += next_state.eq(second ^ (second << 5)[:SEED_BITS])
        with m.If(self.seeds):
            m.d.sync += state.eq(self.seed)
        number, passed = Signal.like(self.chosen, name="summed_number"), Signal(name="is_passed")
        added, ended = Signal(name="power_added"), Signal(name="powers_end")
        m.d.sync += [added.eq(self._power_valid), ended.eq(self._power_last)]
        with m.If(self._power_valid):
            m.d.sync += total.eq(total + self._power)
        with m.If(added):
            m.d.sync += number.eq(number + 1)
            with m.If(~passed & (total > wanted)):
                m.d.sync += [passed.eq(1), self.chosen.eq(number)]
        with m.If(self._goes):
            m.d.sync += [total.eq(0), number.eq(0), passed.eq(0)]
        random = Signal(SEED_BITS, name="random_bits")
        left, draws = Signal(range(SEED_BITS + 3), name="bits_to_draw"), Signal(name="draws")
        drawn = Signal(name="number_drawn")
        # the product of the sum and 32 random bits, without its lowest 32
        m.d.comb += drawn.eq(draws & (left == 0))
        with m.If(draws & (left != 0)):
            m.d.sync += [
                left.eq(left - 1),
                random.eq(random >> 1),
                wanted.eq(wanted + Mux(random[0], total, 0) >> 1),
            ]
        with m.If(drawn):
            m.d.sync += draws.eq(0)
        self._begins_to_draw, self._ended = Signal(name="begins_to_draw"), ended
        with m.If(self._begins_to_draw):
            m.d.sync += [draws.eq(1), left.eq(SEED_BITS), wanted.eq(0)]
            m.d.sync += [state.eq(next_state), random.eq(next_state)]
        return drawn

    def _sequence(self, m, picks, picked, drawn):
        """Let one pass over the scores follow the other."""
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.next = "BEGIN"
            with m.State("BEGIN"):
                m.d.comb += self._goes.eq(1)
                m.next = "WEIGH"
                m.d.sync += self._weighs.eq(~self._some)
                with m.If(self._some):
                    m.next = "SELECT"
            with m.State("SELECT"), m.If(picks):
                m.d.comb += self._goes.eq(1)
                with m.If(picked):
                    m.d.sync += self._weighs.eq(1)
                    m.next = "WEIGH"
            with m.State("WEIGH"), m.If(self._ended):
                m.d.comb += self._begins_to_draw.eq(1)
                m.next = "DRAW"
            with m.State("DRAW"), m.If(drawn):
                m.d.comb += self._goes.eq(1)
                m.next = "FIND"
            with m.State("FIND"), m.If(self._ended):
                m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += self.done.eq(1)
                m.next = "IDLE"


def _digits(value):
    """Return digits of a value, the lowest first."""
    return [value[place : place + _DIGIT_BITS] for place in range(0, len(value), _DIGIT_BITS)]
