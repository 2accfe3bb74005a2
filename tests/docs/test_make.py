"""What make says when something that it needs is missing."""

import shutil
import subprocess

import pytest
from documents import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def bare_path(tmp_path):
    """A folder for PATH that holds a shell and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "make"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def make(target, path, *variables):
    return subprocess.run(
        [path / "make", "--no-print-directory", target, "SHELL=bash", *variables],
        cwd=ROOT,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
    )


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!{shutil.which('bash')}\n{text}\n")
    path.chmod(0o755)


def test_missing_compiler_names_the_package(bare_path):
    done = make("compiler", bare_path)
    assert done.returncode == 2
    assert "no C++ compiler found" in done.stderr
    assert "apt install g++" in done.stderr


def test_a_compiler_is_enough(bare_path):
    program(bare_path, "clang++", "exit 0")
    assert make("compiler", bare_path).returncode == 0


def test_old_python_is_named(bare_path, tmp_path):
    program(bare_path, "python3", '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    venv = tmp_path / "venv"
    done = make(f"{venv}/bin/python", bare_path, f"VENV={venv}")
    assert "no Python >= 3.11 found (python3 is Python 3.9.2)" in done.stderr


def test_missing_venv_module_names_the_package(bare_path, tmp_path):
    answer = 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; esac'
    program(bare_path, "python3.11", answer)
    venv = tmp_path / "venv"
    done = make(f"{venv}/bin/python", bare_path, f"VENV={venv}")
    assert "apt install python3.11-venv" in done.stderr
