"""Faults planted in emitted Verilog, to find out whether a regression would see them.

All mutants of a circuit live in one Verilog file: an input port selects which one is active, 0 for
none. So a hundred mutants cost one compilation.
"""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import HwgenError, MismatchError
from hwgen.sim.compiled_tier import run_compiled
from hwgen.sim.model import CompiledModel
from hwgen.sim.toolchain import run_yosys

__all__ = ["Mutant", "NamedFault", "Outcome", "plant", "prove_equivalent", "try_mutants"]

PORT = "mutant"
_PORT_WIDTH = 16
_MOST_SIGNALS = 8

_FAULTS = {
    "inv": "inverted",
    "const0": "stuck at 0",
    "const1": "stuck at 1",
    "cnot0": "inverted when another bit is 0",
    "cnot1": "inverted when another bit is 1",
}


@dataclass(frozen=True)
class NamedFault:
    """A fault asked for by name.

    Parameters
    ----------
    name : str
        What goes wrong, in words.
    wire : str
        Regular expression for the whole name of the signal, as emitted.
    mode : str
        ``"inv"``, ``"const0"`` or ``"const1"``: what happens to one bit of its driver.
    bit : int or None
        The bit of the signal; any by default.
    """

    name: str
    wire: str
    mode: str
    bit: int | None = None


@dataclass(frozen=True)
class Mutant:
    """One planted fault: its number on the port, its name, and the Yosys command that makes it."""

    number: int
    name: str
    command: str


@dataclass(frozen=True)
class Outcome:
    """What the regression made of a mutant.

    ``seen`` holds the first line of the failure, or None when the regression passed.
    """

    mutant: Mutant
    seen: str | None


def plant(verilog, module, folder, *, count, seed=1, named=()):
    """Write Verilog with mutants behind the input port ``mutant``.

    Parameters
    ----------
    verilog : path
        Emitted Verilog.
    module : str
        Top module.
    folder : path
        Gets ``mutants.v`` and ``original.il``.
    count : int
        Random mutants, spread over the circuit.
    seed : int
        Seed that selects them.
    named : iterable of NamedFault
        Further ones; each must find its signal.

    Returns
    -------
    tuple of (pathlib.Path, list of Mutant)

    Raises
    ------
    HwgenError
        A named fault finds no signal.
    """
    folder = Path(folder)
    with tempfile.TemporaryDirectory(prefix=".mutants-", dir=folder) as work:
        work = Path(work)
        shutil.copyfile(verilog, work / "source.v")
        read = ["read_verilog -nosynthesis source.v", f"hierarchy -check -top {module}", "proc"]
        read += ["flatten -separator _", "opt_expr", "opt_clean", "write_rtlil original.il"]
        _yosys(read, work, "reading the circuit")
        named = list(named)
        commands = _named_commands(named, seed, work)
        chosen = [(fault.name, each) for fault, each in zip(named, commands, strict=True)]
        if count:
            _yosys(
                ["read_rtlil original.il", f"mutate -list {count} -seed {seed} -o random.txt"],
                work,
                "listing mutants",
            )
            drawn = _commands(work / "random.txt")
            chosen += [(_describe(command), command) for command in drawn]
        mutants = [Mutant(number, *each) for number, each in enumerate(chosen, 1)]
        apply = [
            each.command.replace("mutate ", f"mutate -ctrl {PORT} {_PORT_WIDTH} {each.number} ", 1)
            for each in mutants
        ]
        _yosys(
            ["read_rtlil original.il", *apply, "opt_clean", "write_verilog -noattr mutants.v"],
            work,
            "planting mutants",
        )
        for name in ("original.il", "mutants.v"):
            (work / name).replace(folder / name)
    return folder / "mutants.v", mutants


def try_mutants(verilog, mutants, case, folder):
    """Run the compiled regression on the circuit with each mutant active.

    Returns
    -------
    list of Outcome

    Raises
    ------
    MismatchError
        The regression fails without any mutant.
    """
    model = CompiledModel(verilog, case.interface, folder, optimize=1, controls={PORT: _PORT_WIDTH})
    model.control(PORT, 0)
    run_compiled(model, case)
    outcomes = []
    for mutant in mutants:
        model.control(PORT, mutant.number)
        try:
            run_compiled(model, case)
            seen = None
        except MismatchError as error:
            seen = str(error).splitlines()[0]
        outcomes.append(Outcome(mutant, seen))
    return outcomes


def prove_equivalent(mutant, module, folder):
    """Return whether a mutant is proved to make no difference at all.

    Every register is cut open, so that its input and output become ports; then a SAT solver looks
    for inputs and states that tell the circuits apart. False means that there are some, reachable
    or not, or that a minute was not enough.
    """
    script = [
        "read_rtlil original.il",
        f"rename {module} original",
        "read_rtlil original.il",
        mutant.command,
        f"rename {module} mutated",
        "dffunmap",
        "opt_clean",
        "expose -shared -dff -evert-dff original mutated",
        "miter -equiv -flatten original mutated both",
        "hierarchy -top both",
        "opt -full",
        "sat -timeout 60 -verify -prove trigger 0 both",
    ]
    try:
        _yosys(script, Path(folder), "proving equivalence")
    except HwgenError:
        return False
    return True


def _named_commands(faults, seed, work):
    """Return the command that plants each named fault: at the driver of its signal, if possible."""
    text = (work / "original.il").read_text()
    signals = re.findall(r"^  wire .*\\(\w+)$", text, re.MULTILINE)
    lists, files = [], []
    for fault in faults:
        files.append([])
        matching = [name for name in signals if re.fullmatch(fault.wire, name)]
        bit = f" -wirebit {fault.bit}" if fault.bit is not None else ""
        for port in ("-port Y", "-port Q", ""):
            for signal in matching[:_MOST_SIGNALS]:
                files[-1].append(work / f"named{len(lists)}.txt")
                place = f"-wire {signal}{bit} {port} -o {files[-1][-1].name}"
                lists.append(f"mutate -list 1 -seed {seed} -mode {fault.mode} {place}")
    if lists:
        _yosys(["read_rtlil original.il", *lists], work, "listing mutants")
    commands = []
    for fault, candidates in zip(faults, files, strict=True):
        found = [command for file in candidates for command in _commands(file)]
        if not found:
            raise HwgenError(f"no cell at a signal that matches {fault.wire!r}, for {fault.name!r}")
        commands.append(found[0])
    return commands


def _commands(path):
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    return [line for line in lines if line.startswith("mutate ") and "-mode none" not in line]


def _describe(command):
    options = dict(re.findall(r"-(mode|cell|port|portbit|wire|wirebit) (\S+)", command))
    place = f"{options['port']}[{options['portbit']}] of {options['cell'].split('$')[-1]}"
    kind = re.search(r"\$(\w+)\$", options["cell"])
    if "wire" in options:
        place += f" at {options['wire']}[{options.get('wirebit', 0)}]"
    return f"{kind.group(1) if kind else 'cell'} {place} {_FAULTS[options['mode']]}"


def _yosys(script, folder, what):
    run_yosys(script, cwd=folder, what=what)
