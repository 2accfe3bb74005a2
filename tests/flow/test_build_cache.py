import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hwgen.errors import HwgenError, UsageError
from hwgen.flow.cache import cache_folder, digest, stage


def counted_stage(key, count_file, pause):
    """Make (or find) a stage whose production appends a line to ``count_file``."""

    def produce(folder):
        with open(count_file, "a") as file:
            file.write("made\n")
        (folder / "half").write_text("first")
        time.sleep(pause)
        (folder / "half").write_text("whole")
        return {"key": key}

    return stage("test", key, produce)


def test_a_stage_is_made_once_and_then_found(tmp_path):
    first = counted_stage(["a"], tmp_path / "count", 0)
    second = counted_stage(["a"], tmp_path / "count", 0)
    assert (first.cached, second.cached) == (False, True)
    assert second.result == {"key": ["a"]}
    assert (second.folder / "half").read_text() == "whole"
    assert (tmp_path / "count").read_text() == "made\n"


def test_another_key_is_another_stage(tmp_path):
    counted_stage(["a"], tmp_path / "count", 0)
    assert not counted_stage(["b"], tmp_path / "count", 0).cached


def test_the_order_of_dictionary_keys_does_not_change_a_digest():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_concurrent_processes_make_a_stage_once(tmp_path):
    context = multiprocessing.get_context("fork")
    arguments = (["shared"], str(tmp_path / "count"), 0.3)
    runs = [context.Process(target=counted_stage, args=arguments) for _ in range(4)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert [each.exitcode for each in runs] == [0] * 4
    assert (tmp_path / "count").read_text() == "made\n"


def test_a_killed_run_leaves_nothing_that_is_taken_for_a_result(tmp_path):
    count = tmp_path / "count"
    code = (
        "from test_build_cache import counted_stage\n"
        f"counted_stage(['killed'], {str(count)!r}, 60)\n"
    )
    victim = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parent)
    deadline = time.monotonic() + 20
    while not list(cache_folder().glob("test-*.partial-*/half")) and time.monotonic() < deadline:
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert list(cache_folder().glob("test-*.partial-*/half"))

    entry = counted_stage(["killed"], count, 0)
    assert not entry.cached
    assert (entry.folder / "half").read_text() == "whole"
    assert count.read_text() == "made\n" * 2
    assert not list(cache_folder().glob("*.partial-*"))


def test_an_interrupted_stage_leaves_nothing_behind():
    def produce(folder):
        (folder / "half").write_text("first")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage("test", "key", produce)
    assert not [path for path in cache_folder().iterdir() if path.is_dir()]


def test_a_failed_stage_is_tried_again_and_its_log_is_kept(tmp_path):
    def produce(folder):
        (folder / "tool.log").write_text("what went wrong")
        raise HwgenError(f"tool failed; see {folder / 'tool.log'}")

    for _ in range(2):
        with pytest.raises(HwgenError) as caught:
            stage("test", "key", produce, failures=tmp_path)
        assert str(caught.value) == f"tool failed; see {tmp_path / 'tool.log'}"
    assert (tmp_path / "tool.log").read_text() == "what went wrong"


def test_entries_that_nobody_used_for_a_month_are_removed(tmp_path):
    old = counted_stage(["old"], tmp_path / "count", 0)
    long_ago = time.time() - 31 * 24 * 3600
    os.utime(old.folder, (long_ago, long_ago))
    counted_stage(["new"], tmp_path / "count", 0)
    assert not old.folder.exists()


def test_a_cache_folder_that_cannot_be_written_is_a_usage_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("HWGEN_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"cache folder must be writable, .*set HWGEN_CACHE_DIR"):
        stage("test", "key", lambda folder: {})
