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
]


@pytest.mark.parametrize(("name", "options"), FOUND, ids=str)
def test_core_equals_its_golden_model(name, options, tmp_path):
    core = catalogue.get(name)
    config = core.configure(options)
    assert verify(core, config, folder=tmp_path, vectors=3000, seed=3, tier="compiled").matched
