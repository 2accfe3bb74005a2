"""The random bits of stochastic rounding: a register of the longest period, fresh bits a token."""

import numpy as np
import pytest

from hwgen.golden.lfsr import PERIOD, TAPS, WIDTH, first_state, random_words

# 2**33 - 1 = 7 * 23 * 89 * 599479
_PRIMES = (7, 23, 89, 599479)


def _step(state):
    return state >> 1 ^ (TAPS if state & 1 else 0)


def _after(steps):
    """Return the states that the unit states have after so many steps, by repeated squaring."""
    columns = [_step(1 << bit) for bit in range(WIDTH)]
    result = [1 << bit for bit in range(WIDTH)]

    def apply(columns, state):
        total = 0
        for bit in range(WIDTH):
            total ^= columns[bit] * (state >> bit & 1)
        return total

    while steps:
        if steps & 1:
            result = [apply(columns, each) for each in result]
        columns = [apply(columns, each) for each in columns]
        steps >>= 1
    return result


def test_the_register_visits_every_state_but_zero():
    unit = [1 << bit for bit in range(WIDTH)]
    assert np.prod(_PRIMES, dtype=object) == PERIOD
    assert _after(PERIOD) == unit
    assert all(_after(PERIOD // prime) != unit for prime in _PRIMES)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_words_follow_one_another_without_shared_bits(bits):
    words = random_words(bits, 3, seed=4)
    assert words.dtype == np.dtype(f"uint{bits}")
    state, seen = first_state(4), []
    for _ in range(3 * bits):
        seen.append(state & 1)
        state = _step(state)
    # a bit that stands at place p comes out p steps later, but for the taps' inversions below it
    assert [int(word) & 1 for word in words] == seen[::bits]
    assert np.gcd(bits, PERIOD) == 1


def test_lanes_start_in_different_states_and_never_at_zero():
    states = {first_state(seed, lane) for seed in (0, 1, 2**32 - 1) for lane in range(64)}
    assert len(states) == 3 * 64
    assert 0 not in states


def test_words_are_uniform_enough_for_rounding():
    words = random_words(8, 1 << 15, seed=1)
    counts = np.bincount(words, minlength=256)
    expected = len(words) / 256
    chi_squared = float(((counts - expected) ** 2 / expected).sum())
    # 255 degrees of freedom: six standard deviations
    assert abs(chi_squared - 255) < 6 * (2 * 255) ** 0.5
