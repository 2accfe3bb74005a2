"""A fabric is one file: found by its place, complete in itself, enough to build and verify for."""

import re
import sys
from pathlib import Path

import pytest
from hwgen.cores.arith.libraries import libraries_of

from hwgen import catalogue, targets
from hwgen.errors import UsageError
from hwgen.flow.cells import Counts
from hwgen.flow.verify import verify
from hwgen.sim.toolchain import yosys_share

PAGE = Path(__file__).parents[2] / "docs" / "how-to-add-a-fabric.md"
RECORD = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL).group(1)


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The fabric of the how-to, as a file of the package."""
    (tmp_path / "littlebee.py").write_text(RECORD)
    monkeypatch.setattr(targets, "__path__", [*targets.__path__, str(tmp_path)])
    targets._fabrics.cache_clear()
    yield "littlebee"
    sys.modules.pop("hwgen.targets.littlebee", None)
    monkeypatch.undo()
    targets._fabrics.cache_clear()


def test_the_file_of_the_how_to_is_found_without_a_list(added):
    assert added in targets.names()
    with pytest.raises(UsageError, match=r"target must be one of .*did you mean 'littlebee'"):
        targets.get("littlebe")


def test_a_core_is_verified_on_the_fabric_of_the_how_to(added, tmp_path):
    core = catalogue.get("mx-dot")
    config = core.configure({"fmt": "mxfp4/2", "out": "exact", "target": added, "freq": 50})
    result = verify(core, config, folder=tmp_path, vectors=200, tier="compiled", post_synth=True)
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.parametrize("name", targets.names())
def test_a_record_names_what_exists(name):
    fabric = targets.get(name)
    kinds = {kind for kind, _ in fabric.synthesis.cells}
    assert {"lut", "ff"} <= kinds <= set(Counts().as_dict())
    assert all(path.exists() for path in libraries_of(fabric))
    if fabric.synthesis.models:
        assert (yosys_share() / fabric.synthesis.models / "cells_sim.v").exists()


@pytest.mark.parametrize("name", targets.names())
def test_delays_are_positive_and_have_a_source(name):
    fabric = targets.get(name)
    delays = {key: value for key, value in vars(fabric).items() if key.endswith("_delay")}
    # a part of other delays, where nothing was measured to tell them apart
    optional = {"carry_exit_delay", "reset_delay", "spread_delay", "block_read_delay"}
    if fabric.multiplier_module is None:
        optional |= {"multiplier_output_delay", "multiplier_capture_delay"}
    if all(each.read_delay != "none" for each in fabric.memories):
        optional |= {"memory_delay"}
    if not fabric.multiplier_inner_delay:
        optional |= {"multiplier_input_delay", "multiplier_inner_delay"}
    assert {key for key, value in delays.items() if not value > 0} <= optional
    assert len(fabric.source) > 10


@pytest.mark.parametrize("name", targets.names())
def test_every_shape_of_a_memory_fits_into_the_cell(name):
    for memory in targets.get(name).memories:
        assert all(words * width <= memory.bits for words, width in memory.shapes)
        assert max(words * width for words, width in memory.shapes) >= memory.bits * 8 / 9
        assert memory.read_delay in ("none", "clock")


@pytest.mark.parametrize("name", targets.names())
def test_a_memory_is_slower_the_deeper_and_the_wider_it_is(name):
    fabric = targets.get(name)
    shallow, deep, wide = (fabric.read_delay(*size) for size in ((8, 8), (256, 8), (8, 128)))
    assert 0 <= shallow < min(deep, wide)


@pytest.mark.parametrize(
    ("name", "words", "bits", "cells"),
    [
        ("ecp5", 1024, 18, 1),
        ("ecp5", 4096, 5, 2),
        ("ecp5", 16384, 2, 2),
        ("ecp5", 32768, 1, 2),
        ("ecp5", 100, 36, 1),
        ("ice40", 1024, 5, 2),
        ("ice40", 4096, 2, 2),
        ("xilinx7", 8192, 2, 1),
        ("ultrascale_plus", 4096, 4, 1),
        ("generic", 1024, 1, None),
    ],
)
def test_a_block_memory_takes_so_many_cells(name, words, bits, cells):
    assert targets.get(name).block_rams(words, bits) == cells
