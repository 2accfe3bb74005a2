"""Softmax of vectors in exact integers, with the functions of the GPT machine's golden model."""

import numpy as np

from .gpt.functions import exponential, reciprocal
from .gpt.integers import rounded
from .vector_stream import vector_starts

__all__ = ["softmax"]


def softmax(scores, last, longest, fraction):
    """Return the probabilities of a stream of vectors of scores.

    Parameters
    ----------
    scores : int64 array, [values]
        16 fraction bits.
    last : array, [values]
        1 with the last value of a vector.
    longest : int
        Values after which a vector is complete without a mark.
    fraction : int
        Fraction bits of a probability.

    Returns
    -------
    (int64 array, int64 array)
        Probabilities in units of ``2**-fraction``, and marks, of all complete vectors.
    """
    starts, lengths = vector_starts(last, longest)
    scores = np.asarray(scores, np.int64)[: lengths.sum()]
    marks = np.zeros(len(scores), np.int64)
    if not len(starts):
        return scores, marks
    marks[starts + lengths - 1] = 1
    largest = np.maximum.reduceat(scores, starts)
    powers = exponential(scores - np.repeat(largest, lengths))
    significands, shifts = reciprocal(np.add.reduceat(powers, starts))
    wide = powers * np.repeat(significands, lengths)
    return rounded(wide, np.repeat(shifts, lengths) - fraction), marks
