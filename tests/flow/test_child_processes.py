import os
import signal
import subprocess
import sys
import time

import pytest

from hwgen.errors import HwgenError
from hwgen.tools.process import run, run_checked


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as status:
        return status.read().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_failure_quotes_the_line_that_names_the_error(tmp_path):
    command = ["sh", "-c", "echo working; echo 'ERROR: no such cell'; echo bye; exit 3"]
    with pytest.raises(HwgenError, match="synthesis failed: ERROR: no such cell"):
        run_checked(command, cwd=tmp_path, what="synthesis")


def test_output_is_returned_and_kept_in_the_log(tmp_path):
    finished = run(["sh", "-c", "echo out; echo err >&2"], cwd=tmp_path, log=tmp_path / "log")
    assert finished.output.split() == ["out", "err"]
    assert (tmp_path / "log").read_text() == finished.output


IN_THREAD = """
from concurrent.futures import ThreadPoolExecutor
ThreadPoolExecutor(1).submit(tool).result()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize(
    ("sign", "start"),
    [
        (signal.SIGINT, "tool()"),
        (signal.SIGTERM, "tool()"),
        (signal.SIGTERM, IN_THREAD),
        (signal.SIGKILL, "tool()"),
        (signal.SIGKILL, IN_THREAD),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else "tool",
)
def test_a_tool_and_its_children_end_when_the_caller_does(tmp_path, sign, start):
    script = "echo $$ > parent; sleep 60 & echo $! > child; wait"
    body = (
        "from hwgen.tools.process import run\n"
        f"def tool(): run(['sh', '-c', {script!r}], cwd={str(tmp_path)!r})\n{start}"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", body],
        stderr=subprocess.DEVNULL,
        # a test run in the background of a shell ignores interrupts, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    files = [tmp_path / "parent", tmp_path / "child"]
    assert wait_for(lambda: all(file.exists() and file.read_text().strip() for file in files))
    pids = [int(file.read_text()) for file in files]
    caller.send_signal(sign)
    caller.wait(10)
    assert wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_a_tool_that_takes_too_long_is_ended_with_its_children(tmp_path):
    script = "sleep 60 & echo $! > child; wait"
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sh", "-c", script], cwd=tmp_path, limit=0.5)
    child = int((tmp_path / "child").read_text())
    assert wait_for(lambda: not is_alive(child))


def test_what_a_finished_tool_left_running_is_left_alone(tmp_path):
    run(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $! > child"], cwd=tmp_path)
    child = int((tmp_path / "child").read_text())
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)
