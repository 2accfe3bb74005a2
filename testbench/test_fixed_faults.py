"""Would the regression notice? Faults planted in fixed-point cores and in constant products."""

import pytest
from planted_faults import named_faults_unseen, random_faults_unexplained

from hwgen.sim.mutants import NamedFault

NAMED = {
    "fixed-add": (
        {
            "fmt_a": "q3.4",
            "fmt_b": "q2.6",
            "operation": "both",
            "out": "q2.2",
            "flags": True,
            "freq": 150,
        },
        [
            NamedFault("carry chain broken", r"U_\d+_propagate", "inv"),
            NamedFault("bit of the sum lost", r"sum\w*", "const0"),
            NamedFault("never rounded up", "increment", "const0"),
            NamedFault("always rounded up", "increment", "const1"),
            NamedFault("overflow upward missed", "outside_0", "const0"),
            NamedFault("overflow downward missed", "outside_1", "const0"),
            NamedFault("overflow not told", "overflow_flag", "const0"),
            NamedFault("result lost", "valid_1", "const0"),
        ],
    ),
    "fixed-mac": (
        {"fmt": "q1.6", "max_terms": 32, "out": "q5.5", "freq": 150, "dsp": "none"},
        [
            NamedFault("bit of the product lost", r"product_sum\w*", "const0"),
            NamedFault("sum not restarted", r"first\w*", "const0"),
            NamedFault("bit of the sum stuck", r"accumulated\w*", "const1"),
            NamedFault("every product has a result", r"last\w*", "const1"),
        ],
    ),
    "fixed-dot": (
        {"fmt": "int6", "k": 8, "lanes": 2, "dsp": "none"},
        [
            NamedFault("bit of a product lost", r"lane1\w*", "const0"),
            NamedFault("bit of the lanes' sum stuck", r"lanes_0\w*", "const0"),
            NamedFault("beats not counted", "beat", "const0"),
            NamedFault("results with the wrong beats", "last_beat", "inv"),
        ],
    ),
    "fixed-convert": (
        {
            "fmt": "q5.12",
            "out": "q2.2",
            "rounding": "stochastic",
            "random_bits": 8,
            "random_source": "input",
        },
        [
            NamedFault("carry chain broken", r"U_\d+_propagate", "inv"),
            NamedFault("bits below the noise dropped", "below_random", "const0"),
        ],
    ),
    "const-matvec": (
        {"matrix": "random-int8/4x4/1", "freq": 150},
        [
            NamedFault("bit of a sum lost", r"y_\d+", "const0"),
            NamedFault("addition for subtraction", r"U_\d+_propagate", "inv"),
            NamedFault("result declared valid for no reason", "valid_1", "const1"),
        ],
    ),
}

RANDOM = [
    ("fixed-add", {"fmt": "q2.3", "operation": "both", "out": "q1.1"}, 20),
    ("const-matvec", {"matrix": "random-int6/3x3/1", "fmt": "int4"}, 20),
    pytest.param(
        "fixed-convert",
        {"fmt": "q4.8", "out": "uq2.2", "rounding": "stochastic"},
        20,
        marks=pytest.mark.slow,
    ),
    pytest.param("fixed-mul", {"fmt": "q1.4", "out": "q1.3"}, 200, marks=pytest.mark.slow),
    pytest.param("fixed-dot", {"fmt": "int4", "k": 4, "lanes": 2}, 200, marks=pytest.mark.slow),
    pytest.param("fixed-mac", {"fmt": "int4", "max_terms": 8}, 200, marks=pytest.mark.slow),
    pytest.param(
        "const-matvec", {"matrix": "random-int8/4x4/2", "freq": 150}, 200, marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize("name", NAMED)
def test_every_named_fault_of_a_fixed_core_is_seen(name, tmp_path):
    options, faults = NAMED[name]
    assert named_faults_unseen(name, options, faults, tmp_path, 3000) == []


@pytest.mark.parametrize(("name", "options", "count"), RANDOM)
def test_every_random_fault_of_a_fixed_core_is_seen_or_harmless(name, options, count, tmp_path):
    runs = (12_000, 200_000)
    assert random_faults_unexplained(name, options, count, tmp_path, runs) == []
