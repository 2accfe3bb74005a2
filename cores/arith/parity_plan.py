"""Which parities to compute first, so that many parities of the same bits share look-up tables."""

from collections import Counter
from functools import lru_cache
from itertools import chain, combinations
from math import comb

import numpy as np

__all__ = ["plan_parities"]

# signals that a search for a shared parity looks at: its time grows with the fourth power
_SEARCHED = 30


def plan_parities(rows, inputs, arity, levels):
    """Return a network of exclusive ors of few operands that gives all ``rows``.

    Greedy: a row that is the exclusive or of ``arity`` signals that exist costs one table; where
    there is none, the parity is added that brings the most rows into the reach of one table. No
    heuristic for this is optimal: the smallest linear network is NP-hard (Boyar, Matthews,
    Peralta: Logic Minimization Techniques with Applications to Cryptology, 2013).

    Parameters
    ----------
    rows : sequence of int
        Parities that are wanted, bit b for input b; none is 0.
    inputs : int
        Number of input bits.
    arity : int
        Operands of one exclusive or, at least 2.
    levels : int
        Tables in series that are allowed; ``arity**levels`` reaches the widest row.

    Returns
    -------
    (list of tuple of int, list of int)
        Operands of every exclusive or by number of signal (the inputs come first, then these in
        order), and the number of the signal of every row.
    """
    plan = _Plan(inputs, arity, levels)
    missing = [row for row in dict.fromkeys(rows) if row not in plan.number]
    while missing:
        found = [row for row in missing if plan.join(row)]
        missing = [row for row in missing if row not in found]
        if missing and not found:
            plan.prepare(missing)
    return plan.operands, [plan.number[row] for row in rows]


class _Plan:
    """The signals so far: parity, level, and what each is made of."""

    def __init__(self, inputs, arity, levels):
        self.inputs, self.arity, self.levels = inputs, arity, levels
        self.number = {1 << bit: bit for bit in range(inputs)}
        self.level = [0] * inputs
        self.operands = []
        self._sums, self._parts = {}, {}

    def add(self, parity, operands):
        """Add the exclusive or of some signals."""
        self.number[parity] = len(self.level)
        self.level.append(1 + max(self.level[each] for each in operands))
        self.operands.append(tuple(operands))
        self._sums.clear()

    def join(self, row):
        """Add ``row`` if one table gives it, in as few levels as possible; return whether."""
        if row in self.number:
            return True
        if self._joint(row, self.levels) is None:
            return False
        found = (self._joint(row, below) for below in range(1, self.levels + 1))
        self.add(row, next(each for each in found if each is not None))
        return True

    def _joint(self, row, below):
        """Return signals of levels below ``below`` whose exclusive or is ``row``, or None."""
        half = self.arity // 2
        keys, sums = self._parities(below, half)
        others, more = self._parities(below, self.arity - half)
        place = np.minimum(np.searchsorted(others, keys ^ row), len(others) - 1)
        hits = np.flatnonzero(others[place] == keys ^ row)
        if not len(hits):
            return None
        first, second = sums[hits[0]], more[place[hits[0]]]
        return sorted({*_without_padding(first)} ^ {*_without_padding(second)})

    def _parities(self, below, most, first=None):
        """Return (sorted parities, operands of each) of up to ``most`` signals of low levels.

        Operands are padded with -1.
        """
        key = below, most, first
        if key not in self._sums:
            usable = [(p, n) for p, n in self.number.items() if self.level[n] < below][:first]
            # the last one stands for no operand
            parities, numbers = (np.array([*each]) for each in zip(*usable, (0, -1), strict=True))
            chosen = _choices(len(usable), most)
            keys, index = np.unique(
                np.bitwise_xor.reduce(parities[chosen], axis=1), return_index=True
            )
            self._sums[key] = keys, numbers[chosen[index]]
        return self._sums[key]

    def prepare(self, missing):
        """Add the parity that brings most of the ``missing`` rows into one table's reach."""
        below = self.levels - 1
        keys, sums = self._parities(below, self.arity, _SEARCHED)
        rest, _ = self._parities(below, self.arity - 1, _SEARCHED)
        wanted = (np.array(missing)[:, None] ^ rest).ravel()
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        candidates, counts = np.unique(wanted[keys[place] == wanted], return_counts=True)
        if len(candidates):
            best = int(candidates[counts.argmax()])
            self.add(best, _without_padding(sums[int(np.searchsorted(keys, best))]))
        else:
            self._gather(missing)

    def _gather(self, missing):
        """Join signals that many of the ``missing`` rows are made of."""
        for row in missing:
            parts = self._parts.setdefault(row, {b for b in range(self.inputs) if row >> b & 1})
            for number, operands in enumerate(self.operands, self.inputs):
                if parts.issuperset(operands):
                    self._parts[row] = parts = parts.difference(operands) | {number}
        chosen, containing = [], [self._parts[row] for row in missing]
        while len(chosen) < self.arity:
            rates = Counter(each for parts in containing for each in parts)
            usable = [n for n in rates if n not in chosen and self.level[n] < self.levels - 1]
            if not usable:
                break
            chosen.append(max(usable, key=lambda number: (rates[number], -number)))
            containing = [parts for parts in containing if chosen[-1] in parts]
        parity = 0
        for number in chosen:
            parity ^= self._parity_of(number)
        if len(chosen) > 1 and parity not in self.number:
            self.add(parity, sorted(chosen))
        else:
            self._tree(missing[0])

    def _parity_of(self, number):
        return list(self.number)[number]

    def _tree(self, row):
        """Add a row by itself, from the inputs."""
        signals = [bit for bit in range(self.inputs) if row >> bit & 1]
        while len(signals) > 1:
            groups = [signals[i : i + self.arity] for i in range(0, len(signals), self.arity)]
            signals = [self._joined(group) for group in groups]

    def _joined(self, group):
        parity = 0
        for number in group:
            parity ^= self._parity_of(number)
        if parity not in self.number:
            self.add(parity, group)
        return self.number[parity]


def _without_padding(operands):
    return [number for number in operands.tolist() if number >= 0]


@lru_cache(maxsize=8)
def _choices(count, most):
    """Return the ways to take up to ``most`` of ``count`` things, padded with ``count``."""
    parts = []
    for taken in range(most + 1):
        flat = np.fromiter(
            chain.from_iterable(combinations(range(count), taken)), np.int64
        ).reshape(comb(count, taken), taken)
        parts.append(np.pad(flat, ((0, 0), (0, most - taken)), constant_values=count))
    return np.concatenate(parts)
