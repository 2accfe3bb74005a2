"""The regression of ``lutnet``: both tiers, over networks of all kinds of layers."""

import json
import re
from itertools import product

import numpy as np
import pytest

from hwgen import catalogue, targets
from hwgen.errors import MismatchError
from hwgen.flow.emit import emit
from hwgen.flow.synthesise import synthesise
from hwgen.flow.verify import all_codes, verify
from hwgen.formats.lut_network import (
    Elements,
    LutNetwork,
    MatrixLayer,
    SumLayer,
    TableLayer,
    ThresholdLayer,
)
from hwgen.formats.lut_network_file import network_bytes
from hwgen.sim.case import Case
from hwgen.sim.compiled_tier import check_values
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("lutnet")

_DEFAULT = [
    {},
    {"net": "random/8x2/32,16,4/3", "freq": 150, "mapping": "depth"},
    {"net": "random/10x3/20,10/4", "target": "ultrascale_plus", "mapping": "case", "freq": 200},
]


def _thorough():
    yield {"net": "random/10x3/20,10/4", "target": "xilinx7", "mapping": "none"}
    yield {"net": "random/12x2/40,6/5", "lanes": 3, "freq": 60, "target": "ice40"}
    targets = ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus")
    for target, mapping in product(targets, ("area", "depth", "none", "case")):
        yield {"net": "random/9x2/30,20,5/7", "target": target, "mapping": mapping, "freq": 40}
    yield {"net": "random/64x8/1/1", "lanes": 1} | {"net": "random/64x6/8,3/1"}
    yield {"net": "random/1x1/1/1"}
    yield {"net": "random/300x1/400,200,100,10/2", "freq": 140}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}".replace("/", ":") for key, value in options.items()) or "plain"


def _check(options, folder, vectors=400, **more):
    result = verify(CORE, CORE.configure(options), folder=folder, vectors=vectors, seed=3, **more)
    assert result.exhaustive or result.matched >= vectors // 16
    return result


@pytest.mark.parametrize("options", GRID, ids=label)
def test_random_tables_equal_their_golden_model(options, tmp_path):
    result = _check(options, tmp_path)
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


def _write(folder, network):
    path = folder / "net.safetensors"
    path.write_bytes(network_bytes(network))
    return str(path)


def _classifier(seed, coding="thermometer", bits=4, signed=True, head="argmax"):
    """Return thresholds, tables, a sum or two, a matrix, thresholds again, tables."""
    rng = np.random.default_rng(seed)
    inputs = Elements(6, bits, signed)
    low, high = inputs.bounds
    first = ThresholdLayer(np.sort(rng.integers(low, high + 2, (6, 3)), axis=1), coding)
    given = first.elements(inputs)
    fan_in = 4 if given.bits == 1 else 3
    tables = rng.integers(0, 2, (24, 1 << fan_in * given.bits))
    second = TableLayer(rng.integers(0, given.count, (24, fan_in)), tables, 1)
    sums = SumLayer(rng.permutation(24), [0, 7, 8, 15, 24])
    matrix = MatrixLayer(rng.integers(-5, 6, (5, 4)), rng.integers(-9, 9, 5))
    low, high = matrix.elements(sums.elements(Elements(24, 1))).bounds
    again = ThresholdLayer(np.sort(rng.integers(low, high + 1, (5, 3)), axis=1), "binary")
    last = TableLayer(rng.integers(0, 5, (3, 2)), rng.integers(-4, 4, (3, 16)), 3, True)
    return LutNetwork(inputs, (first, second, sums, matrix, again, last), head)


