"""Would the regression of ``mx-matmul`` notice? Faults planted in the emitted Verilog."""

import pytest
from mx_matmul_grid import label
from planted_faults import named_faults_unseen

from hwgen.sim.mutants import NamedFault

COMMON = [
    NamedFault("sign of a product swapped", r"row_0_element_1\w*element_sign\w*", "inv"),
    NamedFault("carry chain broken", r"row_1_element_0_U_\d+_propagate", "inv"),
    NamedFault(
        "operand not handed on to the right",
        r"row_0_(element_[01]_a|a_next_0|element_0_a_next)",
        "const0",
    ),
    NamedFault(
        "operand not handed on downwards",
        r"(row_[01]_)?(element_0_b|b_0|b_next_0|b|b_next)",
        "const0",
    ),
    NamedFault("operands not delayed", "b[01]_after_1", "inv"),
    NamedFault("result of an edge wrong", r"edge_0\w*rounded\w*", "inv"),
    NamedFault("array never stops", "enable", "const1"),
    NamedFault("result declared valid for no reason", "emits_after_1", "const1"),
    NamedFault("result lost", "emits_after_1", "const0"),
]

OUTPUT_STATIONARY = [
    NamedFault(
        "accumulator not cleared after a block", r"row_0_element_1_last_(code_at\d+|next)", "const0"
    ),
    NamedFault("end of a block not handed on", "last_0_after_1", "const0"),
    NamedFault("sums of a row lost", "drain_0_after_1", "const0"),
    NamedFault("scales of the wrong block", "start_after_2", "const0"),
    NamedFault("rows of a lane not counted", "row", "const0"),
    NamedFault("accumulators mixed up", "accumulator_number", "const0"),
    NamedFault("wrong scale chosen", r"edge_0_chosen_scale\w*", "inv"),
    NamedFault("block counter stuck", "beat", "const0"),
]

WEIGHT_STATIONARY = [
    NamedFault("weight not captured", "capture_1_after_1", "const0"),
    NamedFault(
        "weights not changed",
        r"row_0_(element_[01]_swap|swap_next_0|element_0_swap_next)",
        "const0",
    ),
    NamedFault("change of weights not handed on", "swap_0_after_1", "const0"),
    NamedFault("scales of weights not changed", "begins_after_2", "const0"),
    NamedFault("sum from above lost", "below_0", "const0"),
    NamedFault("results before the first weights", "loaded", "const1"),
    NamedFault("row counter stuck", "weight_row", "const0"),
]

SEVERAL_STATIONARY_BLOCKS = [
    NamedFault("rows of A added to each other", "accumulator_number", "const0"),
    NamedFault("accumulator used before it can serve again", "waits", "const0"),
    NamedFault("rows that a set served miscounted", "rows_served", "const1", bit=1),
    NamedFault("product begun on the one before", "block_first_after_1", "const0"),
    NamedFault("unfinished product sent", "block_last_after_1", "const1"),
]

FLOAT_SCALES = [
    NamedFault("low bits of a scaled sum wrong", r"edge_0_scaled_sum_low\w*", "inv"),
    NamedFault("sum not multiplied by a bit of the scales", "edge_0_scaled_sum_row", "const0"),
    NamedFault("partial product not added", r"edge_0_scaled_sum_row_at\w*", "const0"),
    NamedFault("NaN of a float scale not seen", "edge_0_scale_b_nan", "const0"),
]

CASES = [
    pytest.param(
        {"fmt": "mxfp4", "k": 4, "rows": 2, "columns": 2, "max_blocks": 3, "freq": 100},
        COMMON + OUTPUT_STATIONARY,
        marks=pytest.mark.slow,
    ),
    (
        {"fmt": "mxfp4", "k": 2, "columns": 2, "dataflow": "weight-stationary", "freq": 150},
        COMMON + WEIGHT_STATIONARY,
    ),
    pytest.param(
        {
            "fmt": "mxfp4",
            "k": 2,
            "columns": 2,
            "dataflow": "weight-stationary",
            "max_blocks": 3,
            "accumulators": 4,
            "freq": 100,
        },
        SEVERAL_STATIONARY_BLOCKS,
        marks=pytest.mark.slow,
    ),
    pytest.param(
        {"fmt": "nvfp4", "k": 2, "rows": 1, "columns": 2, "freq": 80, "dsp": "none"},
        FLOAT_SCALES,
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(
    ("options", "named"), CASES, ids=lambda each: label(each) if isinstance(each, dict) else ""
)
def test_every_named_fault_is_seen(options, named, tmp_path):
    assert named_faults_unseen("mx-matmul", options, named, tmp_path, 600) == []
