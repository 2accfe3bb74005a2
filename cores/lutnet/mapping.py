"""Functions of bits become look-up tables of a fabric: Yosys' ABC maps them, the result is text.

The technology mapping is that of ABC (A. Mishchenko et al., "Combinational and Sequential Mapping
with Priority Cuts", ICCAD 2007), started from the shared decision diagrams of a layer.
"""

import tempfile
from pathlib import Path

from hwgen.cores.lutnet.mapped import LookUpTable, Mapped

from hwgen.errors import HwgenError
from hwgen.tools.yosys import run_script

__all__ = ["best", "map_functions"]

_SHALLOW = "dch;if;mfs2"
_SMALL = "dch;if,-a;mfs2"
# which of them ends with the fewest tables depends on the functions; two passes never are the worst
_SCRIPTS = {
    "area": (_SMALL, _SHALLOW, f"{_SHALLOW};strash;{_SMALL}"),
    "depth": (_SHALLOW,),
}
# with tables that multiplexers join two passes are no use
_WIDE_SCRIPTS = {"area": (_SMALL, _SHALLOW), "depth": (_SHALLOW,)}
# for large layers: a quarter of the time for less than one more table in a hundred
_QUICK = {"area": ("if,-a",), "depth": ("if",)}
_LARGE = 100_000


def map_functions(diagrams, functions, size, effort="area", wide_levels=()):
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
    wide_levels : tuple of float
        Levels that a table with one, two, ... inputs more takes, see `Mapped`; empty: no such ones.

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
        Path(folder, "wide.lut").write_text(_library(size, wide_levels))
        script = ["read_blif in.blif", "design -save given"]
        for at, command in enumerate(_commands(size, effort, wide_levels, len(nodes) >= _LARGE)):
            script += ["design -load given", command, "opt_clean", f"write_blif out{at}.blif"]
        run_script("\n".join([*script, ""]), cwd=folder, what="mapping look-up tables")
        shape = len(variables), len(functions), size, wide_levels
        found = [
            _mapped(*_read_blif(file.read_text()), *shape)
            for file in sorted(Path(folder).glob("out*.blif"))
        ]
    return best(found, effort)


def best(found, effort):
    """Return the `Mapped` of least area, or with the fewest levels, and of those the better one."""

    def rank(each):
        return (each.area, each.levels) if effort == "area" else (each.levels, each.area)

    return min(found, key=rank)


def _commands(size, effort, wide_levels, large):
    """Return the commands that map in one way each."""
    scripts = _QUICK if large else _SCRIPTS
    commands = [f"abc -lut {size} -script +strash;{each}" for each in scripts[effort]]
    if wide_levels:
        widest, scripts = size + len(wide_levels), _QUICK if large else _WIDE_SCRIPTS
        start = f"abc -lut {size}:{widest} -script +read_lut,wide.lut;strash"
        commands += [f"{start};{each}" for each in scripts[effort]]
    return commands


def _library(size, wide_levels):
    """Return ABC's library of tables: inputs, area and delay of each."""
    rows = [(inputs, 1, 1) for inputs in range(1, size + 1)]
    rows += [(size + more, 1 << more, each) for more, each in enumerate(wide_levels, 1)]
    return "".join(f"{inputs} {area} {delay}\n" for inputs, area, delay in rows)


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


def _mapped(tables, aliases, inputs, outputs, size, wide_levels):
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
    return Mapped(size, inputs, ordered, tuple(names[root] for root in roots), wide_levels)
