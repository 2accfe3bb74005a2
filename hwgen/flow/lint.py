"""Lint emitted Verilog with Verilator; the excuses and their reasons stand in ``lint.vlt``."""

import re
import shutil
import tempfile
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.tools import find
from hwgen.tools.process import run

__all__ = ["WAIVERS", "lint", "lint_messages"]

WAIVERS = Path(__file__).with_name("lint.vlt")


def lint_messages(sources, top):
    """Return what Verilator's ``-Wall`` says about Verilog-2001 files, as a list of lines.

    Parameters
    ----------
    sources : list of path
        Verilog files.
    top : str
        Top module.

    Raises
    ------
    MissingToolError
        No usable Verilator.
    """
    tool = find("verilator")
    with tempfile.TemporaryDirectory(prefix="hwgen-lint-") as folder:
        shutil.copyfile(WAIVERS, Path(folder, WAIVERS.name))
        names = [Path(source).name for source in sources]
        for source, name in zip(sources, names, strict=True):
            shutil.copyfile(source, Path(folder, name))
        command = [*tool.command, "--lint-only", "-Wall", "--default-language", "1364-2001"]
        command += ["--top-module", top, WAIVERS.name, *names]
        finished = run(command, cwd=folder, env=dict(tool.environment))
    messages = re.findall(r"^%(?:Warning|Error)[^:]*: .*$", finished.output, flags=re.MULTILINE)
    messages = [line for line in messages if not line.startswith("%Error: Exiting due to")]
    if finished.returncode and not messages:
        messages = [f"%Error: {finished.output.strip() or f'exit status {finished.returncode}'}"]
    return messages


def lint(sources, top):
    """Raise `HwgenError` with the first message unless the files are free of lint."""
    messages = lint_messages(sources, top)
    if messages:
        more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
        raise HwgenError(f"lint of {top} failed: {messages[0].lstrip('%')}{more}")
