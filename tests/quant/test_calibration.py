"""Moments of what linear layers multiply, and files of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from hwgen.errors import UsageError
from hwgen.quant import calibration
from hwgen.quant.calibration import Calibration, calibrate, measure, read_windows
from hwgen.quant.llama import read_checkpoint

DATA = Path(__file__).parents[1] / "data" / "stories260K"
MODEL, TOKENIZER, STORY = (DATA / each for each in ("stories260K.bin", "tok512.bin", "story.txt"))


@pytest.fixture(scope="module")
def llama():
    return read_checkpoint(MODEL)


@pytest.fixture(autouse=True)
def short_windows(monkeypatch):
    monkeypatch.setattr(calibration, "WINDOW", 24)


def test_statistics_are_the_means_over_all_tokens(llama, tmp_path):
    windows = [(1, 5, 9, 300, 17), (1, 80, 4)]
    found = measure(llama, windows, tmp_path / "s.safetensors")
    assert found.tokens == 6
    seen = {}
    for tokens in windows:
        llama.logits(tokens[:-1], lambda name, x: seen.setdefault(name, []).extend(x.tolist()))
    assert len(seen) == 7 * llama.layers
    for name, vectors in seen.items():
        inputs = np.array(vectors)
        statistics = found.statistics(name, inputs.shape[1])
        wanted = sum(np.outer(each, each) for each in inputs) / 6
        np.testing.assert_allclose(statistics.second_moment, wanted, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(statistics.mean_magnitude, np.abs(inputs).mean(axis=0))
        outputs = inputs @ llama.tensors[name].T.astype(np.float64)
        square = statistics.output_square(llama.tensors[name])
        assert square == pytest.approx((outputs**2).sum() / 6, rel=1e-9)
    assert not list(tmp_path.glob("*.parts"))


def test_layers_with_the_same_inputs_are_stored_once(llama, tmp_path):
    measure(llama, [(1, 2, 3)], tmp_path / "s.safetensors")
    assert len(load_file(tmp_path / "s.safetensors")) == 2 * 4 * llama.layers


def test_every_fifth_window_is_held_out():
    windows = read_windows(STORY, TOKENIZER, 512)
    total = len(windows.calibration) + len(windows.held_out)
    assert len(windows.held_out) == total // 5 > 0
    assert not set(windows.calibration) & set(windows.held_out)
    assert {len(each) for each in windows.calibration + windows.held_out} == {25}
    assert all(each[0] == 1 for each in windows.calibration)


def test_of_fewer_than_five_windows_the_last_is_held_out(tmp_path):
    (tmp_path / "t").write_text(STORY.read_text()[:120])
    windows = read_windows(tmp_path / "t", TOKENIZER, 10)
    assert len(windows.held_out) == 1
    assert {len(each) for each in windows.calibration} == {11}


def test_a_finished_file_of_the_same_origin_is_used_again(tmp_path, monkeypatch):
    target = tmp_path / "s.safetensors"
    calibrate(MODEL, STORY, TOKENIZER, target)
    before = target.stat().st_mtime_ns
    calibrate(MODEL, STORY, TOKENIZER, target)
    assert target.stat().st_mtime_ns == before
    monkeypatch.setattr(calibration, "WINDOW", 30)
    calibrate(MODEL, STORY, TOKENIZER, target)
    assert target.stat().st_mtime_ns != before


def test_other_models_and_missing_tokenizers_are_refused(tmp_path):
    save_file({"a": np.eye(3)}, tmp_path / "m.safetensors")
    with pytest.raises(UsageError, match="must hold a GPT-2 or a Llama"):
        calibrate(tmp_path / "m.safetensors", STORY, TOKENIZER, tmp_path / "s")
    with pytest.raises(UsageError, match="must come with --tokenizer"):
        calibrate(MODEL, STORY, None, tmp_path / "s")
    with pytest.raises(UsageError, match="must be a tokenizer"):
        calibrate(MODEL, STORY, STORY, tmp_path / "s")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"too short", "must have at least 48 tokens"), (b"\xff\xfe\0", "must be text in UTF-8")],
)
def test_texts_that_cannot_be_used_are_refused(content, message, tmp_path):
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_windows(tmp_path / "t", TOKENIZER, 512)
    with pytest.raises(UsageError, match="cannot read"):
        read_windows(tmp_path / "none", TOKENIZER, 512)


def saved(path, metadata=True, **changes):
    """Write statistics of one layer, some of them changed."""
    document = {"schema": calibration.SCHEMA, "origin": "", "tokens": 1, "groups": {"a": "g"}}
    tensors = {"g.second_moment": np.eye(3), "g.mean_magnitude": np.ones(3)}
    for name, value in changes.items():
        if name in document:
            document[name] = value
        else:
            tensors[f"g.{name}"] = value
    tensors = {name: each for name, each in tensors.items() if each is not None}
    save_file(tensors, path, {"hwgen-calibration": json.dumps(document)} if metadata else None)
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metadata": False}, "must hold calibration statistics, and has none"),
        ({"schema": "other"}, "hwgen-calibration/1 document: schema"),
        ({"groups": {"b": "g"}}, "must cover every quantized matrix, and have no 'a'"),
        ({"groups": {"a": "h"}}, "must hold tensor 'h.second_moment'"),
        ({"mean_magnitude": None}, "must hold tensor 'g.mean_magnitude'"),
        ({"second_moment": np.eye(2)}, r"shapes \(N, N\) and \(N,\)"),
        ({"second_moment": np.full((3, 3), np.nan)}, "must be finite float64"),
        ({"mean_magnitude": np.ones(3, np.float32)}, "must be finite float64"),
        ({"second_moment": -np.eye(3)}, "must not be negative"),
        ({"second_moment": np.triu(np.ones((3, 3)))}, "must be symmetric"),
        ({"second_moment": np.eye(4), "mean_magnitude": np.ones(4)}, "must be of 3 inputs, not 4"),
    ],
)
def test_files_of_other_or_wrong_statistics_are_refused(changes, message, tmp_path):
    path = saved(tmp_path / "s.safetensors", **changes)
    with pytest.raises(UsageError, match=message):
        Calibration(path).statistics("a", 3)


def test_statistics_of_another_program_are_read(tmp_path):
    found = Calibration(saved(tmp_path / "s.safetensors")).statistics("a", 3)
    assert found.output_square(np.array([[1.0, 2.0, 3.0]])) == 14
