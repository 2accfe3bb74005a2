"""Configurations that random regressions found wrong: each is verified, so that it stays right."""

import pytest

from hwgen import catalogue
from hwgen.flow.verify import verify

FOUND = [
    # the result is unsigned and wider than the exact one
    ("fixed-add", {"fmt": "q1.1", "out": "uint27"}),
    # a significand wider than all of its shifts
    ("float-accumulate", {"fmt": "e2m23fn", "out": "e6m17fnuz", "max_terms": 68414568}),
    # a negative number read as zero, in a format without -0
    ("float-compare", {"fmt": "e3m2fnuz", "select": "maximum", "subnormals": "flush"}),
    # subnormal numbers are shifted further than their exponent field counts
    ("mx-convert", {"fmt_in": "mx-e1m3fn/4", "fmt": "mxfp8-e4m3/4", "overflow": "infinity"}),
    # all numbers have the same exponent
    ("float-add", {"fmt": "e1m1fn", "operation": "both", "rounding": "down"}),
    # scales with fewer codes than test vectors wanted around 1
    ("mx-dot", {"fmt": "block-uint5-e3m2/4", "specials": "ignore", "out": "exact"}),
    # zero times infinity, where zero has several codes
    ("mx-dot", {"fmt": "mx-e2m2ieeenosub/2", "out": "fp16"}),
    # rounded up past the highest exponent of a format without infinities
    ("float-convert", {"fmt": "e4m5", "out": "e4m3fnuz", "flags": True}),
    # no exponent field but that of 0 and of some subnormal numbers is in range
    ("float-convert", {"fmt": "e6m16b-320ieee", "out": "int30"}),
    ("float-convert", {"fmt": "e5m3b-30ieee", "out": "int30", "flags": True}),
    # elements without signs, whose sum has none
    ("mx-dot", {"fmt": "block-uq1.1-e8m0/15", "k": 17, "out": "e5m2"}),
    # an infinite result, in a format whose only NaN is the code of -0
    ("mx-dot", {"fmt": "mxfp8-e5m2/4", "out": "e4m3fnuz"}),
    ("mx-matmul", {"fmt": "mxfp8-e5m2/4", "rows": 2, "columns": 2, "out": "e4m3fnuz"}),
    # a scale above the largest value, so that subnormal inputs have scales of their own
    ("mx-quantise", {"fmt": "mx-q0.1/2", "fmt_in": "bf16"}),
]


@pytest.mark.parametrize(("name", "options"), FOUND, ids=str)
def test_core_equals_its_golden_model(name, options, tmp_path):
    core = catalogue.get(name)
    config = core.configure(options)
    assert verify(core, config, folder=tmp_path, vectors=3000, seed=3, tier="compiled").matched
