from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.interface import Field, Stream

from hwgen import catalogue
from hwgen.errors import MismatchError, MissingToolError, UsageError
from hwgen.flow.verify import verify

INPUT = Stream("i", "input", (Field("a", 5), Field("b", 5)))
OUTPUT = Stream("o", "output", (Field("product", 10, format="integer"),))


@dataclass(frozen=True)
class Config:
    wrong_for: int | None = None
    target: str = "ecp5"

    def as_dict(self):
        return {"wrong_for": self.wrong_for, "target": self.target}


class Multiplier(wiring.Component):
    i: In(stream.Signature(INPUT.layout()))
    o: Out(stream.Signature(OUTPUT.layout()))
    streams = (INPUT, OUTPUT)
    latency = 1
    initiation_interval = 1

    def __init__(self, config):
        super().__init__()
        self.wrong_for = config.wrong_for

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
            m.d.sync += self.o.p.product.eq(self.i.p.a * self.i.p.b)
            if self.wrong_for is not None:
                with m.If(self.i.payload.as_value() == self.wrong_for):
                    m.d.sync += self.o.p.product.eq(self.i.p.a * self.i.p.b + 1)
        return m


def golden(config, inputs):
    return {"o": {"product": inputs["i"]["a"] * inputs["i"]["b"]}}


def vectors(config, count, seed):
    codes = np.random.default_rng(seed).integers(0, 32, (2, count), dtype=np.uint64)
    return {"i": {"a": codes[0], "b": codes[1]}}


CORE = SimpleNamespace(name="toy-multiplier", component=Multiplier, golden=golden, vectors=vectors)


def test_small_input_space_is_verified_exhaustively(tmp_path):
    result = verify(CORE, Config(), folder=tmp_path, vectors=10, tier="compiled")
    assert (result.exhaustive, result.vectors, result.matched) == (True, 1024, 1024)
    assert (result.latency, result.initiation_interval) == (1, 1)


def test_blocks_of_several_beats_are_not_taken_for_single_codes(tmp_path):
    core = catalogue.get("mx-quantise")
    config = core.configure({"fmt_in": "int8", "fmt": "mxfp4/8", "lanes": 1})
    result = verify(core, config, folder=tmp_path, vectors=100, tier="compiled")
    assert not result.exhaustive
    assert result.matched == result.vectors >= 100


@pytest.mark.parametrize("simulator", ["verilator", "cxxrtl"])
def test_single_wrong_code_among_all_is_found(tmp_path, simulator):
    config = Config(wrong_for=0x2E5)
    with pytest.raises(MismatchError, match=r"a=0x05 +b=0x17"):
        verify(CORE, config, folder=tmp_path, vectors=10, tier="compiled", simulator=simulator)


def test_both_tiers_report_what_they_did(tmp_path):
    steps = []
    result = verify(CORE, Config(), folder=tmp_path, vectors=50, progress=steps.append)
    tiers = result.as_dict()["tiers"]
    assert [each["tier"] for each in tiers] == ["compiled", "cocotb"]
    assert result.cycles == sum(each["cycles"] for each in tiers) > 1000
    assert any("cocotb" in step for step in steps)


@pytest.mark.parametrize("target", ["ecp5", pytest.param("ice40", marks=pytest.mark.slow)])
def test_netlist_is_verified_after_synthesis(tmp_path, target):
    result = verify(CORE, Config(target=target), folder=tmp_path, tier="compiled", post_synth=True)
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"simulator": "verilater"}, "did you mean 'verilator'"),
        ({"tier": "compild"}, "did you mean 'compiled'"),
        ({"simulator": "cxxrtl", "tier": "cocotb"}, "tier must be 'compiled' with simulator"),
        ({"vectors": 0}, "vectors must be at least 1, not 0"),
        ({"waves": "x.fst", "tier": "compiled"}, "waves need the cocotb tier"),
    ],
)
def test_choice_that_does_not_fit_is_refused_before_any_work(tmp_path, choice, words):
    with pytest.raises(UsageError, match=words):
        verify(CORE, Config(), folder=tmp_path / "none", **choice)
    assert not (tmp_path / "none").exists()


def test_missing_icarus_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="iverilog"):
        verify(CORE, Config(), folder=tmp_path / "none", simulator="icarus")
    assert not (tmp_path / "none").exists()
