"""How the GPT machine draws tokens."""

import numpy as np

from hwgen.golden.gpt.sampling import Sampler

ONE = 1 << 16


def test_without_a_temperature_the_first_of_the_greatest_scores_is_taken():
    assert Sampler().choose(np.array([1, 7, 3, 7])) == 1


def test_tokens_are_drawn_as_often_as_their_scores_say():
    scores = np.array([0.0, 1.0, 2.0, -30.0])
    sampler = Sampler(inverse_temperature=ONE // 2, state=77)
    drawn = np.bincount(
        [sampler.choose((scores * ONE).astype(int)) for _ in range(20_000)], minlength=4
    )
    wanted = np.exp(scores / 2) / np.exp(scores / 2).sum()
    assert np.abs(drawn / 20_000 - wanted).max() < 0.01


def test_only_the_greatest_scores_are_drawn_from_the_first_ones_of_equal():
    sampler = Sampler(inverse_temperature=ONE, count=2, state=5)
    scores = np.array([5, 6, 6, 6]) * ONE
    assert {sampler.choose(scores) for _ in range(200)} == {1, 2}


def test_a_seed_repeats_what_is_drawn():
    scores = np.zeros(1000, int)
    one, same, other = (Sampler(ONE, 0, state) for state in (9, 9, 10))
    drawn = [[each.choose(scores) for _ in range(20)] for each in (one, same, other)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_generator_is_that_of_marsaglia():
    sampler = Sampler(state=1)
    # xorshift32 of G. Marsaglia, Xorshift RNGs (2003), from 1
    assert [sampler._random() for _ in range(3)] == [270369, 67634689, 2647435461]
