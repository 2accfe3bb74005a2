"""Synthesis by Yosys for any fabric of ``hwgen.targets``."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from hwgen import targets as fabrics
from hwgen.errors import HwgenError, UsageError, nearest
from hwgen.flow.cells import Counts, count_cells
from hwgen.flow.outputs import prepare_folder
from hwgen.tools import find
from hwgen.tools.process import run

__all__ = ["SynthesisResult", "synthesis_script", "synthesise", "targets"]

_LATCHES = "t:$dlatch t:$adlatch t:$dlatchsr t:$_DLATCH_* t:$_DLATCHSR_*"


@dataclass(frozen=True)
class SynthesisResult:
    """A synthesised netlist.

    Parameters
    ----------
    target, top : str
        Fabric, and name of the top module.
    netlist : pathlib.Path
        Yosys JSON, for place and route.
    verilog : pathlib.Path
        The same netlist as Verilog of the fabric's primitives, for simulation.
    cells : dict
        Number of cells by cell type.
    counts : Counts
        The same in words that hold for every fabric.
    seconds : float
        Wall-clock time.
    """

    target: str
    top: str
    netlist: Path
    verilog: Path
    cells: dict
    counts: Counts
    seconds: float

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        return {
            "target": self.target,
            "top": self.top,
            "netlist": str(self.netlist),
            "cells": self.cells,
            "counts": self.counts.as_dict(),
            "seconds": round(self.seconds, 3),
        }


def targets():
    """Return the names of the fabrics that can be synthesised for."""
    return tuple(fabrics.names())


def synthesis_script(sources, top, target, options=(), *, apart=False):
    """Return the Yosys script that synthesises ``top``.

    The design is checked before mapping: a combinational loop, a net with two drivers or with
    none, and a latch are errors.

    Parameters
    ----------
    sources : list of str
        Verilog files, as named from the folder in which the script runs.
    top : str
        Top module.
    target : str
        One of `targets`.
    options : iterable of str
        ``"nodsp"`` (no hard multipliers), ``"widelut"`` or ``"nowidelut"`` (with, without
        multiplexers that join look-up tables; the other way is the fabric's usual one).
    apart : bool
        Whether some modules are kept apart while they are mapped.

    Raises
    ------
    UsageError
        The fabric or an option is not known.
    """
    synthesis = fabrics.get(target).synthesis
    command, checked, known = synthesis.command, synthesis.checked, dict(synthesis.options)
    for option in options:
        if option not in known:
            raise UsageError(
                f"synthesis option for {target} must be one of {', '.join(known) or 'none'}, "
                f"not {option!r}{nearest(option, known)}"
            )
        words, flag = command.split(), known[option]
        command = " ".join(
            [each for each in words if each != flag] if flag in words else [*words, flag]
        )
    lines = [f"read_verilog {source}" for source in sources]
    lines += [
        f"{command} -top {top} -run begin:{checked}",
        "proc",
        "flatten",
        "opt_clean",
        "check -assert",
        f"select -assert-none {_LATCHES}",
        *synthesis.prepare,
        f"{command} -top {top} -run {checked}:",
        "check -assert",
        f"select -assert-none {_LATCHES}",
        *(["setattr -mod -unset keep_hierarchy", "flatten", "opt_clean"] if apart else []),
        "delete t:$scopeinfo",
        "tee -q -o stat.json stat -json",
        "write_json netlist.json",
        "write_verilog -noattr netlist.v",
    ]
    return "\n".join(lines) + "\n"


def synthesise(sources, top, target, folder, *, options=()):
    """Synthesise Verilog files and count the cells.

    Parameters
    ----------
    sources : list of path
        Verilog files.
    top : str
        Top module.
    target : str
        One of `targets`.
    folder : path
        Gets ``netlist.json``, ``netlist.v``, ``stat.json``, the script and Yosys' log.
    options : iterable of str
        As for `synthesis_script`.

    Returns
    -------
    SynthesisResult

    Raises
    ------
    HwgenError
        Yosys found an error: bad Verilog, a latch, a combinational loop, a net with two drivers.
    MissingToolError
        No usable Yosys.
    """
    folder = prepare_folder(folder)
    names, apart = [], False
    for index, source in enumerate(sources):
        name, content = f"source{index}.v", Path(source).read_bytes()
        apart |= b"(* keep_hierarchy *)" in content
        (folder / name).write_bytes(content)
        names.append(name)
    script = folder / "synthesis.ys"
    script.write_text(synthesis_script(names, top, target, options, apart=apart))
    log = folder / "synthesis.log"
    finished = run([*find("yosys").command, script.name], cwd=folder, log=log)
    if finished.returncode:
        raise HwgenError(f"synthesis of {top} failed: {_reason(finished)}; see {log}")
    statistics = json.loads((folder / "stat.json").read_text())
    cells = _cells(statistics, top)
    return SynthesisResult(
        target,
        top,
        folder / "netlist.json",
        folder / "netlist.v",
        cells,
        count_cells(cells, target),
        finished.seconds,
    )


def _cells(statistics, top):
    """Return cell types and numbers of the flattened top module, in a stable order."""
    module = statistics["modules"]["\\" + top]
    cells = module["num_cells_by_type"]
    return {kind: cells[kind] for kind in sorted(cells)}


def _reason(finished):
    """Return what Yosys complained about in words for a person."""
    output = finished.output
    found = re.findall(r"(?<!No )[Ll]atch inferred for signal `?([^'\s]+)", output)
    if "selection is not empty: t:$dlatch" in output or found:
        return f"the design has a latch{' at ' + found[0] if found else ''}"
    warnings = re.findall(
        r"Warning: (.*(?:multiple conflicting drivers|found logic loop|no driver).*)", output
    )
    error = [line for line in output.splitlines() if line.startswith("ERROR")]
    if warnings:
        return warnings[0]
    return error[0] if error else f"exit status {finished.returncode}"
