"""Products of variables with a constant matrix as few, short adders: shared subexpressions.

Every constant is written in canonical signed digits, so that every output is a sum of shifted
inputs. Two terms that occur together in several outputs, at equal distance and with equal relation
of their signs, are added once; the pair that saves most goes first, and its sum is a term like any
other. What is left of each output is summed by short carry chains first. The idea of pairwise
matching: R. Hartley, "Subexpression sharing in filters using canonic signed digit multipliers",
IEEE TCAS-II 43(10), 1996; of weighing it for FPGAs: C. Sun et al., "da4ml: Distributed Arithmetic
for Real-time Neural Networks on FPGAs", 2025.
"""

import heapq
import random
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from hwgen.cores.arith.shift_add_graph import Adder, Graph, Term, canonical_signed_digits

__all__ = ["Solution", "find_graph"]

# pairs of terms looked at in all attempts together: some seconds
_EFFORT = 250_000
_MOST_ATTEMPTS = 24


@dataclass(frozen=True)
class Solution:
    """A graph with what its outputs are.

    Parameters
    ----------
    graph : Graph
        Inputs and adders.
    outputs : list of Term or None
        The positive term that every output equals; ``None`` for a constant zero.
    """

    graph: Graph
    outputs: list

    @property
    def nodes(self):
        """Nodes that the outputs depend on, in order."""
        return self.graph.live([each and each.node for each in self.outputs])

    @property
    def adders(self):
        """Number of adders."""
        return sum(self.graph.adders[node] is not None for node in self.nodes)

    @property
    def chain_bits(self):
        """Bits of all carry chains."""
        adders = [self.graph.adders[node] for node in self.nodes]
        return sum(self.graph.chain_bits(each) for each in adders if each is not None)


def find_graph(matrix, ranges, slot=1):
    """Return the :class:`Solution` of least chain length found for ``y = matrix @ x``.

    The first attempt follows the ratings; further ones, as many as the size of the matrix leaves
    time for, follow ratings that a seeded generator has changed a little.

    Parameters
    ----------
    matrix : sequence of sequences of int
        One row an output, one column an input.
    ranges : list of (int, int)
        Least and greatest value of every input.
    slot : int
        Bits in one cell of the fabric's carry chain.
    """
    odd_rows = [_without_common_shift(row) for row in matrix]
    distinct = tuple(dict.fromkeys(row for row, _ in odd_rows))
    best = _best_attempt(distinct, tuple(map(tuple, ranges)), slot)
    outputs = dict(zip(distinct, best.outputs, strict=True))
    return Solution(best.graph, [_raised(outputs[row], shift) for row, shift in odd_rows])


@lru_cache(maxsize=4)
def _best_attempt(matrix, ranges, slot):
    # kept, because one circuit may be built more than once while its registers are placed
    rows = [_terms(row) for row in matrix]
    pairs = sum(len(row) ** 2 // 2 for row in rows)
    attempts = max(1, min(_MOST_ATTEMPTS, _EFFORT // max(1, pairs)))
    found = (
        _attempt(rows, ranges, slot, random.Random(seed) if seed else None)
        for seed in range(attempts)
    )
    return min(found, key=lambda each: each.chain_bits)


def _without_common_shift(row):
    """Return (row divided by the largest power of two that divides it, exponent of that power)."""
    every = 0
    for value in row:
        every |= int(value)
    shift = (every & -every).bit_length() - 1 if every else 0
    return tuple(int(value) >> shift for value in row), shift


def _raised(term, shift):
    return term and Term(term.node, term.shift + shift, term.sign)


def _terms(row):
    """Return the signs of a row's terms by (input, shift)."""
    return {
        (index, shift): sign
        for index, value in enumerate(row)
        for shift, sign in canonical_signed_digits(value)
    }


def _attempt(rows, ranges, slot, chance):
    graph = Graph(ranges, slot)
    sums = _Sharing(graph, rows, chance).run()
    outputs = []
    for terms in sums:
        first_own = len(graph.adders)
        term = graph.sum_of([Term(*place, sign) for place, sign in terms.items()])
        if term is not None and term.sign < 0:
            term = Term(graph.negative_of(term.node, first_own), term.shift, 1)
        outputs.append(term)
    return Solution(graph, outputs)


def _pattern(first, second, relation):
    """Return (node, node, distance, relation) of two terms, in an order that is always the same."""
    if second < first:
        first, second = second, first
    return first[0], second[0], second[1] - first[1], relation


class _Sharing:
    """Replaces pairs of terms that occur more than once, until there is none.

    Rows map (node, shift) to a sign; a pattern's number of occurrences may be too high where it
    overlaps itself, and is corrected when its turn comes.
    """

    def __init__(self, graph, rows, chance):
        self._graph = graph
        self._rows = [dict(row) for row in rows]
        self._chance = chance
        self._worth = {}
        self._counts = defaultdict(int)
        for row in self._rows:
            items = list(row.items())
            for number, (place, sign) in enumerate(items):
                for other, other_sign in items[:number]:
                    self._counts[_pattern(place, other, sign * other_sign)] += 1
        self._queue = [
            (-self._saving(each), each) for each, times in self._counts.items() if times > 1
        ]
        heapq.heapify(self._queue)

    def run(self):
        """Return the rows, whose terms are now inputs and shared sums."""
        while self._queue:
            saving, pattern = heapq.heappop(self._queue)
            if self._counts[pattern] < 2:
                continue
            now = self._saving(pattern)
            if -saving > now:
                heapq.heappush(self._queue, (-now, pattern))
                continue
            found = self._occurrences(pattern)
            if len(found) < 2:
                self._counts[pattern] = len(found)
                continue
            self._replace(pattern, found)
        return self._rows

    def _saving(self, pattern):
        """Return how good it is to share a pattern: adders saved, the narrow ones first."""
        if pattern not in self._worth:
            first, second, distance, relation = pattern
            low, high = (first, second) if distance >= 0 else (second, first)
            chain = self._graph.chain_bits(Adder(low, high, abs(distance), relation))
            self._worth[pattern] = 1 / max(1, chain + abs(distance))
            if self._chance is not None:
                self._worth[pattern] *= 1 + 0.15 * self._chance.random()
        return (self._counts[pattern] - 1) * self._worth[pattern]

    def _occurrences(self, pattern):
        """Return (row, place, place) of all occurrences that do not overlap."""
        first, second, distance, relation = pattern
        found = []
        for row in self._rows:
            used = set()
            for place, sign in row.items():
                other = (second, place[1] + distance)
                if place[0] != first or place in used or other in used:
                    continue
                if row.get(other) == sign * relation:
                    found.append((row, place, other))
                    used |= {place, other}
        return found

    def _replace(self, pattern, found):
        first, second, distance, relation = pattern
        # where the signs differ the unshifted operand is the positive one
        swap = distance < 0
        low, high = (second, first) if swap else (first, second)
        node = self._graph.add(Adder(low, high, abs(distance), relation))
        for row, *places in found:
            if swap:
                places.reverse()
            place, sign = (node, places[0][1]), row[places[0]]
            for old in places:
                self._forget(row, old)
            for other, other_sign in row.items():
                key = _pattern(place, other, sign * other_sign)
                self._counts[key] += 1
                if self._counts[key] > 1:
                    heapq.heappush(self._queue, (-self._saving(key), key))
            row[place] = sign

    def _forget(self, row, place):
        sign = row.pop(place)
        for other, other_sign in row.items():
            self._counts[_pattern(place, other, sign * other_sign)] -= 1
