"""Functions of bits become look-up tables of a fabric: Yosys' ABC maps them, the result is text.

The technology mapping is that of ABC (A. Mishchenko et al., "Combinational and Sequential Mapping
with Priority Cuts", ICCAD 2007), started from the shared decision diagrams of a layer.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.tools.yosys import run_script

__all__ = ["LookUpTable", "Mapped", "map_functions"]

_SHALLOW = "dch;if,-K,{size};mfs2"
_SMALL = "dch;if,-K,{size},-a;mfs2"
# which of them ends with the fewest tables depends on the functions; two passes never are the worst
_SCRIPTS = {
    "area": (_SMALL, _SHALLOW, f"{_SHALLOW};strash;{_SMALL}"),
    "depth": (_SHALLOW,),
}
# for large layers: a quarter of the time for less than one more table in a hundred
_QUICK = {"area": ("if,-K,{size},-a",), "depth": ("if,-K,{size}",)}
_LARGE = 100_000


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
    """

    size: int
    inputs: int
    tables: dict
    outputs: tuple

    @cached_property
    def depths(self):
        """Level of every table: 1 where it reads inputs only."""
        depth = {}
        for name, each in self.tables.items():
            depth[name] = 1 + max((depth.get(other, 0) for other in each.inputs), default=0)
        return depth

    @property
    def levels(self):
        """Most tables in series."""
        return max((self.depths.get(name, 0) for name in self.outputs), default=0)

    def segments(self, most):
        """Cut the network where tables are in series, so that a register may stand there.

        Parameters
        ----------
        most : int
            Levels of a segment.

        Returns
        -------
        list of (Mapped, list of str, list of str)
            Every segment, the names here of its inputs and of its outputs.
        """
        count = max(1, -(-self.levels // most))
        ends = [self.levels * (at + 1) // count for at in range(count)]
        parts = [{} for _ in ends]
        for name, each in self.tables.items():
            if (depth := self.depths[name]) <= self.levels:
                parts[next(at for at, end in enumerate(ends) if depth <= end)][name] = each
        found, needed = [], set(self.outputs)
        for part in reversed(parts):
            outputs = [name for name in part if name in needed]
            reads = {other for each in part.values() for other in each.inputs} - part.keys()
            needed |= reads
            found.append(
                (_renamed(part, sorted(reads), outputs, self.size), sorted(reads), outputs)
            )
        return [each for each in reversed(found) if each[2]]

    @cached_property
    def pins(self):
        """Inputs of tables at which inputs of the network arrive."""
        return sum(name not in self.tables for each in self.tables.values() for name in each.inputs)

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


def map_functions(diagrams, functions, size, effort="area"):
    """Map functions to look-up tables.

    Parameters
    ----------
    diagrams : Diagrams
    functions : list of int
        None of them constant.
    size : int
        Inputs of a look-up table.
    effort : str
        ``"area"``: few tables, the best of some ways; ``"depth"``: few in series.

    Returns
    -------
    Mapped
        Input k is the k-th of ``diagrams.variables(functions)``.

    Raises
    ------
    HwgenError
        Yosys reported an error.
    """
    variables = diagrams.variables(functions)
    names = {variable: f"x{at}" for at, variable in enumerate(variables)}
    with tempfile.TemporaryDirectory(prefix="hwgen-map-") as folder:
        nodes = diagrams.reachable(functions)
        Path(folder, "in.blif").write_text(_blif(diagrams, nodes, functions, names))
        scripts = _SCRIPTS if len(nodes) < _LARGE else _QUICK
        script = ["read_blif in.blif", "design -save given"]
        for at, commands in enumerate(scripts[effort]):
            script += [
                "design -load given",
                f"abc -lut {size} -script +strash;{commands.format(size=size)}",
                "opt_clean",
                f"write_blif out{at}.blif",
            ]
        run_script("\n".join([*script, ""]), cwd=folder, what="mapping look-up tables")
        found = [
            _mapped(*_read_blif(file.read_text()), len(variables), len(functions), size)
            for file in sorted(Path(folder).glob("out*.blif"))
        ]
    return min(found, key=lambda each: (len(each.tables), each.levels))


def _renamed(tables, inputs, outputs, size):
    """Return tables as a `Mapped` of their own."""
    names = {name: f"x{at}" for at, name in enumerate(inputs)}
    names |= {name: f"n{at}" for at, name in enumerate(tables)}
    own = {
        names[name]: LookUpTable(tuple(names[other] for other in each.inputs), each.table)
        for name, each in tables.items()
    }
    return Mapped(size, len(inputs), own, tuple(names[name] for name in outputs))


def _blif(diagrams, nodes, functions, names):
    """Return the functions as multiplexers."""
    lines = [".model functions", ".inputs " + " ".join(names.values())]
    lines.append(".outputs " + " ".join(f"y{at}" for at in range(len(functions))))
    lines += [".names n0", ".names n1", "1"]
    for number in nodes:
        variable, low, high = diagrams.children(number)
        lines.append(f".gate $_MUX_ A=n{low} B=n{high} S={names[variable]} Y=n{number}")
    for at, number in enumerate(functions):
        lines += [f".names n{number} y{at}", "1 1"]
    return "\n".join([*lines, ".end", ""])


def _read_blif(text):
    """Return ({name: LookUpTable}, {name: what it is another name of})."""
    tables, aliases, current = {}, {}, None
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == ".names":
            *inputs, name = words[1:]
            current = (name, inputs, set())
            tables[name] = current
        elif words[0].startswith("."):
            current = None
        elif current is not None and words[-1] == "1":
            current[2].update(_addresses(words[0] if len(words) == 2 else ""))
    found = {}
    for name, inputs, ones in tables.values():
        if len(inputs) == 1 and ones == {1}:
            aliases[name] = inputs[0]
        else:
            found[name] = LookUpTable(tuple(inputs), sum(1 << address for address in ones))
    return found, aliases


def _addresses(pattern):
    """Return the addresses that a row of a cover stands for, its first column the lowest bit."""
    found = [0]
    for at, character in enumerate(pattern):
        if character == "-":
            found += [each | 1 << at for each in found]
        elif character == "1":
            found = [each | 1 << at for each in found]
    return found


def _mapped(tables, aliases, inputs, outputs, size):
    """Return the `Mapped`, with names in the order in which tables read each other."""

    def resolved(name):
        while name in aliases:
            name = aliases[name]
        return name

    names, ordered = {f"x{at}": f"x{at}" for at in range(inputs)}, {}

    def visit(root):
        pending = [root]
        while pending:
            name = pending[-1]
            if name in names:
                pending.pop()
                continue
            if name not in tables:
                raise HwgenError(f"Yosys left {name!r} without a look-up table")
            missing = [each for each in map(resolved, tables[name].inputs) if each not in names]
            if missing:
                pending += missing
                continue
            pending.pop()
            names[name] = f"n{len(ordered)}"
            reads = tuple(names[resolved(each)] for each in tables[name].inputs)
            ordered[names[name]] = LookUpTable(reads, tables[name].table)

    roots = [resolved(f"y{at}") for at in range(outputs)]
    for root in roots:
        visit(root)
    return Mapped(size, inputs, ordered, tuple(names[root] for root in roots))
