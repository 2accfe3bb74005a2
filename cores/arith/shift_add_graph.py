"""Sums of shifted terms as a graph of two-operand adders, with exact ranges and chain lengths.

An adder's value is ``low + relation * (high << distance)``. Its lowest ``distance`` bits are those
of ``low``, so that only the rest of it needs a carry chain. A term of a sum is a node with a shift
and a sign; a sign is handed on to the next adder, which subtracts, instead of being computed.
"""

import heapq
from dataclasses import dataclass
from itertools import count

from hwgen.cores.arith.tree import shape_of_range

__all__ = ["Adder", "Graph", "Term", "canonical_signed_digits"]


@dataclass(frozen=True)
class Adder:
    """``low + relation * (high << distance)``.

    Parameters
    ----------
    low : int or None
        Number of the unshifted operand's node; ``None`` is zero.
    high : int
        Number of the shifted operand's node.
    distance : int
        Bits by which ``high`` is shifted up.
    relation : int
        1 or -1.
    flipped : bool
        The value is ``(high << distance) - low``: its low bits need the chain as well.
    """

    low: int | None
    high: int
    distance: int
    relation: int
    flipped: bool = False


@dataclass(frozen=True)
class Term:
    """``sign * (node << shift)``."""

    node: int
    shift: int
    sign: int


def canonical_signed_digits(value):
    """Return the (shift, sign) of every nonzero digit: the fewest, no two of them neighbors."""
    digits, shift, rest = [], 0, int(value)
    while rest:
        if rest & 1:
            sign = 2 - (rest & 3)
            digits.append((shift, sign))
            rest -= sign
        rest >>= 1
        shift += 1
    return digits


