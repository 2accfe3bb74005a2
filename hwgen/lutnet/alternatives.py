"""What may stand in place of a table: fewer inputs, fewer bits, or a constant."""

from dataclasses import dataclass

import numpy as np

from hwgen.lutnet.estimate import table_luts, varying_bits

__all__ = ["Alternative", "alternatives"]


@dataclass(frozen=True, eq=False)
class Alternative:
    """A table, what it costs, and how far it is from the one that it may replace.

    Parameters
    ----------
    table : array of int
    luts, registers : int
        Look-up tables of six inputs, and bits that are no constants.
    distance : float
        Sum of squared differences of the integers over all visits.
    drift : float
        Mean difference over all visits.
    """

    table: np.ndarray
    luts: int
    registers: int
    distance: float
    drift: float


def alternatives(table, counts, width, elements):
    """Return the `Alternative` of a table: itself first, and constants, 0 among them.

    Inputs leave one after the other, the one that is missed least first. Entries that become equal
    take the integer nearest to the mean of their visits, of all integers or of those with some low
    bits fixed.

    Parameters
    ----------
    table : array of int, [2**(inputs * width)]
        Integers by address.
    counts : array of int
        Visits of every entry.
    width : int
        Bits of an input.
    elements : Elements
        What the table gives, for its width and sign.
    """
    inputs = (len(table) - 1).bit_length() // width
    values = table.reshape((1 << width,) * inputs)
    visits = counts.reshape(values.shape)
    found = {table.tobytes(): table}
    gone = ()
    _add(found, values.astype(float), values, visits, elements)
    for _ in range(inputs):
        others = [(*gone, axis) for axis in range(inputs) if axis not in gone]
        means = [_means(values, visits, each) for each in others]
        distances = [_distance(each, values, visits) for each in means]
        best = int(np.argmin(distances))
        gone = others[best]
        _add(found, means[best], values, visits, elements)
    zeros = np.zeros_like(table)
    found.setdefault(zeros.tobytes(), zeros)
    return [
        Alternative(
            each,
            table_luts(each, elements.bits),
            varying_bits(each, elements.bits),
            _distance(each.reshape(values.shape), values, visits),
            float((counts * (each - table)).sum() / counts.sum()),
        )
        for each in found.values()
    ]


def _means(values, visits, axes):
    """Return the mean of the visits along axes, and where there are none that of the entries."""
    total = visits.sum(axes, keepdims=True)
    weighted = (values * visits).sum(axes, keepdims=True)
    return np.where(total > 0, weighted / np.maximum(total, 1), values.mean(axes, keepdims=True))


def _distance(found, values, visits):
    return float((visits * (values - found) ** 2).sum())


def _add(found, means, values, visits, elements):
    """Add the nearest tables with 0, 1, ... low bits fixed; a constant has no bits to fix."""
    low, high = elements.bounds
    for fixed in range(elements.bits if means.size > 1 else 1):
        step = 1 << fixed
        nearest = [
            np.clip(np.rint((means - offset) / step), low // step, high // step) * step + offset
            for offset in range(step)
        ]
        best = min(nearest, key=lambda each: _distance(each, values, visits))
        table = np.broadcast_to(best, values.shape).ravel().astype(np.int64)
        found.setdefault(table.tobytes(), table)
