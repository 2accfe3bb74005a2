"""The program as a process: exit codes, light start, readers that go away."""

import signal
import subprocess
import sys
import time

import pytest

HEAVY = ("amaranth", "numpy", "pydantic", "yaml", "rich", "cocotb", "pyosys")


def run(*words, **options):
    command = [sys.executable, "-m", "hwgen", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom hwgen.cli import application\n"
        "try:\n    application(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == "[]\n"
    assert "Exit codes" in done.stdout


def test_no_command_shows_help_and_gives_code_2():
    done = run()
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: hwgen")


def test_version_is_printed():
    import hwgen

    assert run("--version").stdout == f"hwgen, version {hwgen.__version__}\n"


def test_reader_that_goes_away_is_no_error():
    command = [sys.executable, "-m", "hwgen", "list", "formats"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    program.stdout.close()
    assert program.stderr.read() == ""
    assert program.wait(timeout=60) == 0


WAITING = """
import time
from hwgen.cli import application
from hwgen.flow import doctor

def wait(warm):
    print("waiting", flush=True)
    time.sleep(60)

doctor.doctor = wait
application(["doctor"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_interrupt_gives_code_130_and_one_line():
    program = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a test run in the background of a shell ignores interrupts, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert program.stdout.readline() == "waiting\n"
    started = time.monotonic()
    program.send_signal(signal.SIGINT)
    _, message = program.communicate(timeout=30)
    assert program.returncode == 130
    assert message.strip() == "hwgen: interrupted"
    assert time.monotonic() - started < 10


def test_unwritable_folder_gives_one_line_and_code_2(tmp_path):
    (tmp_path / "taken").write_text("a file, no folder")
    done = run("emit", "--core", "mx-dot", "-o", "taken/out", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "output folder must be writable" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--fmt fp66", "not 'fp66'; did you mean 'fp6'?"),
        ("--lanes 5", "lanes must divide k = 32, not 5"),
        ("--accumulator-step 5", "accumulator_step must be 4, 8, 16, 32 or 64, not 5"),
        ("--specials igno", "specials must be 'ieee' or 'ignore', not 'igno'"),
    ],
)
def test_wrong_options_of_mx_dot_give_one_line_and_code_2(fails, options, message):
    assert message in fails(f"emit --core mx-dot {options}", 2)
