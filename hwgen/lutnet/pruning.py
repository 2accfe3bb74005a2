"""Networks pruned to a budget of resources: which tables lose inputs, bits, or everything.

What an element is worth is measured: the loss on training vectors rises where it is a constant.
Less of it is worth a part of that, by how far its integers move. A knapsack chooses among the
alternatives of all tables, and which of them stand in block RAM; then constants are folded, the
loss is measured again, and so on, until the budget is met.
"""

from dataclasses import dataclass, replace

import numpy as np

from hwgen import targets
from hwgen.errors import UsageError
from hwgen.formats.lut_network import LutNetwork
from hwgen.golden.lutnet import elements_of
from hwgen.lutnet.alternatives import alternatives
from hwgen.lutnet.budget import RESOURCES, Pruned
from hwgen.lutnet.estimate import live_elements, table_block_rams
from hwgen.lutnet.folding import folded
from hwgen.lutnet.knapsack import best_choice
from hwgen.lutnet.simplification import Source, visits

__all__ = ["losses_of", "pruned"]

# of the mean margin: losses tell near misses from misses, and are not 0 where all is right
_MARGIN_PART = 0.125
_ATTEMPTS = 6
_SEED = 30_000


@dataclass(frozen=True)
class _Group:
    """The alternatives of one table, and where it stands.

    By alternative: whether it stands in block RAM, losses, costs [alternatives, resources], and
    what is added to the means of the last sums [alternatives, sums], if it is added up there.
    """

    layer: int
    row: int
    tables: list
    stored: list
    losses: np.ndarray
    costs: np.ndarray
    drifts: np.ndarray


def pruned(
    network,
    vectors,
    classes,
    limits,
    rounds=4,
    sample=2000,
    shift=0,
    update=None,
    target="ecp5",
):
    """Return the `Pruned` network within limits.

    Parameters
    ----------
    network : LutNetwork
        With head argmax.
    vectors, classes : array of int
        Those of training.
    limits : dict of str to int
        Most of each of `RESOURCES`; what is not there has no limit, but that block RAM is not used
        then.
    rounds : int
        Steps to the limits, in equal ratios; the loss is measured before each.
    sample : int
        Vectors with which it is measured, drawn with one fixed seed.
    shift, update
        See `hwgen.lutnet.simplification.simplified`.
    target : str
        Fabric whose block RAM is counted, of its smallest kind.

    Raises
    ------
    UsageError
        The network has other classes or none, or cannot be so small; the fabric has no block RAM.
    """
    _check(network, classes)
    found = Pruned(network, (), _fabric(limits, target))
    update = update or (lambda text, done=None, total=None: None)
    order = np.random.default_rng(_SEED).permutation(len(vectors))[:sample]
    measured = (vectors[order], classes[order])
    unlimited = {"luts": np.inf, "registers": np.inf, "block_rams": 0}
    most = np.array([(unlimited | limits)[name] for name in RESOURCES])
    for number in range(rounds):
        taken = found.resources
        if (taken <= most).all():
            break
        # equal ratios: the last round goes to the limits themselves
        part = 1 / (rounds - number)
        goal = np.where(taken > most, taken * (most / np.maximum(taken, 1)) ** part, most)
        source = Source(found.network, vectors, shift)
        text = f"round {number + 1} of {rounds}"
        groups = _groups(found, source, measured, lambda done, text=text: update(text, done, 1))
        # a power of a quotient may be a little less than it is
        found = _within(found, groups, np.floor(goal + 1e-6))
    return _without_spare(found, most)


def _fabric(limits, target):
    """Return the fabric whose block RAM may be used; None without."""
    if "block_rams" not in limits:
        return None
    fabric = targets.get(target)
    if fabric.block_rams(1, 1) is None:
        raise UsageError(f"a budget with block RAM must be for a fabric that has it, not {target}")
    return fabric


def _without_spare(found, most):
    """Return what is pruned with the tables out of block RAM that look-up tables have room for."""
    layers = found.network.layers
    rams = {
        (at, row): table_block_rams(layers[at].tables[row], layers[at].bits, found.fabric)
        for at, row in found.stored
    }
    for place in sorted(rams, key=lambda each: (-rams[each], each)):
        other = replace(found, stored=tuple(each for each in found.stored if each != place))
        if (other.resources <= most).all():
            found = other
    return found


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


