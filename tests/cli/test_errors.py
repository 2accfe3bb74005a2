"""Wrong requests: one clear line, the right exit code, and the same as JSON."""

import pytest

from hwgen.errors import HwgenError


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("biuld", "no command 'biuld'; did you mean 'build'?"),
        ("emit --core toi", "no core 'toi'; did you mean 'toy'?"),
        ("emit --core toy --lanse 4", "no option '--lanse'; did you mean '--lanes'?"),
        ("emit --core toy --ouptut x", "no option '--ouptut'; did you mean '--output'?"),
        ("emit --core toy --k 30 --lanes 4", "lanes must divide k (30), not 4"),
        ("emit nowhere.yaml", "cannot read request file 'nowhere.yaml': No such file or directory"),
        ("emit toy", "a core is named by an option: --core toy"),
        ("emit notes.txt --core toy", "request file must end in .yaml or .yml, not 'notes.txt'"),
    ],
)
def test_wrong_request_gives_one_line_and_code_2(toy, fails, line, message):
    assert fails(line, 2) == message


def test_a_command_without_core_names_the_cores(toy, fails):
    message = fails("emit", 2)
    assert "--core NAME" in message
    assert message.endswith("cores: toy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("core: toy\nlanse: 4\n", "dot.yaml:2: no key 'lanse'; did you mean 'lanes'?"),
        ("core: toi\n", "dot.yaml:1: no core 'toi'; did you mean 'toy'?"),
        ("\ncore: toy\nk: 8\nk: 16\n", "dot.yaml:4: key 'k' stands on line 3 already"),
        ("core: toy\nk: 2020-13-01\n", "dot.yaml:2: value '2020-13-01' cannot be read"),
        ("core: toy\n? [k]\n: 8\n", "dot.yaml:2: key must be one word or number"),
        ("core: toy\nk: [8, 16]\n", "dot.yaml:2: value of 'k' must be one word or number"),
        ("- core\n- toy\n", "dot.yaml:1: request file must hold lines 'key: value'"),
        ("", "dot.yaml:1: request file must hold lines 'key: value'"),
    ],
)
def test_wrong_request_file_names_file_and_line(toy, fails, tmp_path, text, message):
    (tmp_path / "dot.yaml").write_text(text)
    assert fails("emit dot.yaml", 2) == message


def test_broken_yaml_names_file_and_line(toy, fails, tmp_path):
    (tmp_path / "dot.yaml").write_text("core: toy\nk: 'unclosed\n")
    assert fails("emit dot.yaml", 2).startswith("dot.yaml:3: ")


def test_request_file_that_is_a_folder_is_refused(toy, fails, tmp_path):
    (tmp_path / "dot.yaml").mkdir()
    assert fails("emit dot.yaml", 2) == "cannot read request file 'dot.yaml': Is a directory"


def test_request_file_that_is_not_text_is_refused(toy, fails, tmp_path):
    (tmp_path / "dot.yaml").write_bytes(b"\xff\xfe\x00")
    assert fails("emit dot.yaml", 2) == "request file must be UTF-8 text, and 'dot.yaml' is not"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HwgenError("place and route failed"), 1),
        (OSError(28, "No space left on device", "out.v"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_failures_of_the_work_keep_their_exit_code(toy, hwgen, monkeypatch, error, code):
    def configure(values):
        raise error

    monkeypatch.setattr(toy, "configure", configure)
    result = hwgen("emit --core toy", expect=code)
    assert len([line for line in result.stderr.splitlines() if line]) == 1
    assert "Traceback" not in result.stderr


def test_system_error_names_the_file(toy, fails, monkeypatch):
    def configure(values):
        raise OSError(28, "No space left on device", "out.v")

    monkeypatch.setattr(toy, "configure", configure)
    assert fails("emit --core toy", 1) == "out.v: No space left on device"
