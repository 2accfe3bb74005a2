"""Tables in block RAM, as the facts of a pruned network name them: counted apart, and built so."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer
from hwgen.formats.lut_network_file import network_bytes

ADDRESS = 10


def write(name, names="0/0,0/2", **others):
    """Write four random tables of 10 bits of address and 2 bits; return the network."""
    random = np.random.default_rng(1)
    inputs = np.stack([random.permutation(16)[:ADDRESS] for _ in range(4)])
    entries = random.integers(0, 4, (4, 1 << ADDRESS))
    network = LutNetwork(
        Elements(16, 1), (TableLayer(inputs, entries, 2), SumLayer(range(4), [0, 2, 4]))
    )
    facts = {"pruned": {"block_tables": names, "target": "ecp5"} | others} if names else {}
    Path(name).write_bytes(network_bytes(network, facts))
    return network


def reported(hwgen, line):
    return json.loads(hwgen(f"lutnet report {line} --json").stdout)


def test_a_report_counts_tables_in_block_ram_apart(hwgen):
    write("all.safetensors", names=None)
    write("some.safetensors")
    whole, found = (reported(hwgen, f"{name}.safetensors") for name in ("all", "some"))
    # 16 leaves of six inputs and 5 multiplexers of four, two bits each
    table = 2 * (16 + 5)
    assert whole["layers"][0]["luts"] == 4 * table and whole["estimated_block_rams"] == 0
    assert found["layers"][0]["luts"] == 2 * table
    assert whole["estimated_lut6"] - found["estimated_lut6"] == 2 * table
    assert (found["layers"][0]["stored"], found["estimated_block_rams"]) == (2, 2)
    assert (found["block_tables"], found["block_ram_target"]) == ("0/0,0/2", "ecp5")
    text = hwgen("lutnet report some.safetensors --report r.html").stdout
    assert "block RAMs: 2 of ecp5, for tables 0/0,0/2" in text
    assert "in RAM" in text.splitlines()[2] and "in RAM" in Path("r.html").read_text()
    assert "RAM" not in hwgen("lutnet report all.safetensors").stdout


def test_a_table_that_nothing_reads_takes_no_block_ram(hwgen):
    random = np.random.default_rng(2)
    first = TableLayer(
        np.stack([np.arange(ADDRESS)] * 2), random.integers(0, 2, (2, 1 << ADDRESS)), 1
    )
    network = LutNetwork(Elements(ADDRESS, 1), (first, TableLayer([[0]], [[0, 1]], 1)), "none")
    facts = {"pruned": {"block_tables": "0/0,0/1", "target": "ecp5"}}
    Path("dead.safetensors").write_bytes(network_bytes(network, facts))
    found = reported(hwgen, "dead.safetensors")
    assert (found["block_tables"], found["estimated_block_rams"]) == ("0/0", 1)
    assert found["estimated_lut6"] == 0


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        ("", "0/0,0/2"),
        ("--block-tables 0/1", "0/1"),
        ("--block-tables 0", 0),
        ("request.yaml", "0/3"),
        ("request.yaml --block-tables 0/1", "0/1"),
    ],
)
def test_compile_takes_the_tables_that_pruning_chose_unless_told_others(
    fails, monkeypatch, line, chosen
):
    from hwgen.errors import HwgenError
    from hwgen.flow import build

    def told(core, config, *_, **__):
        raise HwgenError(f"{config.block_tables!r} it is")

    monkeypatch.setattr(build, "build", told)
    write("some.safetensors")
    Path("request.yaml").write_text("core: lutnet\nblock_tables: 0/3\n")
    assert fails(f"lutnet compile some.safetensors {line}", 1) == f"{chosen!r} it is"


def test_compile_makes_block_ram_of_the_tables_that_pruning_chose(hwgen):
    write("some.safetensors")
    line = "lutnet compile some.safetensors --target xilinx7 --vectors 20 -o out --json"
    rows = json.loads(hwgen(line).stdout)["rows"]
    assert {row["resource"]: row["used"] for row in rows}["BRAM"] == 2


@pytest.mark.slow
def test_measuring_and_evaluating_take_the_same_circuit(hwgen):
    from hwgen.golden.lutnet import classes_of
    from hwgen.lutnet.circuit import classes_by_circuit

    network = write("some.safetensors")
    text = hwgen("lutnet report some.safetensors --measure ultrascale_plus").stdout
    heads, _, figures = (each.split() for each in text.splitlines()[-3:])
    assert (heads[-1], figures[-1]) == ("BRAM", "2")
    vectors = np.random.default_rng(3).integers(0, 2, (200, 16))
    right = classes_of(network, vectors)
    answers = classes_by_circuit("some.safetensors", vectors, netlist=True)
    assert (answers == right).all()


@pytest.mark.parametrize(
    ("names", "others", "message"),
    [
        ("0/9", {}, "block_tables must name tables 0 to 3 of layer 0, not '0/9'"),
        ("1/0", {}, "block_tables must name layers of tables (0), not layer 1 in '1/0'"),
        ("3", {}, "facts must name tables in block RAM, not '3'"),
        ("0/x", {}, "must be a number of tables, or the tables as LAYER/TABLE"),
        ("0/1", {"target": "generic"}, "tables in block RAM must not be for generic"),
        ("0/1", {"target": "ecp6"}, "not 'ecp6'"),
    ],
)
def test_facts_that_make_no_sense_are_refused_in_one_line(fails, names, others, message):
    write("bad.safetensors", names, **others)
    assert message in fails("lutnet report bad.safetensors", 2)


def test_a_file_that_is_no_network_is_refused_by_the_core(fails):
    Path("bad.safetensors").write_text("no network")
    assert "must be a safetensors file" in fails("lutnet compile bad.safetensors", 2)
