"""The core of the how-to page, put together from the page as a reader would do it."""

import sys
from types import ModuleType

import pytest
from documents import ROOT, code_blocks

from hwgen import catalogue
from hwgen.flow.verify import verify

PAGE = ROOT / "docs" / "how-to-add-a-core.md"
MODULES = ("hwgen.cores.compare.int_max", "hwgen.golden.int_max", "hwgen.catalogue.entries.int_max")


@pytest.fixture
def core(monkeypatch):
    """Put the modules of the page where it says, and its entry into the catalogue."""
    monkeypatch.setitem(sys.modules, "hwgen.cores.compare", ModuleType("hwgen.cores.compare"))
    for name, text in zip(MODULES, code_blocks(PAGE, "python"), strict=True):
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(text, f"{PAGE}:{name}", "exec"), module.__dict__)
    monkeypatch.setattr(catalogue, "names", lambda: ["int-max", "mx-dot"])
    return catalogue.get("int-max")


def test_its_circuit_equals_its_golden_model(core, tmp_path):
    config = core.configure({"width": 6})
    result = verify(core, config, folder=tmp_path, tier="compiled", vectors=100)
    assert result.exhaustive
    assert result.matched == 4096
    assert result.latency == 1


def test_its_vectors_start_with_the_corners(core):
    inputs = core.vectors(core.configure({}), 10, 1)["i"]
    pairs = set(zip(inputs["a"][:25].tolist(), inputs["b"][:25].tolist(), strict=True))
    assert {(0x7F, 0x80), (0x80, 0x7F), (0, 0xFF)} < pairs
    assert len(inputs["a"]) == 35


def test_the_command_line_knows_its_options(core):
    from click.testing import CliRunner

    from hwgen.cli import application

    text = CliRunner().invoke(application, ["show", "core", "int-max"]).stdout
    assert "--width N" in text
    assert "the larger of two signed integers" in text.lower()
