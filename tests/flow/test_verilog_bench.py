import os
import subprocess

from adder_core import CORE, AdderConfig

from hwgen.flow.emit import emit
from hwgen.tools import find


def run_bench(folder):
    """Return the exit status of the bench's program, and what it prints."""
    done = subprocess.run(["./obj_dir/Vtoy_adder_tb"], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_bench_passes_on_the_emitted_core_and_fails_on_wrong_or_missing_words(tmp_path):
    emit(CORE, AdderConfig(), tmp_path, vectors=200, seed=5)
    tool = find("verilator")
    options = ["--binary", "--timing", "-Wno-fatal", "-CFLAGS", "-std=c++20 -O0"]
    subprocess.run(
        [*tool.command, *options, "toy_adder_tb.v", "toy_adder.v"],
        cwd=tmp_path,
        env={**os.environ, **dict(tool.environment)},
        check=True,
        capture_output=True,
    )
    status, output = run_bench(tmp_path)
    assert status == 0
    assert "PASS: 200 words match" in output

    expected = tmp_path / "toy_adder_o.hex"
    lines = expected.read_text().split()
    wrong = [*lines[:7], f"{int(lines[7], 16) ^ 1:04x}", *lines[8:]]
    expected.write_text("\n".join(wrong) + "\n")
    status, output = run_bench(tmp_path)
    assert status != 0
    assert "FAIL: 1 words differ, 200 of 200 words came" in output
    assert "word 7 is" in output

    expected.write_text("\n".join(["0000", *lines[:-1]]) + "\n")
    status, output = run_bench(tmp_path)
    assert status != 0
    assert "FAIL" in output


def test_bench_and_vectors_do_not_change_between_runs(tmp_path):
    first = emit(CORE, AdderConfig(), tmp_path / "a", vectors=20, seed=3).bench
    second = emit(CORE, AdderConfig(), tmp_path / "b", vectors=20, seed=3).bench
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [path.name for path in first] == ["toy_adder_tb.v", "toy_adder_i.hex", "toy_adder_o.hex"]
