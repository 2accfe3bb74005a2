"""Would the regressions of the low-bit cores notice? Faults planted in the emitted Verilog."""

import pytest
from planted_faults import named_faults_unseen, random_faults_unexplained

from hwgen.sim.mutants import NamedFault

OPTIONS = {
    "lut-gemm": {
        **{"columns": 16, "lanes": 8, "rows": 3, "bits": 2, "fmt": "int4", "target": "generic"}
    },
    "ternary-matvec": {"columns": 128, "rows": 2, "lanes": 16, "target": "generic"},
    "codebook-dot": {
        **{"weights": "bitmod-fp4", "architecture": "serial", "group": 16, "lanes": 4},
        **{"max_groups": 3, "target": "generic"},
    },
    "codebook-dot-floats": {
        **{"weights": "bitmod-fp4", "fmt": "fp16", "architecture": "serial", "group": 16},
        **{"lanes": 4, "max_groups": 3, "out": "fp16", "target": "generic"},
    },
    "bitmod-array": {
        **{"rows": 2, "columns": 2, "group": 16, "groups": 2, "tiles": 2, "target": "generic"}
    },
    "absmax-quantise": {"columns": 8, "lanes": 2, "fmt": "int8", "target": "generic"},
    "f2f-decode": {"inputs": 3, "outputs": 7, "corrections": True, "target": "generic"},
    "trit-decode": {"entries": 16, "longest": 2, "target": "generic"},
    "trit-decode-lanes": {"entries": 16, "longest": 3, "lanes": 4, "target": "generic"},
    "lut-gemm-eight": {
        **{"columns": 16, "lanes": 16, "rows": 3, "bits": 1, "fmt": "int4", "target": "generic"},
        "table_inputs": 8,
    },
    "lutnet": {"net": "random/8x2/12,4/1", "lanes": 4, "target": "generic", "freq": 250},
    "bitserial-matmul": {
        **{"rows": 4, "columns": 2, "words": 2, "k": 6, "buffer": 9, "max_bits": 3},
        "target": "generic",
    },
}
# further configurations of a core
CORES = {
    **{"trit-decode-lanes": "trit-decode", "lut-gemm-eight": "lut-gemm"},
    "codebook-dot-floats": "codebook-dot",
}
_RESULT = [
    NamedFault("result declared valid for no reason", "valid_1", "const1"),
    NamedFault("result lost", "valid_1", "const0"),
]
QUICK = ("lutnet", "lut-gemm", "codebook-dot", "bitserial-matmul", "trit-decode")
NAMED = {
    "lutnet": [
        NamedFault("tokens not counted", "beat", "const0"),
        NamedFault("elements of earlier tokens lost", "recent_elements", "const0"),
        NamedFault("comparison turned round", "later_is_greater", "inv", 2),
        NamedFault("greater element not handed on", "greater", "const0"),
        NamedFault("number of the class wrong", r"number_\d+", "inv"),
        *_RESULT,
    ],
    "lut-gemm": [
        NamedFault("entry of a table wrong", "entry_0", "inv"),
        NamedFault("tables not waited for", "tables_unfinished", "const0"),
        NamedFault("one bank of tables for all tiles", "use_bank", "const0"),
        NamedFault("tiles filled into one bank", "load_bank", "const0"),
        NamedFault("elements taken while two tiles are held", "both_tiles_held", "const0"),
        NamedFault("row sum never begun anew", "first", "const0"),
        NamedFault("row sum forgotten", "first", "const1"),
        NamedFault("bias in every plane", "first_plane", "const1"),
        NamedFault("bias left out", "first_plane", "const0"),
        NamedFault("last element missed", "last_element", "const0"),
        NamedFault("result in every plane", "last", "const1"),
        NamedFault("tokens without weights computed", "computing", "const1"),
    ],
    "ternary-matvec": [
        NamedFault("sum never begun anew", r"first_beat_at1\w*", "const0"),
        NamedFault("lanes' sum wrong", r"lanes_3", "inv"),
        NamedFault("subtraction without the one", r"lanes_3_differ", "inv"),
        NamedFault("vector completed too early", "complete", "const1"),
        NamedFault("elements taken from every token", "takes", "const1"),
        NamedFault("one bank for both vectors", "using", "const0"),
        NamedFault("row never complete", "row_complete", "const0"),
        NamedFault("vector never dropped", "vector_done", "const0"),
        NamedFault("weights used without a vector", r"works_at1\w*", "const1"),
        *_RESULT,
    ],
    "codebook-dot": [
        NamedFault("step never ends", "step", "const0"),
        NamedFault("token taken after its first step", "step", "const1"),
        NamedFault("group sum never begun anew", "group_begins", "const0"),
        NamedFault("group sum forgotten", "group_begins", "const1"),
        NamedFault("row sum never begun anew", "keep_row", "const1"),
        NamedFault("row sum forgotten", "keep_row", "const0"),
        NamedFault("scale of every token taken", "scale_begins", "const1"),
        NamedFault("scale never taken", "scale_begins", "const0"),
        NamedFault("result of every group", r"row_ends\w*", "const1"),
        NamedFault("subtraction without the one", "lanes_1_differ", "inv"),
        NamedFault("special value of another size", "special_shift_1", "const0"),
        # a token that is in its second step is valid: that it is said for no reason does no harm
        NamedFault("result lost", "valid_1", "const0"),
    ],
    "codebook-dot-floats": [
        NamedFault("the same lanes in every step", "step", "const0"),
        NamedFault("subnormal number read as a normal one", "lane0_normal", "const1"),
        NamedFault("weight's power of two left out", "power_1", "const0"),
        NamedFault("special value of another size", "special_power_0", "inv"),
        NamedFault("exponents added wrongly", "lane1_exponent_sum", "inv", 4),
        NamedFault("product in two places", "lane0_placed_8_is_0", "const1"),
        NamedFault("product by an odd number wrong", "lane0_product_0_differ", "inv"),
        NamedFault("subtraction without the one", "lanes_0_differ", "inv"),
        NamedFault("infinity read as a number", "lane0_infinite", "const0"),
        NamedFault("sign of an infinity lost", "lane1_minus_inf", "const0"),
        NamedFault("NaN read as a number", "lane1_nan", "const0"),
        NamedFault("infinity times a scale of zero", "scale_is_zero", "const0"),
        NamedFault("infinity for a scale of zero", "scale_is_zero", "const1"),
        NamedFault("NaN forgotten within a group", "sum_nan_held", "const0"),
        NamedFault("infinity forgotten within a group", "sum_positive_held", "const0"),
        NamedFault("NaN kept for good", "group_nan", "const1"),
        NamedFault("infinities of both signs", "sum_is_nan", "const0"),
        NamedFault("negative sum less by one", "negation_carry", "inv"),
        NamedFault("ties not told from what is above them", "sticky", "const0"),
        NamedFault("group sum never begun anew", "group_begins", "const0"),
        NamedFault("row sum never begun anew", "keep_row", "const1"),
        NamedFault("scale of every token taken", "scale_begins", "const1"),
        NamedFault("result of every group", r"row_ends\w*", "const1"),
        NamedFault("result lost", "valid_1", "const0"),
    ],
    "bitmod-array": [
        NamedFault("step never ends", "step", "const0"),
        NamedFault("vectors completed too early", "complete", "const1"),
        NamedFault("elements taken from every token", "takes", "const1"),
        NamedFault("one bank for both sets of vectors", "using", "const0"),
        NamedFault("vectors never dropped", "vector_done", "const0"),
        NamedFault("group sum never begun anew", "group_begins", "const0"),
        NamedFault("group sum forgotten", "group_begins", "const1"),
        NamedFault("row sum never begun anew", "first_group", "const0"),
        NamedFault("row sum forgotten", "first_group", "const1"),
        NamedFault("result of every group", "row_ends", "const1"),
        NamedFault("weights used without vectors", r"works_at1\w*", "const1"),
        *_RESULT,
    ],
    "absmax-quantise": [
        NamedFault("tie not to even", r"lane1_low\w*", "const1"),
        NamedFault("digit wrong", r"lane0_step\w*", "inv", 3),
        NamedFault("largest of the beats forgotten", "key_so_far", "const0"),
        NamedFault("negative magnitude one too small", r"largest_magnitude\w*", "inv", 0),
        NamedFault("lowest bit of the divisor lost", "absmax", "const0", 0),
        NamedFault("beats read from one place", r"read__addr\w*", "const0", 0),
        NamedFault("vector complete too early", "vector_complete", "const1"),
        NamedFault("vector never complete", "vector_complete", "const0"),
    ],
    "f2f-decode": [
        NamedFault("parity wrong", "parity_3", "inv"),
        NamedFault("history does not move", "code_enters", "const0"),
        NamedFault("corrections enter the history", "code_enters", "const1"),
        NamedFault("corrections lost", "toggled", "const0", 2),
        NamedFault("word for a correction", r"is_code\w*", "const1"),
        *_RESULT,
    ],
    "trit-decode": [
        NamedFault("entry bit lost", "entry", "const0", 3),
        NamedFault("loading gives an output", r"reads\w*", "const1"),
        *_RESULT,
    ],
    "trit-decode-lanes": [
        NamedFault("loading moves the ring", "stores", "const1"),
        NamedFault("place does not move", "place", "const0", 1),
        NamedFault("row not moved on beyond the end", r"row_0", "inv", 0),
        NamedFault("words never read on", "words_read", "const0", 0),
        NamedFault("word given too early", "word_complete", "const1"),
        NamedFault("ring overfilled", "paused", "const0"),
    ],
    "lut-gemm-eight": [
        NamedFault("entry of a table wrong", r"write__data\w*", "inv", 0),
        NamedFault("sign changes the wrong way", "less", "inv"),
        NamedFault("another column changes", "column", "inv", 1),
        NamedFault("first entry begun with the last one", r"entry_begins\w*", "const0"),
        NamedFault("entry at another place", "entry_address", "inv", 3),
        NamedFault("one bank filled", "bank", "const0"),
        NamedFault("tables not waited for", "tables_unfinished", "const0"),
        NamedFault("one bank of tables for all tiles", "use_bank", "const0"),
    ],
    "bitserial-matmul": [
        NamedFault("sum not doubled on a new diagonal", "schedule_pair_first", "const0"),
        NamedFault("sum doubled within a diagonal", "schedule_pair_first", "const1"),
        NamedFault("sign of the highest planes lost", "schedule_negate", "const0"),
        NamedFault("bipolar bits multiplied as integers", "schedule_exclusive", "const0"),
        NamedFault("diagonals left too early", "schedule_stays_on_diagonal", "const0"),
        NamedFault("diagonals walked in one direction", "schedule_pair_rising", "const0"),
        NamedFault("planes of a tile not counted", "fetch_fetched_plane", "const0", 0),
        NamedFault("groups of rows written to one place", "write_enables_left", "const1", 0),
        NamedFault("address of the highest plane lost", "fetch_top_left", "const0", 1),
        NamedFault("one half of the left buffers for all", "fetch_half_left", "const0"),
        NamedFault("one half of the right buffers for all", "fetch_half_right", "const0"),
        NamedFault("left tile overwritten in use", "fetch_left_tiles_held", "const0", 1),
        NamedFault("right tile overwritten in use", "fetch_right_tiles_held", "const0", 1),
        NamedFault("right tile dropped after one left tile", "fetch_tile_releases", "const1"),
        NamedFault("right tile never dropped", "fetch_tile_releases", "const0"),
        NamedFault("facts of the wrong tile", "fetch_tile_read", "const0"),
        NamedFault("sums completed without room for them", "queue_may_end", "const1"),
        NamedFault("rows lost", "rows_left", "const0", 1),
        NamedFault("last words of a tile not told", "schedule_words_last", "const0"),
        NamedFault("sum of a unit wrong", r"unit_1_1_total", "inv", 0),
        NamedFault("bipolar sums not doubled", "correction_twice", "const0"),
        NamedFault("integers corrected", "correction_twice", "const1"),
        NamedFault("references added", "correction_subtracts", "const0"),
        NamedFault("padding counted", "correction_ones_padding", "const0", 0),
        NamedFault("ones of the tile before", "correction_ones_so_far", "inv", 0),
    ],
}


@pytest.mark.parametrize(
    "name",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in NAMED],
)
def test_every_named_fault_is_seen(name, tmp_path):
    core = CORES.get(name, name)
    assert named_faults_unseen(core, OPTIONS[name], NAMED[name], tmp_path, 3000) == []


@pytest.mark.slow
def test_every_random_fault_of_a_core_without_memory_is_seen_or_proved_harmless(tmp_path):
    options = OPTIONS["f2f-decode"]
    assert random_faults_unexplained("f2f-decode", options, 120, tmp_path, (3000, 30000)) == []
