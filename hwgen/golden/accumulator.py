"""The accumulator of ``mx-dot``: block sums of different scales, added with truncation."""

import numpy as np

from hwgen.errors import UsageError

__all__ = ["accumulate", "dots_of"]


def dots_of(first, last):
    """Return the indices of the first and of the last block of each finished dot.

    ``first`` and ``last`` are bool arrays with one entry a block. A ``first`` within a dot abandons
    that dot. Raises ``UsageError`` for a block that lies outside any dot.
    """
    index = np.arange(len(first))
    start = np.maximum.accumulate(np.where(first, index, -1))
    end = np.maximum.accumulate(np.where(last, index, -1))
    end_before = np.concatenate([[-1], end])[: len(index)]
    outside = np.flatnonzero(start <= end_before)
    if outside.size:
        raise UsageError(
            f"first must be 1 in the first block of every dot, and block {outside[0]} is in none"
        )
    ends = np.flatnonzero(last)
    return start[ends], ends


def accumulate(sums, scale, starts, ends, *, width, step, guard):
    """Return ``(accumulator, exponent)`` of every dot after its last block.

    Parameters
    ----------
    sums, scale : array
        S and T of every block, in the terms of ``dot_general``.
    starts, ends : int array
        First and last block of every dot.
    width, step, guard : int
        Two's complement width, alignment step R and guard bits G.

    ``accumulator`` is int64 up to a width of 62 bits, else object; ``exponent`` is R * C - G.
    """
    if width > 62:
        sums = sums.astype(object)
    coarse, fine = scale // step, scale % step
    addends = sums << (fine + guard)
    accumulator, position = addends[starts], coarse[starts]
    for offset in range(1, int(np.max(ends - starts, initial=0)) + 1):
        dots = np.flatnonzero(starts + offset <= ends)
        blocks = starts[dots] + offset
        target = np.maximum(position[dots], coarse[blocks])
        kept = _floor_shift(accumulator[dots], step * (target - position[dots]))
        added = _floor_shift(addends[blocks], step * (target - coarse[blocks]))
        accumulator[dots] = _wrapped(kept + added, width)
        position[dots] = target
    return accumulator, position * step - guard


def _floor_shift(values, shift):
    # An int64 is shifted out after 63 places, and larger counts are undefined for it.
    return values >> (shift if values.dtype == object else np.minimum(shift, 63))


def _wrapped(values, width):
    half = 1 << (width - 1)
    return ((values + half) & (2 * half - 1)) - half
