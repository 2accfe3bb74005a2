import pytest
from sim_circuits import make_case, write_circuit

from hwgen.errors import HwgenError, MismatchError, MissingToolError, UsageError
from hwgen.sim.cocotb_tier import run_cocotb


def test_bench_accepts_the_circuit_measures_it_and_records_waves(tmp_path):
    waves = tmp_path / "waves" / "run.vcd"
    findings = run_cocotb(write_circuit(tmp_path, "none"), make_case(), tmp_path, waves=waves)
    assert (findings.latency, findings.initiation_interval, findings.vectors) == (1, 1, 400)
    assert findings.cycles > 1200
    assert waves.read_text().count("o__payload") >= 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("value", "disagree.*seed 3"),
        ("looks_without_valid", "disagree"),
        ("valid_dropped", "valid dropped before ready"),
        ("ready_follows_valid", "depends on its valid"),
        pytest.param("payload_changes", "payload changed", marks=pytest.mark.slow),
        pytest.param("valid_after_reset", "before any input", marks=pytest.mark.slow),
        pytest.param("valid_follows_ready", "depends on its ready", marks=pytest.mark.slow),
        pytest.param("token_lost", "disagree", marks=pytest.mark.slow),
        pytest.param("token_doubled", "disagree|a token more than the 400", marks=pytest.mark.slow),
        pytest.param("hangs", "stopped taking tokens", marks=pytest.mark.slow),
        pytest.param("waits_for_ready", "stopped taking tokens", marks=pytest.mark.slow),
        pytest.param("survives_reset", "before any input", marks=pytest.mark.slow),
    ],
)
def test_bench_sees_the_fault(tmp_path, fault, words):
    with pytest.raises(MismatchError, match=f"(?s){words}"):
        run_cocotb(write_circuit(tmp_path, fault), make_case(), tmp_path)


def test_bench_that_cannot_be_imported_fails_the_run(tmp_path):
    with pytest.raises(HwgenError, match="simulation"):
        run_cocotb(write_circuit(tmp_path, "none"), make_case(), tmp_path, bench="no_such_bench")


def test_bench_without_tests_fails_the_run(tmp_path):
    with pytest.raises(HwgenError, match="did not finish; see"):
        run_cocotb(write_circuit(tmp_path, "none"), make_case(), tmp_path, bench="hwgen.errors")


def test_circuit_that_does_not_compile_fails_the_run(tmp_path):
    (tmp_path / "subtract.v").write_text("module subtract(input clk; endmodule")
    with pytest.raises(HwgenError, match=r"^building the simulation failed: .*build\.log$"):
        run_cocotb(tmp_path / "subtract.v", make_case(), tmp_path)


def test_missing_icarus_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt install iverilog"):
        run_cocotb(write_circuit(tmp_path, "none"), make_case(), tmp_path, simulator="icarus")


def test_waves_of_an_unknown_kind_are_refused_before_anything_is_built(tmp_path):
    with pytest.raises(UsageError, match=r"waves must end in \.fst or \.vcd, not 'out\.wlf'"):
        run_cocotb(write_circuit(tmp_path, "none"), make_case(), tmp_path, waves="out.wlf")