def _groups(found, source, measured, update):
    """Return a `_Group` for every table of a `Pruned` network that something reads."""
    network, fabric = found.network, found.fabric
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
                others = alternatives(layer.tables[row], counts[row], given.bits, behind)
                constant = next(each for each in others if not each.registers)
                without = tail.outputs(row, constant.table[0])
                # the choice keeps the means of the last sums
                if members[row].any():
                    without = without + (outputs - without).mean(axis=0)
                rise = _rise(before, losses_of(without, classes, temperature))
                worth = rise / max(constant.distance, 1e-9)
                groups.append(_group(number, row, others, worth, adders, members, behind, fabric))
        done += len(rows)
    return groups


def _group(number, row, others, worth, adders, members, elements, fabric):
    """Return the `_Group` of a table: its alternatives, and again those fit for block RAM."""
    rams = [table_block_rams(each.table, elements.bits, fabric) for each in others]
    entries = [(each, None) for each in others]
    entries += [(each, taken) for each, taken in zip(others, rams, strict=True) if taken]
    costs = [
        (
            (each.luts if taken is None else 0)
            + adders[row] * bool(each.registers or each.table[0]),
            each.registers,
            taken or 0,
        )
        for each, taken in entries
    ]
    return _Group(
        number,
        int(row),
        [each.table for each, _ in entries],
        [taken is not None for _, taken in entries],
        np.array([worth * each.distance for each, _ in entries]),
        np.array(costs),
        np.array([each.drift for each, _ in entries])[:, None] * members[row],
    )


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


def _within(pruned, groups, goal):
    """Return the `Pruned` network of the least loss that some budgets for the tables lead to.

    Tables that nothing reads any more cost nothing, so the budget for the choice may be larger than
    the goal, by as much as halving finds out.
    """
    whole = sum((each.costs[0] for each in groups), np.zeros(len(goal)))
    budget = goal - (replace(pruned, stored=()).resources - whole)
    for _ in range(_ATTEMPTS):
        best, loss = _chosen(pruned, groups, budget)
        if best is None:
            raise _too_small(pruned, groups)
        taken = best.resources
        if (taken <= goal).all():
            break
        budget = budget - np.maximum(taken - goal, 0)
    else:
        raise _too_small(pruned, groups)
    room = np.where(np.isfinite(goal), goal - taken, 0)
    low, high = 0.0, 2.0
    for _ in range(_ATTEMPTS):
        middle = (low + high) / 2
        found, other = _chosen(pruned, groups, budget + middle * room)
        if found is not None and (found.resources <= goal).all():
            low = middle
            best, loss = (found, other) if other < loss else (best, loss)
        else:
            high = middle
    return best


def _chosen(pruned, groups, budget):
    """Return (`Pruned`, loss) of the best choice, (None, infinity) where there is none."""
    losses = [each.losses for each in groups]
    choice = best_choice(
        losses, [each.costs for each in groups], budget, [each.drifts for each in groups]
    )
    if choice is None:
        return None, np.inf
    loss = sum(each[at] for each, at in zip(losses, choice, strict=True))
    return _replaced(pruned, groups, choice), loss


def _too_small(pruned, groups):
    nothing = [int(each.costs.sum(axis=1).argmin()) for each in groups]
    least = _replaced(pruned, groups, nothing).resources
    # without tables nothing stands in block RAM
    words = ", ".join(
        f"{name} {count:,.0f}" for name, count in zip(RESOURCES[:2], least[:2], strict=True)
    )
    return UsageError(f"the budget must be larger: a network without tables takes {words}")


def _replaced(pruned, groups, choice):
    """Return the `Pruned` network with the chosen tables, constants folded."""
    network = pruned.network
    layers = list(network.layers)
    tables = {
        number: each.tables.copy() for number, each in enumerate(layers) if each.kind == "tables"
    }
    stored = []
    for group, at in zip(groups, choice, strict=True):
        tables[group.layer][group.row] = group.tables[at]
        stored += [(group.layer, group.row)] if group.stored[at] else []
    for number, each in tables.items():
        layers[number] = replace(layers[number], tables=each)
    found = folded(LutNetwork(network.inputs, tuple(layers), network.head))
    live = live_elements(found) if stored else []
    # constants may leave less of a table than is worth a block RAM
    stored = [
        (at, row)
        for at, row in stored
        if live[at + 1][row]
        and table_block_rams(found.layers[at].tables[row], found.layers[at].bits, pruned.fabric)
    ]
    return Pruned(found, tuple(stored), pruned.fabric)
