"""All pairs of narrow elements in every lane, and all pairs of scales, on the compiled model."""

import json

import pytest
from mx_dot_grid import label
from mx_dot_vectors import all_element_pairs, all_scale_pairs

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.sim.case import Case
from hwgen.sim.compiled_tier import check_values
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("mx-dot")

CONFIGS = [
    {"fmt": "mxfp4", "k": 8},
    {"fmt": "mxfp6-e2m3", "k": 8},
    {"fmt": "mxfp6-e3m2", "k": 8},
    {"fmt_a": "mxfp4", "fmt_b": "mxfp6-e3m2", "k": 4, "out": "exact"},
    pytest.param({"fmt": "mxfp8-e4m3", "k": 2}, marks=pytest.mark.slow),
    pytest.param({"fmt": "mxfp8-e5m2", "k": 2, "out": "bf16"}, marks=pytest.mark.slow),
    pytest.param({"fmt": "mxint8", "k": 4, "freq": 100}, marks=pytest.mark.slow),
    pytest.param({"fmt": "mxfp6-e3m2"}, marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=CONFIGS, ids=label)
def circuit(request, tmp_path_factory):
    """Return a function that compares the circuit with its golden model for given operands."""
    folder = tmp_path_factory.mktemp("circuit")
    config = CORE.configure(request.param)
    emitted = emit(CORE, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=1)

    def check(values):
        case = Case.from_values(interface, values, CORE.golden(config, values))
        check_values(model, case)
        return case.results

    check.config = config
    return check


def test_all_pairs_of_elements_in_every_lane(circuit):
    config = circuit.config
    pairs = 1 << config.fmt_a.element.width + config.fmt_b.element.width
    for lane in range(config.lanes):
        assert circuit(all_element_pairs(config, lane)) == pairs


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_of_scales(circuit, seed):
    assert circuit(all_scale_pairs(circuit.config, seed)) == 65536


def test_the_corners_of_the_catalogue_and_many_random_blocks(circuit):
    circuit(CORE.vectors(circuit.config, 40_000, 5))


def test_every_input_of_the_smallest_block(tmp_path):
    config = CORE.configure({"fmt": "mxfp4", "k": 1, "out": "bf16"})
    emitted = emit(CORE, config, tmp_path)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, tmp_path)
    for elements in range(256):
        values = all_scale_pairs(config)
        values["i"]["a"][:] = elements & 15
        values["i"]["b"][:] = elements >> 4
        case = Case.from_values(interface, values, CORE.golden(config, values))
        check_values(model, case, tier=f"elements {elements:#04x}")
