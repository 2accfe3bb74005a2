"""Inputs that the golden model of mx-dot refuses, and what it says."""

import numpy as np
import pytest

from hwgen import formats
from hwgen.errors import UsageError
from hwgen.golden import dot_general

GOOD = {
    "a": np.zeros((4, 4), int),
    "b": np.zeros((4, 4), int),
    "scale_a": np.zeros(4, int),
    "scale_b": np.zeros(4, int),
    "format_a": "mxfp4/8",
    "format_b": "mxfp4/8",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": np.zeros((4, 3), int), "b": np.zeros((4, 3), int)}, "lanes dividing the block size"),
        ({"a": np.zeros((3, 4), int), "b": np.zeros((3, 4), int)}, "whole blocks of 8"),
        ({"b": np.zeros((2, 4), int)}, "b must have the shape of a"),
        ({"a": np.full((4, 4), 16)}, r"codes of e2m1 must be in 0\.\.15"),
        ({"scale_a": np.zeros(2, int)}, r"scale_a must have shape \(4,\)"),
        ({"scale_b": np.full(4, 256)}, "codes of e8m0"),
        ({"format_b": "mxfp4/16"}, "block sizes must be equal"),
        ({"format_b": "block-e2m1-int8/8"}, "format_b must have an e8m0 scale"),
        ({"format_b": "block-e5m2-e4m3/8"}, "scales must be e8m0 where elements can be infinite"),
        ({"format_b": "mx-fp32/8"}, "at most 16 bits"),
        ({"rounding": "stochastic"}, "rounding must be one of"),
        ({"overflow": "infinite"}, "did you mean 'infinity'"),
        ({"specials": "iee"}, "did you mean 'ieee'"),
        ({"output": formats.parse("e2m1")}, "specials must be 'ignore'"),
        ({"output": formats.parse("int8")}, "output must be a signed float format"),
        ({"max_blocks": 0}, "max_blocks must be a positive integer"),
        ({"max_blocks": 2}, "first must have shape"),
        ({"max_blocks": 2, "accumulator_step": 3}, "power of two"),
        ({"max_blocks": 2, "accumulator_width": 8}, "accumulator_width must be at least 28"),
        ({"max_blocks": 2, "first": [0, 0, 0, 1], "last": [0] * 4}, "block 0 is in none"),
        ({"max_blocks": 2, "first": [0, 1, 0, 0], "last": [0, 1, 0, 1]}, "block 1 is in none"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(changes, message):
    arguments = {**GOOD, **changes}
    for side in ("format_a", "format_b"):
        arguments[side] = formats.parse_block(arguments[side])
    with pytest.raises(UsageError, match=message):
        dot_general(**arguments)
