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
    "f2f-decode": {"inputs": 3, "outputs": 7, "corrections": True, "target": "generic"},
    "trit-decode": {"entries": 16, "longest": 2, "target": "generic"},
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
}


@pytest.mark.parametrize("name", NAMED)
def test_every_named_fault_is_seen(name, tmp_path):
    assert named_faults_unseen(name, OPTIONS[name], NAMED[name], tmp_path, 3000) == []


@pytest.mark.slow
def test_every_random_fault_of_a_core_without_memory_is_seen_or_proved_harmless(tmp_path):
    options = OPTIONS["f2f-decode"]
    assert random_faults_unexplained("f2f-decode", options, 120, tmp_path, (3000, 30000)) == []
