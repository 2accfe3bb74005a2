"""The benchmark command prints what it measured, and refuses what it does not know."""

import json
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, str(Path(__file__).parents[2] / "benchmarks" / "formats.py")]


def run(*arguments):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_benchmark_prints_rates_machine_and_versions_as_json():
    done = run("--json", "--elements", "4096", "--repeats", "1", "e2m1", "q1.6")
    report = json.loads(done.stdout)
    assert done.returncode == (5 if report["targets_missed"] else 0)
    assert report["schema"] == "hwgen-benchmark-formats/1"
    assert {"processor", "numpy", "ml_dtypes"} <= set(report["machine"])
    assert [row["format"] for row in report["rows"]] == ["e2m1", "q1.6"]
    rates = report["rows"][0]["rates"]["encode float32"]
    assert min(rates.values()) > 0
    assert report["rows"][1]["rates"]["decode"]["ml_dtypes"] is None


def test_benchmark_refuses_an_unknown_format_in_one_line():
    done = run("e2m9x")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
