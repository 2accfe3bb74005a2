"""The regression of ``integer-function``: every function, lanes, fabrics, and all leading bits."""

import json

import numpy as np
import pytest
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("integer-function")
ONE = 1 << 16
FUNCTIONS = (
    *("exp", "reciprocal", "reciprocal-root", "logistic"),
    *("silu", "gelu", "gelu-tanh", "squared-relu"),
)
_DEFAULT = [
    {"function": "exp", "freq": 80},
    {"function": "reciprocal-root", "freq": 70},
    {"function": "silu"},
    {"function": "gelu", "target": "ultrascale_plus", "freq": 120},
]
_THOROUGH = [
    {"function": "squared-relu", "lanes": 2, "target": "ice40"},
    {"function": "gelu-tanh", "freq": 70},
    {"function": "logistic", "freq": 70},
    {"function": "reciprocal", "freq": 100},
    *({"function": name, "target": "generic"} for name in FUNCTIONS),
    *({"function": name, "target": "ice40", "freq": 20} for name in FUNCTIONS),
    *({"function": name, "lanes": 8, "freq": 60} for name in FUNCTIONS),
]
GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _THOROUGH)]


def label(options):
    return "-".join(str(each) for each in options.values())


@pytest.mark.parametrize("options", GRID, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=400, seed=7)
    assert result.matched >= 400
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


def test_synthesised_core_equals_its_golden_model(tmp_path):
    config = CORE.configure({"function": "reciprocal-root", "freq": 60})
    result = verify(
        CORE, config, folder=tmp_path, vectors=2000, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def values_that_matter(function):
    """Return values of every entry and place of the function's tables.

    Of the reciprocals all that lead to different significands; every value between -16 and 16, or
    between -16 and 0, of the others.
    """
    if function == "reciprocal":
        return np.arange(1 << 19, 1 << 20) << 11
    if function == "reciprocal-root":
        return np.r_[np.arange(1 << 16, 1 << 17) << 14, np.arange(1 << 17, 1 << 18) << 12]
    return np.arange(-16 * ONE - 1, 2 if function == "exp" else 16 * ONE + 2)


# one function is tried by default, at every value
@pytest.mark.parametrize(
    "function",
    ["exp", *(pytest.param(each, marks=pytest.mark.slow) for each in FUNCTIONS if each != "exp")],
)
def test_every_value_that_matters_is_that_of_the_golden_model(function, tmp_path):
    config = CORE.configure({"function": function, "freq": 60})
    emitted = emit(CORE, config, tmp_path)
    model = CompiledModel(emitted.verilog, json.loads(emitted.interface.read_text()), tmp_path)
    codes = (values_that_matter(function) & (1 << 32) - 1).astype(np.uint64)
    inputs = {"i": {"value": codes}}
    words = model.run({"i": payload.pack(model.inputs[0], inputs["i"])}).outputs["o"]
    found = payload.unpack(model.outputs[0], words)
    for name, wanted in CORE.golden(config, inputs)["o"].items():
        assert (found[name] == wanted).all()


_PLAIN = {"target": "generic", "freq": 60}
_STREAM = [
    NamedFault("result declared valid for no reason", "valid_1", "const1"),
    NamedFault("result lost", "valid_1", "const0"),
]
FAULTS = {
    "silu": [
        NamedFault("values beyond the table read within it", "logistic_magnitude", "const0", 20),
        NamedFault("lines begin at a wrong entry", "logistic_power_start_0", "inv"),
        NamedFault("step of a line wrong", "logistic_power_step_2", "inv"),
        NamedFault("entry of the reciprocal wrong", "logistic_reciprocal_start_1", "inv"),
        NamedFault("result wrong by one unit", "silu_rounded", "inv", 0),
        *_STREAM,
    ],
    "reciprocal": [
        NamedFault("lowest bit of the value lost", "positive", "const0", 0),
        NamedFault("sixteen places forgotten", "reciprocal_has_16_zeros", "const0"),
        NamedFault("last place forgotten", "reciprocal_has_1_zeros", "const0"),
        NamedFault("shift wrong", "reciprocal_shift", "inv", 5),
        NamedFault("step of a line wrong", "reciprocal_step_0", "inv"),
        *_STREAM,
    ],
    "reciprocal-root": [
        NamedFault("last pair of places forgotten", "root_has_2_zeros", "const0"),
        NamedFault("first guess wrong", "root_start_9", "inv"),
        NamedFault("residue wrong", "root_residue", "inv", 1),
        NamedFault("shift wrong", "root_shift", "inv", 3),
        *_STREAM,
    ],
    "squared-relu": [
        NamedFault("lowest bit of the value lost", "positive", "const0", 0),
        NamedFault("square wrong", "square_sum", "inv", 0),
        NamedFault("limit not noticed", "square_sum", "const0", 40),
    ],
}


@pytest.mark.parametrize(
    "function",
    ["silu", *(pytest.param(each, marks=pytest.mark.slow) for each in FAULTS if each != "silu")],
)
def test_every_named_fault_is_seen(function, tmp_path):
    options = {"function": function, **_PLAIN}
    assert named_faults_unseen("integer-function", options, FAULTS[function], tmp_path, 1000) == []
