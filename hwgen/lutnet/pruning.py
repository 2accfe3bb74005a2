"""Networks pruned to a budget of resources: which tables lose inputs, bits, or everything.

What an element is worth is measured: the loss on training vectors rises where it is a constant.
Less of it is worth a part of that, by how far its integers move. A knapsack chooses among the
alternatives of all tables; then constants are folded, the loss is measured again, and so on, until
the budget is met.
"""

from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.lut_network import LutNetwork
from hwgen.golden.lutnet import elements_of
from hwgen.lutnet.alternatives import alternatives
from hwgen.lutnet.estimate import estimated_luts, estimated_registers, live_elements
from hwgen.lutnet.folding import folded
from hwgen.lutnet.knapsack import best_choice
from hwgen.lutnet.simplification import Source, visits

__all__ = ["RESOURCES", "losses_of", "pruned", "resources"]

RESOURCES = {"luts": estimated_luts, "registers": estimated_registers}
# of the mean margin: losses tell near misses from misses, and are not 0 where all is right
_MARGIN_PART = 0.125
_ATTEMPTS = 6
_SEED = 30_000


def resources(network):
    """Return what a network takes of every resource, as an array."""
    return np.array([count(network) for count in RESOURCES.values()], float)


@dataclass(frozen=True)
class _Group:
    """The alternatives of one table, and where it stands.

    By alternative: losses, costs [alternatives, resources], and what is added to the means of the
    last sums [alternatives, sums], if it is added up there.
    """

    layer: int
    row: int
    tables: list
    losses: np.ndarray
    costs: np.ndarray
    drifts: np.ndarray


def pruned(network, vectors, classes, limits, rounds=4, sample=2000, shift=0, update=None):
    """Return a network within limits.

    Parameters
    ----------
    network : LutNetwork
        With head argmax.
    vectors, classes : array of int
        Those of training.
    limits : dict of str to int
        Most of each of `RESOURCES`; what is not there has no limit.
    rounds : int
        Steps to the limits, in equal ratios; the loss is measured before each.
    sample : int
        Vectors with which it is measured, drawn with one fixed seed.
    shift, update
        See `hwgen.lutnet.simplification.simplified`.

    Raises
    ------
    UsageError
        The network has other classes or none, or cannot be so small.
    """
    _check(network, classes)
    update = update or (lambda text, done=None, total=None: None)
    order = np.random.default_rng(_SEED).permutation(len(vectors))[:sample]
    measured = (vectors[order], classes[order])
    most = np.array([limits.get(name, np.inf) for name in RESOURCES])
    for number in range(rounds):
        taken = resources(network)
        if (taken <= most).all():
            break
        # equal ratios: the last round goes to the limits themselves
        part = 1 / (rounds - number)
        goal = np.where(taken > most, taken * (most / np.maximum(taken, 1)) ** part, most)
        source = Source(network, vectors, shift)
        text = f"round {number + 1} of {rounds}"
        groups = _groups(network, source, measured, lambda done, text=text: update(text, done, 1))
        # a power of a quotient may be a little less than it is
        network = _within(network, groups, np.floor(goal + 1e-6))
    return network


def _check(network, classes):
    if network.head != "argmax":
        raise UsageError(f"a network that is pruned must have head argmax, not {network.head!r}")
    count, most = network.elements[-1].count, int(classes.max())
    if not most < count > 1:
        raise UsageError(
            f"a network that is pruned must have the {max(2, most + 1)} classes of the data or "
            f"more, not {count}"
        )


def losses_of(outputs, classes, temperature):
    """Return cross entropies of integers ``[vectors, classes]`` over a temperature."""
    logits = outputs / temperature
    logits = logits - logits.max(axis=1, keepdims=True)
    right = logits[np.arange(len(classes)), classes]
    return np.log(np.exp(logits).sum(axis=1)) - right


def _temperature(outputs):
    """Return a temperature from the mean margin between the greatest integer and the next one."""
    ordered = np.sort(outputs, axis=1)
    return max(_MARGIN_PART * float((ordered[:, -1] - ordered[:, -2]).mean()), _MARGIN_PART)


def _rise(before, after):
    """Return by how much losses rise in the mean, and one standard error more; not below 0."""
    differences = after - before
    error = differences.std() / len(differences) ** 0.5
    return max(0.0, float(differences.mean() + error))


