"""Would the regressions of the low-bit cores notice? Faults planted in the emitted Verilog."""

import pytest
from planted_faults import named_faults_unseen, random_faults_unexplained

from hwgen.sim.mutants import NamedFault

OPTIONS = {
    "lut-gemm": {
        **{"columns": 16, "lanes": 8, "rows": 3, "bits": 2, "fmt": "int4", "target": "generic"}
    },
    "ternary-matvec": {"columns": 128, "rows": 2, "lanes": 16, "target": "generic"},
    "f2f-decode": {"inputs": 3, "outputs": 7, "corrections": True, "target": "generic"},
    "trit-decode": {"entries": 16, "longest": 2, "target": "generic"},
    "bitserial-matmul": {
        **{"rows": 4, "columns": 2, "words": 2, "k": 6, "buffer": 9, "max_bits": 3},
        "target": "generic",
    },
}
_RESULT = [
    NamedFault("result declared valid for no reason", "valid_1", "const1"),
    NamedFault("result lost", "valid_1", "const0"),
]
NAMED = {
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


@pytest.mark.parametrize("name", NAMED)
def test_every_named_fault_is_seen(name, tmp_path):
    assert named_faults_unseen(name, OPTIONS[name], NAMED[name], tmp_path, 3000) == []


@pytest.mark.slow
def test_every_random_fault_of_a_core_without_memory_is_seen_or_proved_harmless(tmp_path):
    options = OPTIONS["f2f-decode"]
    assert random_faults_unexplained("f2f-decode", options, 120, tmp_path, (3000, 30000)) == []
