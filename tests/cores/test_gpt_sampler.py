"""The unit that draws tokens, alone, against the golden model."""

from types import SimpleNamespace

import numpy as np
import pytest
from amaranth.sim import Simulator
from hwgen.cores.gpt.sampler import Sampler

from hwgen.formats.gpt_sampling import Draw
from hwgen.golden.gpt import sampling

ONE = 1 << 16
LEAST = -1 << 31
SLOW = pytest.mark.slow


def unit(vocabulary, freq=None):
    program = SimpleNamespace(machine=SimpleNamespace(vocabulary=vocabulary))
    return Sampler(
        SimpleNamespace(
            program=program,
            freq=freq,
            target="generic",
            size=0,
            read_registers=int(freq is not None),
        )
    )


def drawn(sampler, seed, rounds):
    """Return (numbers, clock cycles of each) of rounds of scores and parameters of a draw."""
    found = []

    async def bench(ctx):
        ctx.set(sampler.seed, seed)
        ctx.set(sampler.seeds, 1)
        await ctx.tick()
        ctx.set(sampler.seeds, 0)
        for scores, inverse_temperature, count in rounds:
            ctx.set(sampler.write, 1)
            for number, score in enumerate(scores):
                ctx.set(sampler.number, number)
                ctx.set(sampler.score, int(score))
                await ctx.tick()
            ctx.set(sampler.write, 0)
            ctx.set(sampler.greatest, int(max(scores)))
            ctx.set(sampler.inverse_temperature, inverse_temperature)
            ctx.set(sampler.count, count)
            ctx.set(sampler.start, 1)
            await ctx.tick()
            ctx.set(sampler.start, 0)
            cycles = 1
            while not ctx.get(sampler.done):
                await ctx.tick()
                cycles += 1
            found.append((ctx.get(sampler.chosen), cycles))

    simulator = Simulator(sampler)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def check(vocabulary, rounds, freq=None, seed=0x9E3779B1):
    sampler = unit(vocabulary, freq)
    golden = sampling.Sampler(state=seed)
    expected = []
    for scores, golden.inverse_temperature, golden.count in rounds:
        among_some = 0 < golden.count < vocabulary
        cycles = sampler.some_cycles if among_some else sampler.all_cycles
        expected.append((golden.choose(np.array(scores, np.int64)), cycles))
    assert drawn(sampler, seed, rounds) == expected
    return [number for number, _ in expected]


@pytest.mark.parametrize("freq", [60, *(pytest.param(each, marks=SLOW) for each in (None, 150))])
def test_random_scores_are_drawn_as_by_the_golden_model(freq):
    rng = np.random.default_rng(3)
    rounds = []
    for _ in range(12):
        scores = np.rint(rng.normal(0, 3 * ONE, 21)).astype(np.int64)
        inverse = int(np.exp2(rng.uniform(10, 20)))
        rounds.append((scores, inverse, int(rng.choice([0, 1, 2, 5, 20, 21, 30]))))
    assert len(set(check(21, rounds, freq))) > 3


def test_equal_scores_count_from_the_first_one_on():
    scores = [ONE, 5, ONE, ONE, -ONE, ONE, 2 * ONE, ONE]
    found = check(8, [(scores, 1, 3)] * 12)
    assert set(found) == {0, 2, 6}


def test_of_one_score_the_greatest_is_drawn_and_of_all_any():
    scores = [3, 9, 9, 7, 1]
    assert set(check(5, [(scores, ONE, 1)] * 5)) == {1}
    assert set(check(5, [(scores, 1, 0), (scores, 1, 5)] * 12)) == {0, 1, 2, 3, 4}


def test_extreme_scores_and_temperatures_are_drawn_as_by_the_golden_model():
    most = (1 << 31) - 1
    hottest, coldest = 1, (1 << 24) - 1
    rounds = [
        (scores, inverse, count)
        for scores in ([LEAST] * 4, [most, LEAST, most, 0], [LEAST, LEAST, 1, 0], [-1, 0, 1, 2])
        for inverse in (hottest, ONE, coldest)
        for count in (0, 2, 3)
    ]
    check(4, rounds)


def test_a_draw_below_one_score_is_that_score():
    assert set(check(1, [([7], ONE, 0)] * 3)) == {0}


def test_options_become_numbers_within_their_fields():
    assert Draw.of(0, None, 5) == Draw()
    assert Draw.of(1.0, 40, 1) == Draw(ONE, 40, 0x9E3779B1)
    assert Draw.of(1e-9, None, 1).inverse_temperature == (1 << 24) - 1
    assert Draw.of(100, 1 << 30, 1).count == (1 << 20) - 1
