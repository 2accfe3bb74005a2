"""Pairs of adders of a shift-add graph as one ternary adder, where the fabric has such."""

from collections import Counter
from dataclasses import dataclass

from hwgen.cores.arith.shift_add_graph import Term
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["Ternary", "fuse"]


@dataclass(frozen=True)
class Ternary:
    """The sum of three terms in one carry chain.

    Parameters
    ----------
    terms : tuple of Term
        The first one is positive and not shifted; at most one other is negative.
    inner : int
        Number of the node whose adder is taken in.
    """

    terms: tuple[Term, Term, Term]
    inner: int

    @property
    def passed_bits(self):
        """Number of low bits of the first term that need no adder."""
        return min(term.shift for term in self.terms[1:])


def fuse(solution):
    """Return {node: Ternary} of the adders that best take in an operand's adder.

    An adder can be taken in if nothing else needs its value; each is in one chain only. Adders
    next to the outputs, which are the widest, choose first.
    """
    graph, nodes = solution.graph, solution.nodes
    users = Counter(term.node for term in solution.outputs if term is not None)
    for node in nodes:
        adder = graph.adders[node]
        users.update(each for each in _operands(adder) if each is not None)
    outputs = {term.node for term in solution.outputs if term is not None}
    found, taken = {}, set()
    for node in reversed(nodes):
        if node in taken or graph.adders[node] is None:
            continue
        own = [
            inner
            for inner in _operands(graph.adders[node])
            if inner is not None and users[inner] == 1 and inner not in outputs
        ]
        ways = [each for inner in own for each in _ways(graph, node, inner)]
        best = max(ways, key=lambda way: way[0], default=(0, None))
        if best[0] > 0:
            found[node] = best[1]
            taken.add(best[1].inner)
    return found


def _operands(adder):
    return () if adder is None else (adder.low, adder.high)


def _ways(graph, node, inner):
    """Return [(chain bits saved, Ternary)], empty where ``inner`` cannot be taken in."""
    outer, adder = graph.adders[node], graph.adders[inner]
    if adder is None or outer.low is None or adder.low is None or outer.flipped or adder.flipped:
        return []
    high = Term(outer.high, outer.distance, outer.relation)
    if inner == outer.low:
        terms = (Term(adder.low, 0, 1), Term(adder.high, adder.distance, adder.relation), high)
    else:
        terms = (
            Term(outer.low, 0, 1),
            Term(adder.low, outer.distance, outer.relation),
            Term(adder.high, outer.distance + adder.distance, outer.relation * adder.relation),
        )
    if sum(term.sign < 0 for term in terms) > 1:
        return []
    ternary = Ternary(terms, inner)
    bits = shape_of_range(*graph.ranges[node]).width - ternary.passed_bits
    return [(graph.chain_bits(outer) + graph.chain_bits(adder) - bits, ternary)]
