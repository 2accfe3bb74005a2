import json
import sys
import time
from types import SimpleNamespace

import pytest
from adder_core import CORE, AdderConfig

from hwgen.errors import MismatchError, TargetMissedError
from hwgen.flow.build import build, default_folder


@pytest.fixture
def verifier(monkeypatch):
    """Stand in for the simulator: count the calls and say that all vectors match."""
    calls = []

    def verify(core, config, *, vectors, seed, folder):
        calls.append((vectors, seed))
        return SimpleNamespace(matched=vectors, as_dict=lambda: {"simulator": "mock"})

    monkeypatch.setitem(sys.modules, "hwgen.flow.verify", SimpleNamespace(verify=verify))
    return calls


def stages_made(events):
    return [event.stage for event in events if event.finished and not event.cached]


def test_a_build_reports_what_it_made_and_measured(verifier, tmp_path):
    result = build(CORE, AdderConfig(), None, tmp_path / "out", vectors=50, seed=3)
    assert verifier == [(50, 3)]
    rows = {row.resource: (row.used, row.available) for row in result.rows}
    assert rows["FF"] == (10, 83640)
    assert rows["carry"] == (5, 41820)
    assert result.fmax_mhz > 100
    assert result.macs_per_second == pytest.approx(2e6 * result.fmax_mhz)
    assert result.latency_ns == pytest.approx(1000 / result.fmax_mhz, abs=0.01)
    assert result.verification == {"simulator": "mock", "matched": 50}
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written == result.as_dict()
    assert written["schema"] == "hwgen-report/1"
    text = (tmp_path / "out" / "report.md").read_text()
    assert "50 vectors match" in text and "| FF | 10 | 83,640 |" in text


def test_an_unchanged_build_is_found_and_a_new_seed_only_places_again(verifier, tmp_path):
    events = []

    def again(seed, folder):
        events.clear()
        return build(
            CORE, AdderConfig(), None, tmp_path / folder, seed=seed, progress=events.append
        )

    first = again(1, "a")
    assert not first.cached
    assert stages_made(events) == ["emit", "lint", "verify", "synthesise", "place", "build"]
    start = time.perf_counter()
    second = again(1, "b")
    assert time.perf_counter() - start < 2
    assert second.cached and stages_made(events) == []
    assert (tmp_path / "a/toy_adder.v").read_bytes() == (tmp_path / "b/toy_adder.v").read_bytes()
    assert second.rows == first.rows and second.seconds == first.seconds
    again(2, "c")
    assert stages_made(events) == ["verify", "place", "build"]


def test_a_missed_clock_is_an_error_that_leaves_the_files(verifier, tmp_path):
    for _ in range(2):
        with pytest.raises(TargetMissedError, match="less than its target of 2000 MHz") as caught:
            build(CORE, AdderConfig(freq=2000.0), None, tmp_path / "out", vectors=0)
        assert caught.value.exit_code == 5
        assert caught.value.result.missed
        assert (tmp_path / "out" / "report.json").exists()


def test_a_mismatch_stops_the_build(monkeypatch, tmp_path):
    def verify(core, config, *, vectors, seed, folder):
        raise MismatchError("token 3 differs")

    monkeypatch.setitem(sys.modules, "hwgen.flow.verify", SimpleNamespace(verify=verify))
    with pytest.raises(MismatchError, match="token 3 differs"):
        build(CORE, AdderConfig(), None, tmp_path / "out")
    assert not (tmp_path / "out" / "report.json").exists()


def test_the_generic_target_is_synthesised_but_not_placed(tmp_path):
    result = build(CORE, AdderConfig(target="generic"), None, tmp_path / "out", vectors=0)
    assert (result.device, result.fmax_mhz, result.bitstream) == (None, None, None)
    assert {row.available for row in result.rows} == {None}


def test_the_default_folder_names_core_configuration_and_place():
    one, other = default_folder(CORE, AdderConfig()), default_folder(CORE, AdderConfig(freq=50.0))
    assert one != other
    assert one.parts[0] == "build"
    assert one.name.startswith("toy-adder-") and one.name.endswith("-ecp5")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "suffix"), [("ulx3s", ".bit"), ("icebreaker", ".bin")])
def test_a_board_build_ends_with_a_bitstream(verifier, tmp_path, name, suffix):
    from hwgen import boards

    board = boards.get(name)
    result = build(CORE, AdderConfig(), board, tmp_path / "out", vectors=10)
    assert result.bitstream.endswith(f"toy-adder-{name}{suffix}")
    assert result.target_mhz == board.clock_hz / 1e6
    assert result.fmax_mhz >= result.target_mhz
    assert (result.config["target"], result.config["freq"]) == (board.target, result.target_mhz)