def _layers():
    rng = np.random.default_rng(5)
    four = Elements(4, 3, True)
    yield (
        "wide thresholds",
        LutNetwork(
            Elements(2, 9, True), (ThresholdLayer([[-256, -7, 0, 255], [5, 5, 5, 250]]),), "none"
        ),
    )
    yield (
        "thresholds out of reach",
        LutNetwork(
            Elements(2, 4), (ThresholdLayer([[-5, 0, 99], [16, 17, 18]], "thermometer"),), "none"
        ),
    )
    yield "sums of signed elements", LutNetwork(four, (SumLayer([0, 1, 2, 3, 3, 0], [0, 1, 6]),))
    yield "a matrix", LutNetwork(four, (MatrixLayer([[1, -2, 3, 0], [0] * 4], [-7, 4]),), "none")
    yield "classes of equal elements", LutNetwork(Elements(7, 2), (SumLayer(range(7), range(8)),))
    yield (
        "constant tables",
        LutNetwork(four, (TableLayer([[0, 1]] * 3, [[1] * 64, [0] * 64, [3] * 64], 2),), "none"),
    )
    yield (
        "unread and equal tables",
        LutNetwork(
            four,
            (
                TableLayer([[0, 1], [2, 3], [0, 1]], rng.integers(0, 4, (2, 64))[[0, 1, 0]], 2),
                TableLayer([[0, 2], [2, 0]], rng.integers(0, 2, (2, 16)), 1),
            ),
            "none",
        ),
    )
    yield (
        "an input twice in one address",
        LutNetwork(four, (TableLayer([[2, 2, 1]], rng.integers(0, 8, (1, 512)), 3),), "none"),
    )
    yield "one class", LutNetwork(four, (SumLayer([1, 2], [0, 2]),))


@pytest.mark.parametrize(("network"), [pytest.param(n, id=i) for i, n in _layers()])
@pytest.mark.parametrize("freq", [None, 120])
def test_every_kind_of_layer_equals_its_golden_model(network, freq, tmp_path):
    result = _check({"net": _write(tmp_path, network), "freq": freq}, tmp_path, tier="compiled")
    assert result.exhaustive


def test_tables_of_many_bits_are_written_as_multiplexers_beside_cases(tmp_path):
    inputs = [[0, 1, 2], [2, 2, 2], [3, 0, 1], [3, 3, 3]]
    digits = np.arange(1 << 15)[:, None] >> np.array([0, 5, 10]) & 31
    weights = [[1, 1, 1], [1, 2, 0], [-1, 3, 2], [1, 0, 0]]
    tables = (np.array(weights) @ digits.T >= [[40], [37], [50], [9]]).astype(int)
    network = LutNetwork(Elements(4, 5), (TableLayer(inputs, tables, 1),), "none")
    options = {"net": _write(tmp_path, network), "mapping": "case"}
    _check(options, tmp_path, tier="compiled", vectors=4000)
    text = emit(CORE, CORE.configure(options), tmp_path / "emitted").verilog.read_text()
    assert text.count("endcase") == 2


def test_large_layers_are_left_to_synthesis_in_pieces(tmp_path, monkeypatch):
    from hwgen.cores.lutnet import lutnet

    monkeypatch.setattr(lutnet, "_MOST_IN_ONE", 100)
    monkeypatch.setattr(lutnet, "_PIECE", 60)
    options = {"net": "random/8x2/12,9,4/3", "mapping": "none", "freq": 60}
    _check(options, tmp_path, tier="compiled")
    emitted = emit(CORE, CORE.configure(options), tmp_path / "emitted")
    assert emitted.verilog.read_text().count("(* keep_hierarchy *)") > 3
    found = synthesise([emitted.verilog], emitted.module, "ecp5", tmp_path / "netlist")
    assert found.counts.lut > 100 and found.counts.other == 0


def _stored(head="none"):
    """Return two tables of ten bits of address and two of five, and tables of their bits."""
    rng = np.random.default_rng(11)
    first = TableLayer([[0, 1], [1, 0], [0, 0], [1, 1]], rng.integers(0, 8, (4, 1 << 10)), 3)
    second = TableLayer([[0, 1], [2, 3], [3, 0]], rng.integers(0, 4, (3, 64)), 2)
    return LutNetwork(Elements(2, 5), (first, second), head)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"block_tables": 2}, marks=pytest.mark.slow),
        {"block_tables": 1, "freq": 60, "mapping": "none"},
        pytest.param({"block_tables": "0/3,1/1"}, marks=pytest.mark.slow),
        pytest.param({"block_tables": 9, "lanes": 1, "target": "ice40"}, marks=pytest.mark.slow),
        pytest.param({"block_tables": 2, "target": "xilinx7"}, marks=pytest.mark.slow),
        pytest.param({"block_tables": 2, "freq": 80, "head": "argmax"}, marks=pytest.mark.slow),
    ],
    ids=label,
)
def test_tables_in_block_ram_equal_their_golden_model(options, tmp_path):
    head = options.get("head", "none")
    own = {key: value for key, value in options.items() if key != "head"}
    result = _check({"net": _write(tmp_path, _stored(head)), **own}, tmp_path)
    assert result.exhaustive or "lanes" in own


