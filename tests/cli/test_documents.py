"""What --json prints: one document a command, with the keys that other programs rely on."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from hwgen.errors import MismatchError, TargetMissedError
from hwgen.flow.report import BuildResult, Row


@pytest.fixture
def document(hwgen):
    """Run a command with --json and return its document; stdout holds nothing else."""

    def run(line, expect=0):
        result = hwgen(f"{line} --json", expect=expect)
        return json.loads(result.stdout)

    return run


def build_result(**changes):
    values = {
        "core": "toy",
        "board": "ulx3s",
        "target": "ecp5",
        "device": "LFE5U-85F",
        "config": {},
        "folder": "build/toy",
        "files": {"verilog": "toy.v", "bitstream": "build/toy/toy-ulx3s.bit"},
        "rows": (Row("LUT", 1234, 83640), Row("DSP", 2, None)),
        "fmax_mhz": 80.5,
        "target_mhz": 25.0,
        "clocks": {},
        "latency_cycles": 3,
        "latency_ns": 120.0,
        "macs_per_cycle": 32,
        "macs_per_second": 2.576e9,
        "verification": {"matched": 1000},
        "seconds": {},
        "tools": {},
    }
    return BuildResult(**values | changes)


@pytest.fixture
def builds(toy, monkeypatch):
    """Make `hwgen build` return the result or raise the error that a test gives."""
    from hwgen.flow import build

    def give(outcome):
        def run(core, config, board, folder, **options):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(build, "build", run)

    return give


def test_build_document(builds, document):
    builds(build_result())
    found = document("build --core toy --board ulx3s")
    assert next(iter(found)) == "schema"
    assert found["schema"] == "hwgen-build/1"
    assert found["bitstream"] == "build/toy/toy-ulx3s.bit"
    assert found["rows"][0] == {"resource": "LUT", "used": 1234, "available": 83640}
    assert {"fmax_mhz", "target_mhz", "latency_cycles", "macs_per_second"} < found.keys()
    assert found["verification"]["matched"] == 1000


def test_build_table_ends_with_the_path_of_the_bitstream(builds, hwgen):
    builds(build_result())
    text = hwgen("build --core toy --board ulx3s").stdout
    assert "LUT       1,234     83,640" in text
    assert "80.5 MHz (target 25 MHz)" in text
    assert "1,000 vectors match the golden model" in text
    assert text.splitlines()[-1] == "build/toy/toy-ulx3s.bit"


def test_missed_clock_is_reported_in_full_with_code_5(builds, document):
    error = TargetMissedError("clock core reaches 80 MHz")
    error.result = build_result(missed=("clock core reaches 80 MHz",))
    builds(error)
    found = document("build --core toy --board ulx3s", expect=5)
    assert found["schema"] == "hwgen-build/1"
    assert found["missed"] == ["clock core reaches 80 MHz"]


def test_missed_clock_ends_with_an_error_line(builds, hwgen):
    error = TargetMissedError("clock core reaches 80 MHz")
    error.result = build_result(missed=("clock core reaches 80 MHz",))
    builds(error)
    result = hwgen("build --core toy --board ulx3s", expect=5)
    assert result.stderr == "hwgen: error: clock core reaches 80 MHz\n"


def test_design_that_does_not_fit_is_an_error_with_code_5(builds, document):
    builds(TargetMissedError("LUT: 90,000 of 83,640"))
    found = document("build --core toy --board ulx3s", expect=5)
    assert found == {
        "schema": "hwgen-error/1",
        "exit_code": 5,
        "message": "LUT: 90,000 of 83,640",
    }


def test_mismatch_gives_code_3_and_keeps_its_lines(builds, hwgen):
    builds(MismatchError("toy and its golden model disagree\n  expected: 1\n  got: 0"))
    result = hwgen("build --core toy --board ulx3s", expect=3)
    assert result.stderr.splitlines()[1:] == ["  expected: 1", "  got: 0"]


def test_board_decides_the_target(builds, toy, document):
    builds(build_result())
    seen = []
    configure = toy.configure
    toy.configure = lambda values: seen.append(values) or configure(values)
    document("build --core toy --board icebreaker")
    assert seen == [{"target": "ice40"}]


def test_another_target_than_the_boards_is_refused(toy, fails):
    message = fails("build --core toy --board icebreaker --target ecp5", 2)
    assert message == "target must be 'ice40' on icebreaker, not 'ecp5'"


def test_unknown_board_names_the_nearest(toy, fails):
    assert fails("build --core toy --board ulx4s", 2).endswith("did you mean 'ulx3s'?")


def test_board_may_stand_in_the_request_file(builds, hwgen, tmp_path):
    builds(build_result())
    (tmp_path / "toy.yaml").write_text("core: toy\nboard: ulx5s\n")
    assert "did you mean 'ulx3s'?" in hwgen("build toy.yaml", expect=2).stderr


def test_verify_document(toy, document, monkeypatch):
    from hwgen.flow import verify
    from hwgen.flow.verify import VerifyResult

    finding = SimpleNamespace(
        tier="compiled",
        simulator="verilator",
        netlist="rtl",
        vectors=1000,
        cycles=1200,
        latency=3,
        initiation_interval=1,
    )
    seen = {}

    def run(core, config, **options):
        seen.update(options)
        return VerifyResult(1000, options["seed"], 1200, False, (finding,), Path("toy.v"))

    monkeypatch.setattr(verify, "verify", run)
    found = document("verify --core toy --vectors 1000 --seed 7 --sim icarus --tier cocotb")
    assert found["schema"] == "hwgen-verify/1"
    assert {"core", "config", "matched", "exhaustive", "latency", "tiers"} < found.keys()
    asked = {"vectors": 1000, "seed": 7, "simulator": "icarus", "tier": "cocotb"}
    assert asked.items() <= seen.items()


def test_run_document(toy, document, monkeypatch):
    from hwgen.flow import run
    from hwgen.flow.run import RunResult

    def answer(core, config, port, vectors, seed, progress, board):
        return RunResult("toy", {}, port, "ulx3s", seed, 10, 10, 0.5, 1000, 0, "12345678", {})

    monkeypatch.setattr(run, "run", answer)
    found = document("run --core toy --port sim --vectors 10")
    assert found["schema"] == "hwgen-run/1"
    assert {"port", "board", "tokens", "matched", "self_test", "status"} < found.keys()


def tool(name, found):
    facts = {"name": name, "found": found, "version": "1", "path": "/bin", "needed_for": "tests"}
    return {**facts, "source": "native", "prepared": True, "problem": None, "install": "get it"}


@pytest.mark.parametrize(("found", "code"), [(True, 0), (False, 4)])
def test_doctor_document_and_code(document, monkeypatch, found, code):
    from hwgen.flow import doctor

    monkeypatch.setattr(doctor, "doctor", lambda warm: [tool("yosys", found)])
    report = document("doctor", expect=code)
    assert report["schema"] == "hwgen-doctor/1"
    assert report["missing"] == ([] if found else ["yosys"])
    keys = {"name", "found", "version", "path", "source", "needed_for", "install"}
    assert keys < report["tools"][0].keys()


@pytest.mark.parametrize("kind", ["cores", "formats", "boards"])
def test_list_document(document, kind):
    found = document(f"list {kind}")
    assert found["schema"] == "hwgen-list/1"
    assert found["kind"] == kind[:-1]
    assert all("name" in item for item in found["items"])


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("core mx-dot", {"summary", "source", "options", "streams", "latency"}),
        ("format fp6", {"block_size", "element", "scale", "quantization"}),
        ("format e4m3", {"width", "fields", "min", "max", "special_codes", "bias"}),
        ("board ulx3s", {"device", "target", "clock_hz", "capacity"}),
    ],
)
def test_show_document(document, line, keys):
    found = document(f"show {line}")
    assert found["schema"] == "hwgen-show/1"
    assert keys < found["item"].keys()


def test_show_prints_every_value_of_a_small_format(hwgen):
    text = hwgen("show format fp6").stdout
    assert "0 11 111    7.5" in text
    assert "1 00 001  -0.125" in text


def test_show_tells_what_a_short_name_means_as_a_block(hwgen):
    assert "mxint8/32" in hwgen("show format int8").stdout


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("list formts", "did you mean 'format'?"),
        ("show format e4m3x", "did you mean 'e4m3'?"),
        ("show core mx-dto", "did you mean 'mx-dot'?"),
        ("show mx-dot", "as in 'hwgen show core mx-dot'"),
        ("show core", "as in 'hwgen show core NAME'"),
        ("show board ulx3", "did you mean 'ulx3s'?"),
    ],
)
def test_unknown_names_get_a_suggestion(fails, line, hint):
    assert fails(line, 2).endswith(hint)


def test_text_goes_to_stderr_when_stdout_holds_the_document(hwgen):
    result = hwgen("list cores --json")
    assert "mx-dot" in result.stderr
    json.loads(result.stdout)
