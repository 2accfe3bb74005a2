"""Networks of look-up tables of a fabric: areas, levels, and cuts between them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import ceil

__all__ = ["LookUpTable", "Mapped"]


@dataclass(frozen=True)
class LookUpTable:
    """One look-up table.

    Parameters
    ----------
    inputs : tuple of str
        Names, that of the lowest bit of the address first.
    table : int
        Entry of address a is bit a.
    """

    inputs: tuple
    table: int


@dataclass(frozen=True)
class Mapped:
    """A network of look-up tables of one size.

    Parameters
    ----------
    size : int
        Most inputs of a table.
    inputs : int
        Number of inputs, named ``x0``, ``x1``, ...
    tables : dict of str to LookUpTable
        By the name of the output, every table after those that it reads.
    outputs : tuple of str
        Names of the outputs: of tables or inputs.
    wide_levels : tuple of float
        How long one with one, two, ... inputs more takes, where one takes 1: two, four, ... tables
        that hard multiplexers join.
    """

    size: int
    inputs: int
    tables: dict
    outputs: tuple
    wide_levels: tuple = ()

    def more_inputs(self, each):
        """Return how many inputs a look-up table has beyond those of one."""
        return max(0, len(each.inputs) - self.size)

    def delay(self, each):
        """Return how long a look-up table takes, in levels."""
        return (1, *self.wide_levels)[self.more_inputs(each)]

    @property
    def widest(self):
        """Levels that the slowest look-up table takes; 1 where there are none."""
        return max(map(self.delay, self.tables.values()), default=1)

    @property
    def area(self):
        """Number of tables, each of those that multiplexers join counted."""
        return sum(1 << self.more_inputs(each) for each in self.tables.values())

    @cached_property
    def depths(self):
        """Levels from the inputs to the output of every table."""
        depth = {}
        for name, each in self.tables.items():
            before = max((depth.get(other, 0) for other in each.inputs), default=0)
            depth[name] = before + self.delay(each)
        return depth

    @property
    def levels(self):
        """Most levels from an input to an output."""
        return max((self.depths.get(name, 0) for name in self.outputs), default=0)

    def segments(self, most):
        """Cut the network where tables are in series, so that a register may stand there.

        Parameters
        ----------
        most : float
            Levels of a segment; where one table takes more, that is the most.

        Returns
        -------
        list of (Mapped, list of str, list of str)
            Every segment, the names here of its inputs and of its outputs.
        """
        parts = self._parts(most)
        # as many segments, of about the same length
        even = self._parts(ceil(self.levels / max(1, len(parts))))
        if len(even) == len(parts):
            parts = even
        found, needed = [], set(self.outputs)
        for part in reversed(parts):
            outputs = [name for name in part if name in needed]
            reads = {other for each in part.values() for other in each.inputs} - part.keys()
            needed |= reads
            found.append((self._renamed(part, sorted(reads), outputs), sorted(reads), outputs))
        return [each for each in reversed(found) if each[2]]

    def _parts(self, most):
        """Return the tables of every segment: each as early as the levels allow."""
        parts, place = [{}], {}
        for name, each in self.tables.items():
            if self.depths[name] > self.levels:
                continue
            delay = self.delay(each)
            behind = [place[other] for other in each.inputs if other in place]
            part, reach = max(behind, default=(0, 0))
            if reach and reach + delay > most:
                part, reach = part + 1, 0
            place[name] = part, reach + delay
            while len(parts) <= part:
                parts.append({})
            parts[part][name] = each
        return parts

    def _renamed(self, tables, inputs, outputs):
        """Return some of the tables as a `Mapped` of their own."""
        names = {name: f"x{at}" for at, name in enumerate(inputs)}
        names |= {name: f"n{at}" for at, name in enumerate(tables)}
        own = {
            names[name]: LookUpTable(tuple(names[other] for other in each.inputs), each.table)
            for name, each in tables.items()
        }
        outputs = tuple(names[name] for name in outputs)
        return Mapped(self.size, len(inputs), own, outputs, self.wide_levels)

    @cached_property
    def pins(self):
        """Inputs of tables and multiplexers at which inputs of the network arrive."""
        return sum(
            1 << min(self.more_inputs(each), len(each.inputs) - 1 - at)
            for each in self.tables.values()
            for at, name in enumerate(each.inputs)
            if name not in self.tables
        )

    @cached_property
    def digest(self):
        """Twelve hexadecimal digits of a SHA-256 of everything."""
        parts = [self.size, self.inputs, sorted(self.tables.items(), key=str), self.outputs]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    def evaluate(self, bits):
        """Return the outputs for a list of input bits, integers 0 and 1."""
        values = {f"x{at}": bit for at, bit in enumerate(bits)}
        for name, each in self.tables.items():
            address = sum(values[other] << at for at, other in enumerate(each.inputs))
            values[name] = each.table >> address & 1
        return [values[name] for name in self.outputs]
