"""Lengths of test vectors for cores that take vectors of any length, and their marks."""

import numpy as np

__all__ = ["vector_marks"]


def vector_marks(longest, count, random):
    """Return (marks of last values, numbers of the vectors), arrays of at least ``count`` values.

    After every ``longest`` values a vector ends, and the last one has that length. Some vectors
    of that length lack the mark: they are complete without it.

    Parameters
    ----------
    longest : int
    count : int
    random : numpy.random.Generator
    """
    blocks = [[longest], [1] * longest, [longest - 1, 1], [1, longest - 1], [longest]]
    while len(blocks) * longest < count:
        most = random.choice([2, max(2, longest // 4), longest])
        block = []
        while (rest := longest - sum(block)) > 0:
            block.append(min(rest, int(random.integers(1, most, endpoint=True))))
        blocks.append(block)
    lengths = np.concatenate([*blocks, [longest]])
    last = np.zeros(lengths.sum(), np.uint64)
    marked = (lengths < longest) | (random.random(len(lengths)) < 0.5)
    last[np.cumsum(lengths)[marked] - 1] = 1
    return last, np.repeat(np.arange(len(lengths)), lengths)
