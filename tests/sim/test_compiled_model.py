import numpy as np
import pytest
from hwgen.cores.interface import Field, Stream
from sim_circuits import FAULTS, INTERFACE, fault_number, golden, make_case, write_circuit

from hwgen.errors import HwgenError, MismatchError, UsageError
from hwgen.sim.compiled_tier import run_compiled
from hwgen.sim.model import CompiledModel


@pytest.fixture(scope="module", params=["verilator", "cxxrtl"])
def model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return CompiledModel(
        write_circuit(folder),
        INTERFACE,
        folder,
        backend=request.param,
        optimize=0,
        controls={"fault_port": 4},
    )


@pytest.fixture
def healthy(model):
    model.control("fault_port", 0)
    model.reset()
    return model


def test_model_computes_what_the_circuit_does(healthy):
    codes = np.arange(256, dtype=np.uint64)
    values = {"i": {"a": codes & np.uint64(15), "b": codes >> np.uint64(4)}}
    outputs = healthy(values)
    np.testing.assert_array_equal(outputs["o"]["difference"], golden(values)["o"]["difference"])


@pytest.mark.parametrize("seed", range(3))
def test_stalls_change_timing_but_no_result(healthy, seed):
    case = make_case()
    plain = healthy.run(case.inputs)
    stalled = healthy.run(case.inputs, stalls=0.6, seed=seed)
    np.testing.assert_array_equal(plain.outputs["o"], stalled.outputs["o"])
    assert stalled.cycles > 2 * plain.cycles


def test_same_seed_gives_the_same_stalls(healthy):
    case = make_case()
    first = healthy.run(case.inputs, stalls=0.5, seed=11)
    second = healthy.run(case.inputs, stalls=0.5, seed=11)
    other = healthy.run(case.inputs, stalls=0.5, seed=12)
    assert first.cycles == second.cycles != other.cycles


def test_regression_accepts_the_circuit_and_measures_it(healthy):
    findings = run_compiled(healthy, make_case())
    assert (findings.latency, findings.initiation_interval, findings.vectors) == (1, 1, 400)


@pytest.mark.parametrize("fault", FAULTS)
def test_regression_sees_every_fault(model, fault):
    model.control("fault_port", fault_number(fault))
    with pytest.raises(MismatchError, match=FAULTS[fault]):
        run_compiled(model, make_case())


@pytest.mark.parametrize("key", ["latency", "initiation_interval"])
def test_regression_refuses_a_wrong_declaration(healthy, key):
    case = make_case()
    wrong = type(case)({**INTERFACE, key: 2}, case.inputs, case.expected, case.seed)
    with pytest.raises(MismatchError, match="declares"):
        run_compiled(healthy, wrong)


def test_mismatch_names_seed_codes_and_values(healthy):
    case = make_case()
    case.expected["o"][123, 0] ^= 1
    with pytest.raises(MismatchError) as caught:
        run_compiled(healthy, case)
    text = str(caught.value)
    a = int(case.inputs["i"][123, 0]) & 15
    assert "result 123 of 400" in text
    assert "seed 3" in text
    assert f"a=0x{a:x} ({a - 16 if a > 7 else a})" in text


def test_payloads_wider_than_a_word_keep_every_bit(tmp_path):
    streams = [
        Stream("i", "input", (Field("x", 100, 3),)),
        Stream("o", "output", (Field("y", 300),)),
    ]
    interface = {**INTERFACE, "module": "wide", "streams": [each.describe() for each in streams]}
    (tmp_path / "wide.v").write_text(
        "module wide(input clk, input rst, input [299:0] i__payload, input i__valid,\n"
        "output i__ready, output [299:0] o__payload, output o__valid, input o__ready);\n"
        "assign o__payload = ~i__payload; assign o__valid = i__valid; assign i__ready = o__ready;\n"
        "endmodule\n"
    )
    model = CompiledModel(tmp_path / "wide.v", interface, tmp_path, optimize=0)
    values = np.array([[1, 2**99, 2**100 - 1], [0, 12345678901234567890, 7]], dtype=object)
    answer = model({"i": {"x": values}})["o"]["y"]
    joined = [sum(int(x) << 100 * place for place, x in enumerate(row)) for row in values]
    assert list(answer) == [2**300 - 1 - each for each in joined]


def test_second_model_from_the_same_sources_is_not_compiled_again(tmp_path):
    verilog = write_circuit(tmp_path, "none")
    CompiledModel(verilog, INTERFACE, tmp_path / "kept", optimize=0)
    (library,) = (tmp_path / "kept").iterdir()
    before = library.stat().st_mtime_ns
    CompiledModel(verilog, INTERFACE, tmp_path / "kept", optimize=0)
    assert [each.stat().st_mtime_ns for each in (tmp_path / "kept").iterdir()] == [before]


@pytest.mark.parametrize("backend", ["verilator", "cxxrtl"])
def test_broken_verilog_gives_one_line_and_leaves_nothing(tmp_path, backend):
    (tmp_path / "bad.v").write_text("module subtract(input clk; endmodule")
    with pytest.raises(HwgenError, match=r"^compiling Verilog with .* failed: ") as caught:
        CompiledModel(tmp_path / "bad.v", INTERFACE, tmp_path / "kept", backend=backend)
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "kept").iterdir())


def test_unknown_backend_is_corrected(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'verilator'"):
        CompiledModel(write_circuit(tmp_path), INTERFACE, tmp_path, backend="verilater")
