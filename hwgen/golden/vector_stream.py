"""Streams of vectors of any length: where each of them begins."""

import numpy as np

__all__ = ["vector_starts"]


def vector_starts(last, longest):
    """Return (first places, lengths) of the complete vectors of a stream, int64 arrays.

    Parameters
    ----------
    last : array
        1 with the last value of a vector.
    longest : int
        Values after which a vector is complete without a mark.
    """
    starts, lengths, start = [], [], 0
    for place, marked in enumerate(np.asarray(last).tolist()):
        length = place + 1 - start
        if marked or length == longest:
            starts.append(start)
            lengths.append(length)
            start = place + 1
    return np.array(starts, np.int64), np.array(lengths, np.int64)
