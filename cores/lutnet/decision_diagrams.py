"""Boolean functions of numbered variables as shared decision diagrams.

A function is a number: 0 and 1 are the constants, any other one is a node that chooses between two
functions by a variable. Reduced and ordered (R. E. Bryant, 1986): functions that are equal, and
whose variables choose in the same order, have equal numbers, and a variable that a function ignores
is in none of its nodes.
"""

import numpy as np

__all__ = ["Diagrams"]


class Diagrams:
    """Functions that share their nodes; the greatest variable chooses first, but in `of_cube`."""

    def __init__(self):
        self._nodes = [None, None]
        self._numbers = {}

    def node(self, variable, low, high):
        """Return the function that is ``high`` where ``variable`` is 1, else ``low``."""
        if low == high:
            return low
        key = variable, low, high
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._nodes)
            self._nodes.append(key)
        return number

    def of_table(self, sources, table):
        """Return the function that a truth table is of some bits.

        Parameters
        ----------
        sources : list of int
            What stands at each bit of the address, the lowest first: a variable, or -1 for the
            constant 0 and -2 for the constant 1. A variable may stand there several times.
        table : array of bool, [2**len(sources)]
        """
        cube = np.asarray(table, bool).reshape((2,) * len(sources))
        # axis 0 is the highest bit of the address
        given = list(reversed(sources))
        for constant in (-1, -2):
            while constant in given:
                axis = given.index(constant)
                cube = np.take(cube, -1 - constant, axis)
                del given[axis]
        variables = sorted(set(given), reverse=True)
        letters = {variable: axis for axis, variable in enumerate(variables)}
        axes = [letters[each] for each in given]
        return self.of_cube(np.einsum(cube, axes, list(range(len(variables)))), variables)

    def of_cube(self, cube, variables):
        """Return the function of a truth table that has an axis for every variable.

        They choose in the order in which they stand, whatever the order of others is.
        """
        bits = np.packbits(cube.ravel(), bitorder="little")
        return self._of_integer(int.from_bytes(bits.tobytes(), "little"), variables, 0, {})

    def copies(self, diagrams, functions):
        """Return functions of other diagrams, node by node."""
        own = {0: 0, 1: 1}
        for number in diagrams.reachable(functions):
            variable, low, high = diagrams.children(number)
            own[number] = self.node(variable, own[low], own[high])
        return [own[each] for each in functions]

    def _of_integer(self, truth, variables, depth, known):
        """Return the function whose truth table is an integer, by the variables from ``depth``."""
        count = 1 << len(variables) - depth
        if not truth:
            return 0
        if truth == (1 << count) - 1:
            return 1
        found = known.get((depth, truth))
        if found is None:
            half = count // 2
            low = self._of_integer(truth & (1 << half) - 1, variables, depth + 1, known)
            high = self._of_integer(truth >> half, variables, depth + 1, known)
            found = known[depth, truth] = self.node(variables[depth], low, high)
        return found

    def of_intervals(self, sources, starts, values, inverted=False):
        """Return the function of an unsigned integer that is constant between some numbers.

        Parameters
        ----------
        sources : list of int
            The bits of the integer, the lowest first, as `of_table` takes them.
        starts : list of int
            Ascending; where another value begins.
        values : list of int
            0 or 1: below the first start, from there to the second, and so on.
        inverted : bool
            Whether the highest bit has the opposite value: the integer is in two's complement, and
            the starts count from the least one.
        """

        def between(bit, first):
            last = first + (1 << bit) - 1
            inside = {
                value
                for start, end, value in zip([None, *starts], [*starts, None], values, strict=True)
                if (start is None or start <= last)
                and (end is None or end > first)
                # an interval without numbers counts for nothing
                and (start is None or end is None or start < end)
            }
            if len(inside) == 1:
                return inside.pop()
            low, high = between(bit - 1, first), between(bit - 1, first + (1 << bit - 1))
            source = sources[bit - 1]
            if inverted and bit == len(sources):
                low, high = high, low
            return (low, high)[-1 - source] if source < 0 else self.node(source, low, high)

        return between(len(sources), 0)

    def values(self, functions, variables):
        """Return what functions are together, the first one as the lowest bit, at every address.

        Parameters
        ----------
        functions : list of int
            At most 64.
        variables : list of int
            Bits of the address, the lowest first: all that the functions depend on.

        Returns
        -------
        list of int
        """
        cubes = self.cubes(functions, list(reversed(variables)))
        return sum(cube.ravel().astype(int) << at for at, cube in enumerate(cubes)).tolist()

    def cubes(self, functions, variables):
        """Return the truth tables of functions as booleans, an axis for every variable."""
        count = len(variables)
        axes = {variable: axis for axis, variable in enumerate(variables)}
        found = {each: np.full((1,) * count, bool(each)) for each in (0, 1)}
        for number in self.reachable(functions):
            variable, low, high = self._nodes[number]
            shape = [1] * count
            shape[axes[variable]] = 2
            chosen = np.array([False, True]).reshape(shape)
            found[number] = np.where(chosen, found[high], found[low])
        return [np.broadcast_to(found[each], (2,) * count) for each in functions]

    def children(self, number):
        """Return (variable, function where it is 0, function where it is 1) of a node."""
        return self._nodes[number]

    def reachable(self, functions, known=(0, 1)):
        """Return the nodes that functions consist of, every node after those that it refers to.

        Those of ``known``, and what only they refer to, are left out.
        """
        order, pending, seen = [], [each for each in functions if each > 1], set()
        while pending:
            number = pending.pop()
            if number in seen or number in known:
                continue
            _, low, high = self._nodes[number]
            missing = [each for each in (low, high) if each not in seen and each not in known]
            if missing:
                pending += [number, *missing]
            else:
                seen.add(number)
                order.append(number)
        return order

    def variables(self, functions):
        """Return the variables that functions depend on, ascending."""
        found, pending, seen = set(), [each for each in functions if each > 1], {0, 1}
        while pending:
            number = pending.pop()
            if number not in seen:
                seen.add(number)
                variable, low, high = self._nodes[number]
                found.add(variable)
                pending += low, high
        return sorted(found)
