"""Golden model of ``ternary-matvec`` against sums written out, and against what tokens mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.ternary import columns_of_slots, pack
from hwgen.golden.ternary_matvec import ternary_matvec

SHAPES = [("two-bit", 128, 8, 2), ("tl2", 48, 24, 5), ("tq1_0", 256, 10, 2)]


def tokens_of(packing, columns, lanes, size, vectors, matrix):
    """Return (beats of each vector, words of each row) as arrays."""
    slots = columns_of_slots(packing, columns).ravel()
    beats = np.where(slots < 0, 99, vectors[:, slots]).reshape(-1, lanes)
    return beats, pack(matrix, packing, scale=3.5).reshape(-1, size)


def run(packing, columns, rows, beats, words, load, compute):
    """Return the sums for tokens in which the n-th load has the n-th beat, and words alike."""
    load, compute = np.array(load), np.array(compute)
    activations = np.full((len(load), beats.shape[1]), 77)
    weights = np.full((len(load), words.shape[1]), 200, np.uint8)
    activations[load == 1] = beats[: load.sum()]
    weights[compute == 1] = words[: compute.sum()]
    options = {"packing": packing, "columns": columns, "rows": rows}
    return ternary_matvec(activations, weights, load, compute, **options).tolist()


@settings(max_examples=30, deadline=None)
@given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 2**32))
def test_a_vector_after_the_other_is_multiplied_by_its_rows(shape, seed):
    packing, columns, *_ = shape
    random = np.random.default_rng(seed)
    vectors = random.integers(-128, 128, (3, columns))
    matrix = random.integers(-1, 2, (6, columns))
    beats, words = tokens_of(*shape, vectors, matrix)
    a_vector, a_row = len(beats) // 3, len(words) // 6
    load = ([1] * a_vector + [0] * 2 * a_row) * 3
    compute = ([0] * a_vector + [1] * 2 * a_row) * 3
    expected = []
    for row in range(6):
        total = 0
        for weight, x in zip(matrix[row].tolist(), vectors[row // 2].tolist(), strict=True):
            total += x if weight == 1 else -x if weight == -1 else 0
        expected.append(total)
    assert run(packing, columns, 2, beats, words, load, compute) == expected


def small():
    """Return two-bit vectors of ones, twos and threes, two beats each, and rows of ones."""
    vectors = np.array([[1], [2], [3], [4]]) * np.ones((4, 128), int)
    return tokens_of("two-bit", 128, 64, 16, vectors, np.ones((8, 128), int))


@pytest.mark.parametrize(
    ("load", "compute", "sums"),
    [
        ([1, 1, 0, 0], [0, 0, 1, 1], [128]),
        # the next vector comes in with the weights that this one meets
        ([1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1], [128, 256]),
        # weights without a vector, also with the token that completes it, are ignored
        ([1, 1, 0, 0], [1, 1, 1, 1], [128]),
        # the third vector is ignored while there are two: the fourth is the third one used
        ([1] * 6 + [0] * 4 + [1] * 2 + [0] * 2, [0] * 6 + [1] * 4 + [0] * 2 + [1] * 2, None),
        # a beat that is offered with the last word of a vector's rows is ignored as well
        ([1] * 4 + [0, 1, 1, 1] + [0] * 4, [0] * 4 + [1, 1, 0, 0] + [1] * 4, [128, 256, 448]),
    ],
)
def test_two_vectors_are_held_and_what_comes_at_a_wrong_time_is_ignored(load, compute, sums):
    beats, words = small()
    expected = [128, 256, 512] if sums is None else sums
    assert run("two-bit", 128, 1, beats, words, load, compute) == expected


def test_bytes_of_a_scale_do_not_count():
    beats, words = tokens_of("tq1_0", 256, 270, 54, np.full((1, 256), -128), np.ones((1, 256), int))
    assert run("tq1_0", 256, 1, beats, words, [1, 0], [0, 1]) == [-128 * 256]
