"""Would the regression notice? Faults planted in the cores that make or read blocks."""

import pytest
from mx_convert_grid import label
from planted_faults import named_faults_unseen, random_faults_unexplained

from hwgen.sim.mutants import NamedFault

QUICK = ("mx-quantise", "mx-convert from nvfp4", "mx-add", "mx-dequantise")
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
    "mx-quantise in units of a tensor scale": (
        {"fmt": "nvfp4", "k": 2, "tensor_scale": "input", "freq": 60},
        [
            NamedFault(
                "largest element not in units", r"largest_element_product_significand\w*", "inv"
            ),
            NamedFault("exponent of the unit forgotten", r"minus_tensor_scale\w*", "inv"),
            NamedFault("bit of a divisor wrong", r"minus_divisor\w*", "inv"),
            NamedFault("bad tensor scale missed", "no_tensor_scale", "const0"),
        ],
    ),
    "mx-quantise": (
        {"fmt": "mxfp8-e4m3", "k": 4, "lanes": 2, "freq": 80},
        [
            NamedFault("larger exponent not taken", r"largest_0_greater", "inv", bit=8),
            NamedFault("earlier beats forgotten", r"key_so_far", "const0"),
            NamedFault("block of the wrong moment", "block_complete", "const0"),
            NamedFault("subnormal input read as normal", "value0_normal", "const1"),
            NamedFault("subnormal input not normalized", r"value1_empty_1", "const0"),
            NamedFault("NaN block missed", "special_block", "const0"),
            NamedFault("scale off", r"scale_raw", "inv"),
            NamedFault("binade of an element off", r"lane0_binade", "inv"),
            NamedFault("lost bits forgotten", r"value1_sticky", "const0"),
            NamedFault("never rounded up", r"lane0_increment", "const0"),
            NamedFault("overflow missed", r"lane0_full", "const0"),
            NamedFault("too small not noticed", r"lane1_far", "const0"),
        ],
    ),
    "mx-convert from nvfp4": (
        {"fmt_in": "nvfp4", "fmt": "mxfp8-e4m3", "k": 2},
        [
            NamedFault("bit of a product lost", r"scaled0_product_sum\w*", "const0"),
            NamedFault("product not normalized", "scaled1_product_low", "inv"),
            NamedFault("exponent of a product off", r"scaled0_product_exponent\w*", "inv"),
            NamedFault("sign of an element", "scaled1_product_sign", "inv"),
            NamedFault("NaN scale missed", "scale_in_nan", "const0"),
        ],
    ),
    "mx-convert to nvfp4": (
        {"fmt_in": "mxfp8-e4m3", "fmt": "nvfp4", "k": 4, "lanes": 2, "freq": 80},
        [
            NamedFault("exponent of the scale in forgotten", r"scale_exponent\w*", "inv"),
            NamedFault("scale in not told to the lanes", "place", "inv", bit=2),
            NamedFault("limits of the place missed", r"place_limited_at\d\w*", "inv"),
            NamedFault("scale of the wrong block", "of_block", "inv"),
        ],
    ),
    "mx-add of nvfp4": (
        {"fmt_a": "nvfp4", "fmt_b": "mxfp4", "out": "nvfp4", "k": 2},
        [
            NamedFault("exponents of the scales not comparable", "base_a", "inv"),
            NamedFault("distance of exponents off", r"lane0_apart", "inv"),
            NamedFault("lost bits of a sum forgotten", "lane0_magnitude_sticky", "const0"),
            NamedFault("NaN scale missed", r"scale_a_nan", "const0"),
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
            NamedFault("NaN scale missed", "scale_b_nan", "const0"),
            NamedFault("a zero takes part in the scale", r"lane0_key", "const1"),
        ],
    ),
    "mx-mul": (
        {"fmt": "mxfp6-e2m3", "k": 2, "dsp": "none"},
        [
            NamedFault("sign of a product", r"lane0_code_5", "inv"),
            NamedFault("bit of a product lost", r"lane0_product_sum\w*", "const0"),
            NamedFault("exponents not added", r"lane1_product_exponent", "inv"),
            NamedFault("scales not added", "scale_product_exponent", "inv"),
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


@pytest.mark.parametrize(
    "core",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in NAMED],
)
def test_every_named_fault_is_seen(core, tmp_path):
    options, faults = NAMED[core]
    assert named_faults_unseen(core.split()[0], options, faults, tmp_path, 3000) == []


@pytest.mark.parametrize(
    ("core", "options", "count"),
    RANDOM,
    ids=lambda each: str(each) if isinstance(each, int) else label(each),
)
def test_every_random_fault_is_seen_or_proved_harmless(core, options, count, tmp_path):
    runs = (8000, 200_000)
    assert random_faults_unexplained(core, options, count, tmp_path, runs) == []
