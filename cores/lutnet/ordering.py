"""Orders of variables in which the decision diagrams of a layer are small.

The outputs of one table get an order of their own, by sifting (R. Rudell, "Dynamic variable
ordering for ordered binary decision diagrams", ICCAD 1993): each variable in turn goes to the place
where the diagram has the fewest nodes. It starts from the order of influence, where the variable
comes first whose inversion changes the outputs at the most addresses.
"""

import numpy as np
from hwgen.cores.lutnet.decision_diagrams import Diagrams

__all__ = ["reordered", "small_order"]

# bits of tables times the square of their inputs; sifting takes some nanoseconds for each
_MOST_SIFTED = 2_000_000_000
# no table of more inputs is looked at as a whole
_MOST_INPUTS = 14
_MOST_PASSES = 4


def reordered(layer):
    """Return (diagrams, functions) of a `LogicLayer`, most of them with fewer nodes.

    Functions that are equal have equal numbers in one element only.
    """
    diagrams, elements = layer.diagrams, layer.functions_of_elements
    supports = [diagrams.variables(each) for each in elements]
    passes = _passes(elements, supports)
    found, functions = Diagrams(), []
    for element, variables in zip(elements, supports, strict=True):
        if len(variables) > _MOST_INPUTS:
            functions += found.copies(diagrams, element)
            continue
        variables.reverse()
        cubes = np.stack(diagrams.cubes(element, variables))
        order = small_order(cubes, passes)
        chosen = [variables[axis] for axis in order]
        functions += [found.of_cube(cube.transpose(order), chosen) for cube in cubes]
    return found, functions


def _passes(elements, supports):
    """Return how often every variable is sifted; 0 where even once takes too long."""
    work = sum(
        len(element) * len(variables) ** 2 << len(variables)
        for element, variables in zip(elements, supports, strict=True)
        if len(variables) <= _MOST_INPUTS
    )
    return min(_MOST_PASSES, _MOST_SIFTED // max(1, work))


def small_order(cubes, passes):
    """Return the axes in an order in which the diagram of some functions is small.

    Parameters
    ----------
    cubes : array of bool, [functions, 2, 2, ...]
        Their truth tables, an axis for every variable.
    passes : int
        How often every variable is sifted, at most; 0: the order of influence.
    """
    count = cubes.ndim - 1
    changes = [
        np.count_nonzero(np.take(cubes, 0, axis) != np.take(cubes, 1, axis))
        for axis in range(1, count + 1)
    ]
    order = sorted(range(count), key=lambda axis: -changes[axis])
    sizes = [_nodes(cubes, order, level) for level in range(count)]
    for _ in range(passes):
        before = sum(sizes)
        for axis in sorted(order, key=lambda each: (-sizes[order.index(each)], each)):
            order, sizes = _sifted(cubes, order, sizes, axis)
        if sum(sizes) == before:
            break
    return order


def _sifted(cubes, order, sizes, axis):
    """Return (order, sizes of its levels) with one axis where the sum of sizes is least."""
    found = order, sizes
    for step in (1, -1):
        tried, counts = list(order), list(sizes)
        place = tried.index(axis)
        while 0 <= place + step < len(tried):
            upper = min(place, place + step)
            tried[upper : upper + 2] = tried[upper + 1], tried[upper]
            # a change of places concerns no level but these two
            for level in (upper, upper + 1):
                counts[level] = _nodes(cubes, tried, level)
            place += step
            if sum(counts) < sum(found[1]):
                found = list(tried), list(counts)
    return found


def _nodes(cubes, order, level):
    """Return the nodes of a level: different subfunctions that depend on its variable."""
    placed = cubes.transpose(0, *(axis + 1 for axis in order))
    rows = placed.reshape(len(cubes) << level, -1)
    half = rows.shape[1] // 2
    rows = rows[(rows[:, :half] != rows[:, half:]).any(axis=1)]
    packed = np.packbits(rows, axis=1)
    if packed.shape[1] > 8:
        return len({row.tobytes() for row in packed})
    whole = np.zeros((len(packed), 8), np.uint8)
    whole[:, : packed.shape[1]] = packed
    return len(np.unique(whole.view(np.uint64)))
