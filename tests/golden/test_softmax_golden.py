"""Softmax in integers beside the real one: the largest errors that its page states."""

import numpy as np
import pytest

from hwgen.golden.gpt.functions import exponential
from hwgen.golden.softmax import softmax

ONE = 1 << 16


def real_softmax(scores):
    powers = np.exp((scores - scores.max()) / ONE)
    return powers / powers.sum()


def of_one_vector(scores, fraction=16):
    """Return the probabilities of a vector, in units of 2**-fraction."""
    last = np.zeros(len(scores), int)
    last[-1] = 1
    return softmax(scores, last, len(scores), fraction)[0]


def test_every_power_has_the_error_that_the_bound_is_made_of():
    scores = -np.arange(16 * ONE + 2)
    real = np.exp(scores / ONE)
    errors = np.abs(exponential(scores) - ONE * real)
    assert (errors <= 0.51 + 2.3 * real).all()
    assert errors[0] == 0


def test_every_distance_of_two_scores_has_the_error_stated():
    distances = np.arange(16 * ONE + 2)
    scores = np.stack([np.zeros_like(distances), -distances], axis=1).ravel()
    found, _ = softmax(scores, np.arange(len(scores)) % 2, 2, 16)
    lower = np.exp(-distances / ONE)
    real = np.stack([np.ones_like(lower), lower], axis=1) / (1 + lower)[:, None]
    assert np.abs(found - ONE * real.ravel()).max() <= 2.1


@pytest.mark.parametrize(("length", "units"), [(128, 64), (1024, 508)])
def test_a_vector_at_one_distance_from_the_greatest_is_the_worst_case(length, units):
    worst = 0
    for distance in range(10 * ONE, 12 * ONE, 499):
        scores = np.full(length, -distance)
        scores[length // 3] = 0
        worst = max(worst, np.abs(of_one_vector(scores) - ONE * real_softmax(scores)).max())
    assert 0.9 * units < worst < units < 4 + 0.51 * length


@pytest.mark.parametrize("length", [2, 3, 17, 128, 1000])
@pytest.mark.parametrize("fraction", [16, 8, 1])
def test_random_scores_are_within_the_bound(length, fraction):
    random = np.random.default_rng(length)
    unit = 1 << 16 - fraction
    bound = 4 + 0.51 * length + (unit - 1) / 2
    for _ in range(300):
        scores = random.standard_normal(length) * ONE * 2.0 ** random.uniform(-6, 4)
        scores = np.rint(scores).astype(np.int64)
        found = of_one_vector(scores, fraction)
        assert np.abs(unit * found - ONE * real_softmax(scores)).max() < bound


def test_a_normal_distribution_of_128_scores_is_much_closer():
    random = np.random.default_rng(4)
    worst = 0
    for _ in range(500):
        scores = np.rint(random.standard_normal(128) * ONE).astype(np.int64)
        worst = max(worst, np.abs(of_one_vector(scores) - ONE * real_softmax(scores)).max())
    assert worst < 7.5


def test_vectors_end_with_a_mark_or_with_their_longest_length():
    scores = np.array([5, 5, 5, 5, 5, 9, 9, 9])
    found, last = softmax(scores, [0, 0, 0, 0, 0, 1, 0, 0], 4, 16)
    assert last.tolist() == [0, 0, 0, 1, 0, 1]
    assert found.tolist() == [16384] * 4 + [32767, 32769]


def test_equal_scores_share_one_whatever_their_size():
    for extreme in (-(1 << 31), 0, (1 << 31) - 1):
        assert of_one_vector(np.full(16, extreme)).tolist() == [4096] * 16
    assert of_one_vector(np.array([-(1 << 31), (1 << 31) - 1])).tolist() == [0, ONE]
    assert of_one_vector(np.array([123])).tolist() == [ONE]


def test_the_worked_example_of_the_page():
    assert of_one_vector(np.array([0, ONE])).tolist() == [17626, 47911]