def _groups(network, source, measured, update):
    """Return a `_Group` for every table that something reads."""
    vectors, classes = measured
    live = live_elements(network)
    outputs = elements_of(network, vectors)
    temperature = _temperature(outputs)
    before = losses_of(outputs, classes, temperature)
    groups, done, total = [], 0, sum(map(np.count_nonzero, live[1:]))
    for number, layer in enumerate(network.layers):
        rows = np.flatnonzero(live[number + 1])
        if layer.kind == "tables":
            given, behind = network.elements[number : number + 2]
            counts = visits(layer, given, source.values(network.layers, number))
            tail = _Tail(network, number + 1, vectors)
            adders = _adders(network, number + 1)
            members = _members(network, number + 1)
            for at, row in enumerate(rows):
                update((done + at) / total)
                found = alternatives(layer.tables[row], counts[row], given.bits, behind)
                constant = next(each for each in found if not each.registers)
                without = tail.outputs(row, constant.table[0])
                # the choice keeps the means of the last sums
                if members[row].any():
                    without = without + (outputs - without).mean(axis=0)
                rise = _rise(before, losses_of(without, classes, temperature))
                farthest = max(constant.distance, 1e-9)
                losses = [rise * each.distance / farthest for each in found]
                costs = [
                    (
                        each.luts + adders[row] * bool(each.registers or each.table[0]),
                        each.registers,
                    )
                    for each in found
                ]
                tables = [each.table for each in found]
                drifts = np.array([each.drift for each in found])[:, None] * members[row]
                groups.append(
                    _Group(number, row, tables, np.array(losses), np.array(costs), drifts)
                )
        done += len(rows)
    return groups


class _Tail:
    """The layers behind an element, with and without it."""

    def __init__(self, network, number, vectors):
        head = LutNetwork(network.inputs, network.layers[:number], "none")
        self.values = elements_of(head, vectors)
        self.rest = network.layers[number:]
        self.given = network.elements[number]

    def outputs(self, element, constant):
        """Return the last integers, one row a vector, with a constant in place of an element."""
        values = self.values.copy()
        values[:, element] = constant
        if not self.rest:
            return values
        return elements_of(LutNetwork(self.given, self.rest, "none"), values)


def _adders(network, number):
    """Return look-up tables of sums that each element in front of layer ``number`` takes."""
    given = network.elements[number]
    found = np.zeros(given.count, int)
    if number < len(network.layers) and network.layers[number].kind == "sums":
        per = 1 if given.bits == 1 else network.elements[number + 1].bits
        np.add.at(found, network.layers[number].inputs, per)
    return found


def _members(network, number):
    """Return how often each element in front of layer ``number`` is in each of the last sums."""
    last = network.layers[-1]
    sums = len(last.groups) if last.kind == "sums" else 0
    found = np.zeros((network.elements[number].count, sums))
    if sums and number == len(network.layers) - 1:
        for place, group in enumerate(last.groups):
            np.add.at(found[:, place], group, 1)
    return found


def _within(network, groups, goal):
    """Return the network of the least loss that some budgets for the tables alone lead to.

    Tables that nothing reads any more cost nothing, so the budget for the choice may be larger than
    the goal, by as much as halving finds out.
    """
    whole = sum((each.costs[0] for each in groups), np.zeros(len(goal)))
    budget = goal - (resources(network) - whole)
    for _ in range(_ATTEMPTS):
        best, loss = _chosen(network, groups, budget)
        if best is None:
            raise _too_small(network, groups)
        taken = resources(best)
        if (taken <= goal).all():
            break
        budget = budget - np.maximum(taken - goal, 0)
    else:
        raise _too_small(network, groups)
    room = np.where(np.isfinite(goal), goal - taken, 0)
    low, high = 0.0, 2.0
    for _ in range(_ATTEMPTS):
        middle = (low + high) / 2
        found, other = _chosen(network, groups, budget + middle * room)
        if found is not None and (resources(found) <= goal).all():
            low = middle
            best, loss = (found, other) if other < loss else (best, loss)
        else:
            high = middle
    return best


def _chosen(network, groups, budget):
    """Return (network, loss) of the best choice, (None, infinity) where there is none."""
    losses = [each.losses for each in groups]
    choice = best_choice(
        losses, [each.costs for each in groups], budget, [each.drifts for each in groups]
    )
    if choice is None:
        return None, np.inf
    loss = sum(each[at] for each, at in zip(losses, choice, strict=True))
    return _replaced(network, groups, choice), loss


def _too_small(network, groups):
    nothing = [int(each.costs.sum(axis=1).argmin()) for each in groups]
    least = resources(_replaced(network, groups, nothing))
    words = ", ".join(f"{name} {count:,.0f}" for name, count in zip(RESOURCES, least, strict=True))
    return UsageError(f"the budget must be larger: a network without tables takes {words}")


def _replaced(network, groups, choice):
    """Return the network with the chosen tables, constants folded."""
    layers = list(network.layers)
    tables = {
        number: each.tables.copy() for number, each in enumerate(layers) if each.kind == "tables"
    }
    for group, at in zip(groups, choice, strict=True):
        tables[group.layer][group.row] = group.tables[at]
    for number, each in tables.items():
        layers[number] = replace(layers[number], tables=each)
    return folded(LutNetwork(network.inputs, tuple(layers), network.head))
