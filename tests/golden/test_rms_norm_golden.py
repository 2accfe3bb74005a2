"""Norms in integers beside the real ones: the error that their page states."""

from fractions import Fraction

import numpy as np
import pytest

from hwgen.golden.rms_norm import rms_norm

ONE = 1 << 16
EPSILON = 42950


def of_one_vector(values, gains=None, mean=False, epsilon=EPSILON, **options):
    """Return the results of a vector, with gains of 1 unless others are given."""
    last = np.zeros(len(values), int)
    last[-1] = 1
    gains = np.full(len(values), 1 << 14) if gains is None else gains
    rest = {"longest": len(values), "gain_fraction": 14, "mean": mean, "epsilon": epsilon}
    return rms_norm(values, gains, last, **(rest | options))[0]


def real_norm(values, gains, mean, epsilon):
    """Return the real results in units of 2**-16, from exact sums."""
    exact = [Fraction(int(each)) for each in values]
    middle = sum(exact) / len(exact) if mean else 0
    square = sum((each - middle) ** 2 for each in exact) / len(exact) + epsilon
    root = float(square) ** 0.5
    return np.array([float(each - middle) / root for each in exact]) * ONE * gains / (1 << 14)


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("length", [2, 3, 17, 128])
def test_results_are_within_the_error_stated(length, mean):
    random = np.random.default_rng(length)
    for _ in range(200):
        size = 2.0 ** random.uniform(2, 29)
        center = random.choice([0, random.uniform(-1, 1) * 2.0**30])
        values = np.rint(center + random.standard_normal(length) * size).astype(np.int64)
        values = np.clip(values, -(1 << 31), (1 << 31) - 1)
        gains = random.integers(-(1 << 17), 1 << 17, length)
        found, real = of_one_vector(values, gains, mean), real_norm(values, gains, mean, EPSILON)
        assert (np.abs(found - real) <= 0.5001 + 7 / ONE * np.abs(real)).all()


def test_a_mean_far_from_zero_costs_nothing():
    near = np.array([-3, 1, 2, 0]) * 1000
    far = near + 2_000_000_000
    assert (of_one_vector(far, mean=True) == of_one_vector(near, mean=True)).all()
    assert np.abs(of_one_vector(near, mean=True)).max() > ONE


def test_equal_values_are_one_or_nothing():
    for value in (1 << 20, (1 << 31) - 1, -(1 << 31)):
        values = np.full(9, value)
        assert np.abs(of_one_vector(values) - np.sign(value) * ONE).max() <= 8
        assert not of_one_vector(values, mean=True).any()


def test_zeros_are_zeros_plus_the_bias_even_without_epsilon():
    zeros, bias = np.zeros(4, int), np.array([5, -6, (1 << 31) - 1, -(1 << 31)])
    for mean in (False, True):
        found = of_one_vector(zeros, mean=mean, epsilon=0, bias=bias)
        assert found.tolist() == bias.tolist()


def test_what_is_out_of_range_is_limited():
    values, gains = np.array([1 << 20, -(1 << 20)]), np.array([(1 << 17) - 1] * 2)
    assert of_one_vector(values, gains, gain_fraction=0).tolist() == [(1 << 31) - 1, -(1 << 31)]


def test_a_power_of_two_times_the_values_gives_the_same_without_epsilon():
    values = np.random.default_rng(2).integers(-5000, 5000, 30)
    assert (of_one_vector(values, epsilon=0) == of_one_vector(values << 17, epsilon=0)).all()


def test_the_worked_example_of_the_page():
    assert of_one_vector(np.array([1, 2, 2]) * ONE).tolist() == [37836, 75672, 75672]
