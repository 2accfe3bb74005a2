"""The examples run as they stand."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from documents import ROOT

from hwgen.cli import application

EXAMPLES = ROOT / "examples"


def run(name, *arguments, folder):
    return subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_every_example_is_run_here():
    names = {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".yaml")}
    assert names == {
        "constant_layer.py",
        # trained in tests/lutnet
        "digits.yaml",
        "dot.yaml",
        "quantize_and_dot.py",
        "quantize_in_hardware.py",
        "simulate_as_numpy.py",
    }


def test_quantize_and_dot_shows_that_fewer_bits_lose_more(tmp_path):
    done = run("quantize_and_dot.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^(mx\S+) .* ([\d.]+)%$", done.stdout, flags=re.MULTILINE)
    errors = {name: float(percent) for name, percent in rows}
    assert len(errors) == 6
    assert 0 < errors["mxint8"] < errors["mxfp6-e2m3"] < errors["mxfp4-e2m1"] < 30


def test_constant_layer_takes_a_few_adders_a_product(tmp_path):
    done = run("constant_layer.py", tmp_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    products, adders = map(int, re.findall(r"\d+", done.stdout.splitlines()[0]))
    assert products < adders < 3 * products
    assert (tmp_path / "const_matvec.v").exists()


def test_simulate_as_numpy_gets_every_answer_right(tmp_path):
    done = run("simulate_as_numpy.py", tmp_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "10,000 of 10,000 answers are right" in done.stdout


def test_quantize_in_hardware_agrees_with_numpy(tmp_path):
    done = run("quantize_in_hardware.py", tmp_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2,000 of 2,000 results are right" in done.stdout
    (percent,) = re.findall(r"\(rms\): ([\d.]+)%", done.stdout)
    assert 1 < float(percent) < 30


def test_request_file_configures_the_core_that_it_describes(tmp_path, monkeypatch):
    from hwgen.flow import emit

    seen = []

    def record(core, config, folder, **options):
        seen.append(config.as_dict())
        raise KeyboardInterrupt

    monkeypatch.setattr(emit, "emit", record)
    result = CliRunner().invoke(application, ["emit", str(EXAMPLES / "dot.yaml")])
    assert result.exit_code == 130
    wanted = {"fmt_a": "mxfp4-e2m1/32", "fmt_b": "mxfp8-e4m3/32", "lanes": 8, "out": "bf16"}
    assert wanted.items() <= seen[0].items()


@pytest.mark.slow
def test_request_file_builds_a_bitstream(tmp_path):
    command = [sys.executable, "-m", "hwgen", "build", EXAMPLES / "dot.yaml", "-o", tmp_path]
    done = subprocess.run([*command, "--vectors", "200"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mx-dot-ulx3s-12f.bit").stat().st_size > 10_000
