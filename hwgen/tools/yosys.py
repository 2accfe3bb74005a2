"""Run Yosys scripts; as a program (``python -m hwgen.tools.yosys SCRIPT``), that of its wheel."""

import os
import sys
import tempfile
from pathlib import Path

__all__ = ["run_script"]


def run_script(script, *, cwd, what, log=None, tool=None):
    """Run Yosys commands in folder ``cwd``, in a process of their own.

    Parameters
    ----------
    script : str
        Yosys commands, one a line; file names relative to ``cwd``.
    cwd : path
        Folder that holds the files; the script itself is kept there while it runs.
    what : str
        What the script does, for the error message.
    log : path, optional
        File that keeps Yosys' output.
    tool : hwgen.tools.Tool, optional
        The Yosys to run; by default the one that `find` finds.

    Returns
    -------
    hwgen.tools.process.Finished

    Raises
    ------
    MissingToolError
        No usable Yosys.
    HwgenError
        Yosys reported an error.
    """
    from hwgen.tools.lookup import find
    from hwgen.tools.process import run_checked

    with tempfile.NamedTemporaryFile("w", suffix=".ys", dir=cwd, delete=False) as file:
        file.write(script)
    try:
        command = [*(tool or find("yosys")).command, Path(file.name).name]
        return run_checked(command, cwd=cwd, what=what, log=log)
    finally:
        Path(file.name).unlink(missing_ok=True)


def _main(arguments):
    """Be a small ``yosys`` command: a script file, ``-ql LOG`` before it, or ``-V``."""
    from pyosys import libyosys

    if arguments == ["-V"]:
        print(libyosys.yosys_maybe_version())
        return
    if arguments[0] == "-ql":
        log = os.open(arguments[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        arguments = arguments[2:]
    libyosys.run_pass(f"script {arguments[0]}", libyosys.Design())


if __name__ == "__main__":
    _main(sys.argv[1:])
