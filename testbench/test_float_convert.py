"""The regression of ``float-convert``, and whether it would notice faults."""

import pytest
from float_reduce_grid import CONVERT, label
from planted_faults import named_faults_unseen

from hwgen import catalogue
from hwgen.errors import UsageError
from hwgen.flow.verify import verify
from hwgen.sim.mutants import NamedFault

CORE = catalogue.get("float-convert")

INTEGER_FAULTS = [
    NamedFault("never rounded up", "increment", "const0"),
    NamedFault("guard and sticky bits forgotten", "discarded_any", "const0"),
    NamedFault("overflow missed", "out_of_range", "const0"),
    NamedFault("shifted too far", r"value0_exponent_\w+", "inv"),
    NamedFault("NaN missed", r"value0_nan", "const0"),
    NamedFault("large exponent missed", "beyond", "const0"),
]
FLOAT_FAULTS = [
    NamedFault("never rounded up", "increment", "const0"),
    NamedFault("infinity missed", "value0_infinite", "const0"),
    NamedFault("signaling NaN missed", "invalid", "const0"),
    NamedFault("result inexact unnoticed", "inexact_flag", "const0"),
    NamedFault("small operand lost", "nonzero", "const0"),
]


@pytest.mark.parametrize("options", CONVERT, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    config = CORE.configure(options)
    tier = "compiled" if config.fmt.width <= 8 else "both"
    result = verify(CORE, config, folder=tmp_path, vectors=20_000, seed=7, tier=tier)
    component = CORE.component(config)
    token_bits = sum(field.width * field.count for field in component.streams[0].fields)
    assert result.exhaustive == (token_bits <= 20 and not component.keeps_state)
    assert result.matched >= min(20_000, 1 << token_bits)


def test_synthesised_netlist_equals_the_golden_model(tmp_path):
    config = CORE.configure({"fmt": "fp16", "out": "e4m3", "freq": 150})
    result = verify(CORE, config, folder=tmp_path, seed=3, tier="compiled", post_synth=True)
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
    assert result.vectors == 1 << 16


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({"fmt": "fp16", "out": "int8", "flags": True, "freq": 150}, INTEGER_FAULTS),
        pytest.param(
            {"fmt": "fp32", "out": "fp16", "flags": True, "rounding": "up"},
            FLOAT_FAULTS,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["to integer", "to float"],
)
def test_every_named_fault_is_seen(options, faults, tmp_path):
    assert named_faults_unseen("float-convert", options, faults, tmp_path, 5000) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fmt": "int8", "out": "int4"}, "fmt or out must be a float format"),
        ({"fmt": "fp32", "out": "ue4m3"}, "out must be a format with a sign"),
        ({"fmt": "e8m0", "out": "fp16"}, "fmt must be a float, integer or fixed-point format"),
    ],
)
def test_formats_that_it_cannot_convert_are_named(options, words):
    with pytest.raises(UsageError, match=words):
        CORE.configure(options)
