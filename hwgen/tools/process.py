"""Run one external tool: its own process group, killed whole when the caller is interrupted."""

import ctypes
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

from hwgen.errors import HwgenError

__all__ = ["Finished", "run", "run_checked"]

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Finished:
    """What a finished process left behind: exit status, all its output, wall-clock seconds."""

    returncode: int
    output: str
    seconds: float


def run(command, *, cwd, env=None, log=None):
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

    Returns
    -------
    Finished

    Notes
    -----
    The child and its children die with this process, whether that is interrupted, fails, or is
    killed (on Linux).
    """
    start = time.perf_counter()
    with open(log, "w+b") if log else tempfile.TemporaryFile() as output:
        with _interrupt_held() as interrupts:
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if _LIBC else None,
            )
        try:
            if interrupts:
                raise KeyboardInterrupt
            returncode = child.wait()
        except BaseException:
            _kill(child)
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


def _die_with_parent():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill(child):
    """End a child's whole process group: politely, then for certain."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sign)
        except ProcessLookupError:
            break
        try:
            child.wait(timeout=2)
            break
        except subprocess.TimeoutExpired:
            continue
    child.wait()
