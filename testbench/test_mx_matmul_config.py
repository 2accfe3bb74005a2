"""What ``mx-matmul`` accepts, what it decides itself, and that its elements stand once."""

import re

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError
from hwgen.flow.emit import emit_verilog
from hwgen.flow.run import run

CORE = catalogue.get("mx-matmul")
STATIONARY = "weight-stationary"


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"fmt": "mxfp4"}, (8, 8, 2, 16)),
        ({"fmt": "mxfp4", "k": 4}, (8, 4, 8, 16)),
        ({"fmt": "mxfp4", "rows": 4, "columns": 4}, (4, 4, 1, 16)),
        ({"fmt": "mxfp4", "rows": 32, "columns": 32}, (32, 32, 32, 16)),
        ({"fmt": "mxfp4", "dataflow": STATIONARY}, (32, 8, 8, 1)),
        ({"fmt": "mxfp4", "k": 4, "columns": 3, "dataflow": STATIONARY}, (4, 3, 3, 1)),
    ],
)
def test_what_is_left_open_follows_from_the_rest(options, shape):
    config = CORE.configure(options)
    assert (config.rows, config.columns, config.lanes, config.max_blocks) == shape


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataflow": STATIONARY, "rows": 8}, r"rows must be k = 32 where .*, not 8"),
        ({"dataflow": STATIONARY, "accumulators": 2}, r"accumulators must be 1, .*, not 2"),
        ({"accumulators": 16}, r"accumulators must be 32, rows \* columns / lanes .*, not 16"),
        ({"dataflow": STATIONARY, "lanes": 4}, r"lanes must be columns = 8 where .*, not 4"),
        ({"k": 4, "columns": 5}, r"columns must be at most k = 4 where .*, not 5"),
        ({"rows": 8, "lanes": 3}, r"lanes must divide rows = 8, not 3"),
        ({"rows": 8, "columns": 32, "lanes": 4}, r"lanes must be at least 8 to keep up .*, not 4"),
        ({"fmt_a": "mxfp4/16"}, r"fmt_a and fmt_b must have equal block sizes, not 16 and 32"),
        ({"fmt": "block-e2m1-int8"}, r"fmt_a must have an e8m0 scale or a float .*, not"),
        ({"accumulator_width": 8}, r"accumulator_width must be at least \d+ .*, not 8"),
        ({"dataflow": "systolic"}, r"dataflow must be .*, not 'systolic'"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(options, message):
    with pytest.raises(UsageError, match=message):
        CORE.configure(options)


@pytest.mark.parametrize("dataflow", ["output-stationary", STATIONARY])
def test_element_row_and_edge_are_emitted_once(dataflow):
    options = {"fmt": "mxfp4", "k": 4, "rows": 4, "columns": 3, "dataflow": dataflow}
    config = CORE.configure(options)
    text = emit_verilog(CORE.component(config), module_name="mx_matmul")
    modules = re.findall(r"^module (mx_matmul\w*)\(", text, flags=re.MULTILINE)
    names = ["mx_matmul", "mx_matmul_row", "mx_matmul_element", "mx_matmul_edge"]
    assert modules == names
    instances = [len(re.findall(rf"^  {name}\s+\w+\s*\(", text, re.MULTILINE)) for name in names]
    assert instances == [0, config.rows, config.columns, config.lanes]


@pytest.mark.parametrize(
    ("options", "accumulators"),
    [
        ({}, 32),
        ({"rows": 4, "columns": 4, "lanes": 4}, 4),
        ({"dataflow": STATIONARY}, 1),
        ({"dataflow": STATIONARY, "max_blocks": 2}, 32),
        ({"dataflow": STATIONARY, "max_blocks": 2, "accumulators": 100}, 100),
    ],
)
def test_accumulators_are_those_of_results_that_take_turns(options, accumulators):
    config = CORE.configure(options)
    assert config.accumulators == accumulators
    again = {"accumulators": config.accumulators, **options}
    assert CORE.configure(again) == config


@pytest.mark.slow
@pytest.mark.parametrize("dataflow", ["output-stationary", STATIONARY])
def test_a_simulated_board_answers_as_the_golden_model(dataflow):
    options = {"fmt": "mxfp4", "k": 4, "rows": 4, "columns": 2, "dataflow": dataflow}
    result = run(CORE, CORE.configure({**options, "freq": 25}), "sim", 100, 1)
    assert result.matched > 100
