"""Would the regression notice? Faults planted in the cores that make or read blocks."""

import json

import pytest
from mx_convert_grid import label

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.sim.case import Case
from hwgen.sim.mutants import NamedFault, plant, prove_equivalent, try_mutants

NAMED = {
    "mx-quantise to nvfp4": (
        {"fmt": "nvfp4", "k": 2, "fmt_in": "fp32", "freq": 80},
        [
            NamedFault("lost bits of a magnitude forgotten", "lane0_magnitude_sticky", "const0"),
            NamedFault("largest magnitude not divided", r"scale_step\w*", "inv"),
            NamedFault("rest of the scale forgotten", "scale_inexact", "const0"),
            NamedFault("exponent of the scale not lowered", r"scale_exponent\w*", "inv"),
            NamedFault("bit of a quotient wrong", r"lane0_quotient\w*", "inv"),
            NamedFault("rest of a quotient forgotten", "lane1_inexact", "const0"),
            NamedFault("zero scale not noticed", "no_numbers", "const0"),
            NamedFault("NaN scale missed", "special_block", "const0"),
            NamedFault("anchor off", "anchor", "inv"),
        ],
    ),
    "mx-quantise": (
        {"fmt": "mxfp8-e4m3", "k": 4, "lanes": 2, "freq": 80},
        [
            NamedFault("larger exponent not taken", r"largest_0_greater", "inv", bit=9),
            NamedFault("earlier beats forgotten", r"key_so_far", "const0"),
            NamedFault("block of the wrong moment", "block_complete", "const0"),
            NamedFault("subnormal input read as normal", "value0_normal", "const1"),
            NamedFault("subnormal input not normalized", r"value1_empty_1", "const0"),
            NamedFault("NaN block missed", "special_block", "const0"),
            NamedFault("scale off", r"scale_clamped", "inv"),
            NamedFault("binade of an element off", r"lane0_binade", "inv"),
            NamedFault("lost bits forgotten", r"lane1_sticky", "const0"),
            NamedFault("never rounded up", r"lane0_increment", "const0"),
            NamedFault("overflow missed", r"lane0_too_large", "const0"),
        ],
    ),
    "mx-add": (
        {"fmt": "mxfp8-e5m2", "k": 2, "infinity": "element"},
        [
            NamedFault("operands not swapped", "lane0_swap", "const0", bit=15),
            NamedFault("distance of exponents off", r"lane0_apart", "inv"),
            NamedFault("difference taken for a sum", "lane1_differ", "const0"),
            NamedFault("sign of a sum", "lane0_sign", "inv"),
            NamedFault("opposite infinities missed", "lane0_opposite", "const0"),
            NamedFault("NaN scale missed", r"scale_nan\w*", "const0"),
            NamedFault("a zero takes part in the scale", r"lane0_key", "const1"),
        ],
    ),
    "mx-mul": (
        {"fmt": "mxfp6-e2m3", "k": 2, "dsp": "none"},
        [
            NamedFault("sign of a product", r"lane0_code_5", "inv"),
            NamedFault("bit of a product lost", r"lane0_product_sum\w*", "const0"),
            NamedFault("exponents not added", r"lane1_exponent", "inv"),
            NamedFault("scales not added", "scale_product", "inv"),
        ],
    ),
    "mx-dequantise to integers": (
        {"fmt": "mxfp8-e5m2", "lanes": 1, "out": "int8"},
        [
            NamedFault("place of a number off", "lane0_distance", "inv"),
            NamedFault("too large not noticed", "lane0_above", "const0"),
            NamedFault("lost bits forgotten", r"lane0_increment", "const0"),
            NamedFault("NaN missed", r"lane0_nan\w*", "const0"),
        ],
    ),
    "mx-dequantise": (
        {"fmt": "mxfp8-e5m2", "lanes": 1, "out": "fp16"},
        [
            NamedFault("exponents not added", "lane0_product_exponent", "inv"),
            NamedFault("infinity missed", r"lane0_infinite", "const0"),
            NamedFault("NaN missed", r"lane0_nan\w*", "const0"),
        ],
    ),
}
RANDOM = [
    ("mx-quantise", {"fmt": "mxfp4", "fmt_in": "e4m3", "k": 2}, 20),
    pytest.param("mx-quantise", {"fmt": "mxfp8-e4m3", "k": 2}, 200, marks=pytest.mark.slow),
    pytest.param("mx-quantise", {"fmt": "nvfp4", "k": 2}, 200, marks=pytest.mark.slow),
    pytest.param(
        "mx-convert", {"fmt_in": "mxint8", "fmt": "mxfp4", "k": 2}, 200, marks=pytest.mark.slow
    ),
    pytest.param("mx-add", {"fmt": "mxfp6-e2m3", "k": 2}, 200, marks=pytest.mark.slow),
]


def planted(core, options, folder, vectors, count=0, named=()):
    entry = catalogue.get(core)
    config = entry.configure(options)
    emitted = emit(entry, config, folder)
    interface = json.loads(emitted.interface.read_text())
    verilog, mutants = plant(emitted.verilog, emitted.module, folder, count=count, named=named)
    values = entry.vectors(config, vectors, 1)
    case = Case.from_values(interface, values, entry.golden(config, values), seed=5)
    return try_mutants(verilog, mutants, case, folder), emitted.module


@pytest.mark.parametrize("core", NAMED)
def test_every_named_fault_is_seen(core, tmp_path):
    options, faults = NAMED[core]
    outcomes, _ = planted(core.split()[0], options, tmp_path, 3000, named=faults)
    assert [each.mutant.name for each in outcomes if each.seen is None] == []
    assert len(outcomes) == len(faults)


@pytest.mark.parametrize(
    ("core", "options", "count"),
    RANDOM,
    ids=lambda each: str(each) if isinstance(each, int) else label(each),
)
def test_every_random_fault_is_seen_or_proved_harmless(core, options, count, tmp_path):
    outcomes, module = planted(core, options, tmp_path, 8000, count=count)
    unseen = [each.mutant for each in outcomes if each.seen is None]
    assert len(unseen) < count / 3
    suspects = [each for each in unseen if not prove_equivalent(each, module, tmp_path)]
    assert [each.name for each in suspects] == []