class Graph:
    """Inputs and adders, each with its exact range, its chain length and its depth.

    Parameters
    ----------
    ranges : list of (int, int)
        Least and greatest value of every input; inputs are the nodes 0, 1, ...
    slot : int
        Bits in one cell of the fabric's carry chain.

    Attributes
    ----------
    adders : list of Adder or None
        By node; ``None`` for an input. Operands come before their adder.
    ranges : list of (int, int)
        Least and greatest value by node.
    weights : list of dict
        By node: what it multiplies every input by, zeros left out.
    """

    def __init__(self, ranges, slot=1):
        self.ranges = [(int(low), int(high)) for low, high in ranges]
        self.weights = [{index: 1} for index in range(len(self.ranges))]
        self.adders = [None] * len(self.ranges)
        self.slot = slot
        self._numbers = {}
        self._depths = [0] * len(self.ranges)

    def range_of(self, adder):
        """Return the exact range of an adder's value."""
        if adder.low is not None:
            shared = self.weights[adder.low].keys() & self.weights[adder.high].keys()
            if shared:
                return self._range_of_weights(self._weights_of(adder))
        low = (0, 0) if adder.low is None else self.ranges[adder.low]
        high = [bound << adder.distance for bound in self.ranges[adder.high]]
        if adder.relation < 0:
            high = [-high[1], -high[0]]
        total = (low[0] + high[0], low[1] + high[1])
        return (-total[1], -total[0]) if adder.flipped else total

    def _weights_of(self, adder):
        total = {} if adder.low is None else dict(self.weights[adder.low])
        for index, weight in self.weights[adder.high].items():
            total[index] = total.get(index, 0) + adder.relation * (weight << adder.distance)
        sign = -1 if adder.flipped else 1
        return {index: sign * weight for index, weight in total.items() if weight}

    def _range_of_weights(self, weights):
        extremes = [
            sorted(weight * bound for bound in self.ranges[index])
            for index, weight in weights.items()
        ]
        return sum(low for low, _ in extremes), sum(high for _, high in extremes)

    def passed_bits(self, adder):
        """Return the number of low bits that an adder takes over as they are."""
        return 0 if adder.flipped else adder.distance

    def chain_bits(self, adder):
        """Return the length of an adder's carry chain in whole cells; 0 for mere wiring."""
        if self.is_concatenation(adder):
            return 0
        bits = shape_of_range(*self.range_of(adder)).width - self.passed_bits(adder)
        return -(-bits // self.slot) * self.slot

    def is_concatenation(self, adder):
        """Return whether the operands share no bit, so that the sum is wiring."""
        if adder.relation < 0 or adder.low is None:
            return False
        least, greatest = self.ranges[adder.low]
        return least >= 0 and greatest >> adder.distance == 0

    def add(self, adder):
        """Add an adder, unless there is one like it; return the number of its node."""
        if adder in self._numbers:
            return self._numbers[adder]
        self._numbers[adder] = len(self.adders)
        self.ranges.append(self.range_of(adder))
        self.weights.append(self._weights_of(adder))
        self._depths.append(1 + self.depth_of_operands(adder))
        self.adders.append(adder)
        return len(self.adders) - 1

    def depth_of_operands(self, adder):
        """Return the greatest number of adders in series in front of ``adder``."""
        return max(self._depths[each] for each in (adder.low, adder.high) if each is not None)

    def joined(self, first, second):
        """Return the adder for the sum of two terms, and the shift and sign of its value."""
        if (second.shift, -second.sign) < (first.shift, -first.sign):
            first, second = second, first
        distance = second.shift - first.shift
        adder = Adder(first.node, second.node, distance, first.sign * second.sign)
        return adder, first.shift, first.sign

    def sum_of(self, terms):
        """Add the adders that sum ``terms``; return the one term that is left, None for none.

        The next two terms are always those of the shortest carry chain; narrow and shallow sums
        are preferred, which keeps terms of one weight together and so later chains short.
        """
        alive = dict(enumerate(terms))
        numbers = count(len(alive))
        pairs = []
        for second, term in alive.items():
            for first in range(second):
                heapq.heappush(pairs, (self._rating(alive[first], term), first, second))
        while len(alive) > 1:
            _, *chosen = heapq.heappop(pairs)
            if not all(each in alive for each in chosen):
                continue
            adder, shift, sign = self.joined(*(alive.pop(each) for each in chosen))
            term, number = Term(self.add(adder), shift, sign), next(numbers)
            for other, present in alive.items():
                heapq.heappush(pairs, (self._rating(present, term), other, number))
            alive[number] = term
        return next(iter(alive.values()), None)

    def _rating(self, first, second):
        adder, _, _ = self.joined(first, second)
        width = shape_of_range(*self.range_of(adder)).width
        return self.chain_bits(adder) + 0.3 * width + 0.5 * self.depth_of_operands(adder)

    def negative_of(self, node, first_own):
        """Add a node of the negative value of ``node``; return its number.

        Nodes from ``first_own`` on have no other user: what is cheapest among them is changed
        over, mostly one subtraction for another. The negative of any other takes one more adder.
        """
        _, make = self._negation(node, first_own)
        return make()

    def _negation(self, node, first_own):
        """Return (extra chain bits, function that makes the negative of ``node``)."""
        adder = self.adders[node]
        if adder is None or node < first_own:
            negated = Adder(None, node, 0, -1)
            return self.chain_bits(negated), lambda: self.add(negated)
        low, high, distance, relation = adder.low, adder.high, adder.distance, adder.relation
        extra, make = self._negation(low, first_own)
        ways = [(extra, lambda: self.add(Adder(make(), high, distance, -relation)))]
        if relation < 0:
            ways.append((distance, lambda: self.add(Adder(low, high, distance, -1, True))))
        else:
            extra_high, make_high = self._negation(high, first_own)
            ways.append(
                (
                    extra_high + distance,
                    lambda: self.add(Adder(low, make_high(), distance, -1, True)),
                )
            )
        return min(ways, key=lambda way: way[0])

    def live(self, outputs):
        """Return the nodes that ``outputs`` depend on, in order, inputs included."""
        needed = {each for each in outputs if each is not None}
        for node in reversed(range(len(self.adders))):
            adder = self.adders[node]
            if node in needed and adder is not None:
                needed |= {each for each in (adder.low, adder.high) if each is not None}
        return sorted(needed)
