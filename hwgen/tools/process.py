"""Run one external tool: its own process group, killed whole when the caller is interrupted."""

import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

from hwgen.errors import HwgenError

__all__ = ["Finished", "run", "run_checked"]

# leads the group of one child; sees the end of its input when the caller dies without a word
_GUARD = ["/bin/sh", "-c", "read -r end || kill -KILL 0"]


@dataclass(frozen=True)
class Finished:
    """What a finished process left behind: exit status, all its output, wall-clock seconds."""

    returncode: int
    output: str
    seconds: float


def run(command, *, cwd, env=None, log=None, limit=None):
    """Run ``command`` (a list of strings) in folder ``cwd`` and wait for it.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    cwd : path
        Working folder.
    env : dict, optional
        Variables added to the environment.
    log : path, optional
        File that keeps standard output and standard error.
    limit : float, optional
        Seconds after which it is ended, with its children.

    Returns
    -------
    Finished

    Raises
    ------
    subprocess.TimeoutExpired
        The limit was reached.

    Notes
    -----
    The child and its children die with this process, whether that is interrupted, fails, or is
    killed; in whatever thread the child was started.
    """
    start = time.perf_counter()
    with open(log, "w+b") if log else tempfile.TemporaryFile() as output, _group() as group:
        with _interrupt_held() as interrupts:
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=group,
            )
        try:
            if interrupts:
                raise KeyboardInterrupt
            returncode = child.wait(limit)
        except BaseException:
            _kill(child, group)
            raise
        output.seek(0)
        text = output.read().decode(errors="replace")
    return Finished(returncode, text, time.perf_counter() - start)


def run_checked(command, *, cwd, what, env=None, log=None):
    """Run ``command`` as `run` does; a failure is an `HwgenError` that quotes the tool's reason.

    Parameters
    ----------
    what : str
        What the command does, for the message: ``"place and route"``.
    """
    finished = run(command, cwd=cwd, env=env, log=log)
    if finished.returncode:
        where = f"; see {log}" if log else f"; command: {shlex.join(map(str, command))[:200]}"
        raise HwgenError(f"{what} failed: {_reason(finished)}{where}")
    return finished


def _reason(finished):
    """Return the line of a tool's output that names the error, else the last line."""
    lines = [line.strip() for line in finished.output.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("ERROR", "%Error", "error:")) or ": error:" in line:
            return line
    if finished.returncode < 0:
        return f"killed by {signal.Signals(-finished.returncode).name}"
    return lines[-1] if lines else f"exit status {finished.returncode}, no output"


@contextmanager
def _interrupt_held():
    """Collect Ctrl-C instead of raising: a child that is just being started must be known."""
    held = []
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) != signal.default_int_handler:
        yield held
        return
    signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _group():
    """Make a process group that ends with this process, and return its number."""
    guard = subprocess.Popen(_GUARD, stdin=subprocess.PIPE, process_group=0)
    try:
        yield guard.pid
    finally:
        guard.communicate(b"end\n")


def _kill(child, group):
    """End a child's whole process group: politely, then for certain."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, sign)
        except ProcessLookupError:
            break
        try:
            child.wait(timeout=2)
            break
        except subprocess.TimeoutExpired:
            continue
    child.wait()