@pytest.mark.slow
def test_synthesis_makes_block_ram_of_stored_tables(tmp_path):
    net = _write(tmp_path, _stored())
    options = {"net": net, "block_tables": 2}
    result = _check(options, tmp_path, tier="compiled", post_synth=True)
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
    for target, cells in (("ecp5", 2), ("ice40", 2), ("xilinx7", 2)):
        emitted = emit(CORE, CORE.configure(options | {"target": target}), tmp_path / target)
        found = synthesise([emitted.verilog], emitted.module, target, tmp_path / f"{target}-s")
        assert found.counts.bram == cells


@pytest.mark.parametrize(
    ("address", "bits"),
    [(12, 8), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((13, 5), (14, 2)))],
)
def test_synthesis_makes_as_many_block_rams_as_the_fabric_says(address, bits, tmp_path):
    rng = np.random.default_rng(address)
    table = rng.integers(0, 1 << bits, (1, 1 << address))
    network = LutNetwork(
        Elements(address, 1), (TableLayer([list(range(address))], table, bits),), "none"
    )
    options = {"net": _write(tmp_path, network), "block_tables": "0/0"}
    emitted = emit(CORE, CORE.configure(options), tmp_path / "emitted")
    found = synthesise([emitted.verilog], emitted.module, "ecp5", tmp_path / "synthesised")
    assert found.counts.bram == targets.get("ecp5").block_rams(1 << address, bits)
    assert found.counts.lut <= 4


@pytest.mark.parametrize(
    ("seed", "options", "shape"),
    [
        (1, {"freq": 100}, {}),
        pytest.param(
            *(2, {"freq": 60, "lanes": 2, "target": "ice40"}),
            {"coding": "binary", "head": "none"},
            marks=pytest.mark.slow,
        ),
        *(
            pytest.param(
                seed,
                {"freq": 40 * (seed % 3) or None, "target": target, "lanes": seed % 3 + 1},
                {"coding": coding, "bits": seed % 4 + 3, "signed": bool(seed % 2)},
                marks=pytest.mark.slow,
            )
            for seed, (target, coding) in enumerate(
                product(("ecp5", "ice40", "xilinx7"), ("binary", "thermometer")), 3
            )
        ),
    ],
)
def test_layers_of_all_kinds_together_equal_their_golden_model(seed, options, shape, tmp_path):
    network = _classifier(seed, **shape)
    _check({"net": _write(tmp_path, network), **options}, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"net": "random/8x1/12,4/1", "freq": 100},
        pytest.param({"net": "random/8x1/12,4/1", "target": "xilinx7"}, marks=pytest.mark.slow),
        pytest.param({"net": "random/8x1/12,4/1", "target": "ice40"}, marks=pytest.mark.slow),
    ],
    ids=label,
)
def test_synthesised_tables_equal_their_golden_model(options, tmp_path):
    result = _check(options, tmp_path, tier="compiled", post_synth=True)
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def test_tokens_of_a_vector_that_is_not_complete_have_no_result():
    config = CORE.configure({"net": "random/8x2/12,4/1", "lanes": 4})
    whole = CORE.golden(config, {"i": {"x": np.arange(8).reshape(2, 4) % 4}})
    more = CORE.golden(config, {"i": {"x": np.arange(12).reshape(3, 4) % 4}})
    assert whole["o"]["y"].tolist() == more["o"]["y"].tolist()


@pytest.mark.parametrize("layer", [0, 1])
def test_a_wrong_table_is_noticed(layer, tmp_path):
    config = CORE.configure({"net": "random/8x1/12,4/1", "target": "generic"})
    emitted = emit(CORE, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    inputs = all_codes(interface)
    case = Case.from_values(interface, inputs, CORE.golden(config, inputs))
    text = emitted.verilog.read_text()
    tables = [match.start(1) for match in re.finditer(r"assign (n\d+) = \|\(", text)]
    place = tables[0] if layer == 0 else tables[-1]
    opening = text.index("|(", place)
    wrong = tmp_path / "wrong.v"
    for content, noticed in ((text, False), (f"{text[:opening]}~{text[opening:]}", True)):
        wrong.write_text(content)
        model = CompiledModel(wrong, interface, tmp_path / f"{noticed}", optimize=0)
        if noticed:
            with pytest.raises(MismatchError):
                check_values(model, case)
        else:
            check_values(model, case)
