"""Packaged cores behind AXI4-Stream ports equal their golden models, and faults are noticed."""

import sys
from pathlib import Path

import pytest
from axis_runner import verify_wrapped

from hwgen import catalogue
from hwgen.errors import MismatchError

# the toy core of the packages' own tests
sys.path.append(str(Path(__file__).parents[1] / "tests" / "flow"))
import package_core

MARKED = {"fmt": "mxfp4", "k": 2, "max_blocks": 4, "out": "fp16", "target": "generic"}
CORES = [
    ("mx-dot", {"fmt": "mxfp8-e4m3", "k": 4, "freq": 100}),
    ("mx-dot", {"fmt": "mxint5/3", "max_blocks": 4, "lanes": 1, "out": "exact"}),
    ("mx-dot", MARKED),
    ("fixed-mac", {"freq": 150}),
    ("float-mul", {"fmt": "fp16", "freq": 100, "flags": True}),
    pytest.param("float-mul", {"fmt": "bf16", "rounding": "stochastic"}, marks=pytest.mark.slow),
    pytest.param("mx-quantise", {"fmt": "mxfp8-e4m3/8"}, marks=pytest.mark.slow),
    ("mx-matmul", {"fmt": "mxfp4/4", "rows": 2, "columns": 3, "out": "bf16"}),
]


def label(value):
    return value if isinstance(value, str) else "-".join(map(str, value.values())).replace("/", "x")


@pytest.mark.parametrize(("name", "options"), CORES, ids=label)
def test_wrapped_core_equals_its_golden_model(name, options, tmp_path):
    core = catalogue.get(name)
    config = core.configure({"target": "generic", **options})
    assert verify_wrapped(core, config, tmp_path, vectors=600, seed=3).vectors >= 50


def test_every_stream_of_a_core_has_its_own_interface_and_pauses(tmp_path):
    assert verify_wrapped(package_core.CORE, package_core.JoinConfig(), tmp_path).vectors == 200


@pytest.mark.parametrize(
    ("sound", "broken", "words"),
    [
        pytest.param(
            "tdata = o__payload",
            "tdata = {o__payload[7:0], o__payload[15:8]}",
            "results_at_full_speed",
            id="bytes swapped",
        ),
        pytest.param(
            "{s_axis_tlast, s_axis_tdata[32:0]}",
            "s_axis_tdata[33:0]",
            "results_at_full_speed",
            id="last mark from the payload",
        ),
        pytest.param(
            ".rst(!aresetn)", ".rst(1'b0)", "results_after_a_reset_in_the_middle", id="no reset"
        ),
        pytest.param(
            ".o__ready(m_axis_tready)",
            ".o__ready(1'b1)",
            "results_with_random_pauses",
            id="ready ignored",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ".i__valid(s_axis_tvalid)",
            ".i__valid(1'b1)",
            "results_with_random_pauses",
            id="valid ignored",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_regression_notices_a_fault_in_the_wrapper(sound, broken, words, tmp_path):
    core = catalogue.get("mx-dot")
    config = core.configure(MARKED)
    with pytest.raises(MismatchError, match=words):
        verify_wrapped(core, config, tmp_path, fault=(sound, broken))
