"""Configs of ``codebook-dot``: the result that follows, and every wrong option named."""

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("codebook-dot")
_SMALL = {"group": 4, "lanes": 2, "max_groups": 3}


@pytest.mark.parametrize(
    ("options", "lowest", "highest"),
    [
        ({}, -128 * 16 * 12 * 255, 128 * 16 * 12 * 255),
        ({"weights": "int4", "scale_width": 0}, -127 * 8 * 12, 128 * 8 * 12),
        ({"weights": "uint4", "zero_points": True}, -128 * 15 * 3060, 128 * 15 * 3060),
        ({"weights": "uint3", "fmt": "uint8"}, 0, 255 * 7 * 12 * 255),
        ({"weights": "olive4", "max_groups": 1}, -128 * 96 * 4 * 255, 128 * 96 * 4 * 255),
        ({"fmt": "fp16"}, -65504 * 2**24 * 16 * 12 * 255, 65504 * 2**24 * 16 * 12 * 255),
    ],
)
def test_results_have_the_narrowest_format_that_holds_the_extremes(options, lowest, highest):
    config = CORE.configure({**_SMALL, **options})
    low, high = config.sum_bounds
    assert low <= lowest and highest <= high
    shape = config.sum_shape
    ends = (-(1 << shape.width - 1), (1 << shape.width - 1) - 1)
    least, greatest = ends if shape.signed else (0, (1 << shape.width) - 1)
    assert least <= low and high <= greatest
    assert lowest < least // 2 or highest > greatest // 2


@pytest.mark.parametrize("fmt", ["int8", "fp16"])
@pytest.mark.parametrize("name", ["bitmod-fp4", "nf4", "int4", "e2m1", "pot4"])
def test_the_vectors_hold_the_extreme_results(name, fmt):
    config = CORE.configure({**_SMALL, "weights": name, "fmt": fmt})
    sums = CORE.golden(config, CORE.vectors(config, 100, 1))["o"]["sum"].astype(np.int64)
    half = 1 << config.sum_shape.width - 1
    values = (sums ^ half) - half
    assert (values.min(), values.max()) == config.sum_bounds


def test_the_vectors_hold_every_code_with_every_selector():
    config = CORE.configure({**_SMALL, "weights": "razer4"})
    tokens = CORE.vectors(config, 3000, 1)["i"]
    selectors = np.repeat(tokens["selector"], config.lanes)
    pairs = set(zip(tokens["weights"].ravel().tolist(), selectors.tolist(), strict=True))
    assert len(pairs) == 16 * 8


def test_the_vectors_of_floats_hold_ties_cancelled_sums_and_all_that_is_no_number():
    config = CORE.configure({"fmt": "fp16", "group": 16, "lanes": 4, "max_groups": 2})
    exact = CORE.golden(config, CORE.vectors(config, 4000, 1))["o"]
    for name in ("nan", "inf_positive", "inf_negative"):
        assert 0.01 < exact[name].astype(float).mean() < 0.3
    finite = [
        int(value)
        for value, *flags in zip(*(exact[name] for name in exact), strict=True)
        if not any(flags)
    ]
    width = config.sum_shape.width
    sizes = [min(value, (1 << width) - value) for value in finite]
    assert sizes.count(0) > len(sizes) / 50
    # beyond the smallest step of fp16: eleven bits and just one more below them
    ties = [each for each in sizes if each.bit_length() - 12 == (each & -each).bit_length() - 1]
    assert len([each for each in ties if each.bit_length() > 12]) > 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"weights": "bitmod-fp5"},
            "weights must be olive4 or a codebook: .*did you mean 'bitmod-fp4'",
        ),
        ({"weights": "e5m2none"}, "weights must stand for integers up to 4096, and those of e5m2"),
        ({"lanes": 3}, "lanes must divide group = 128, not 3"),
        ({"weights": "olive4", "group": 9, "lanes": 3}, "lanes must be even for olive4, not 3"),
        ({"fmt": "int17"}, "fmt must have at most 16 bits, not 17"),
        ({"scale_width": 17}, "scale_width must be less than or equal to 16, not 17"),
        ({"fmt": "posit8"}, "fmt must be a fixed-point, integer or float format"),
        ({"fmt": "mxfp4"}, "fmt must be a fixed-point, integer or float format, not 'mxfp4'"),
        ({"fmt": "fp32"}, "fmt must have at most 16 bits, not 32"),
        (
            {"fmt": "bf16"},
            "fmt must be one whose numbers are integers of at most 48 bits in units of the "
            "smallest, not bf16, whose numbers have 261",
        ),
        (
            {"fmt": "fp16", "weights": "uint4", "zero_points": True},
            "zero_points must be off for elements of fp16",
        ),
        (
            {"fmt": "fp16", "weights": "nf4", "architecture": "serial", "lanes": 2},
            "lanes must be a multiple of 4, the clock cycles of a token of nf4, not 2",
        ),
        ({"out": "int8"}, "out must be 'exact' or a float format, not 'int8'"),
        ({"rounding": "stochastic"}, "rounding must be 'nearest-even', .*not 'stochastic'"),
        ({"architecture": "table"}, "architecture must be 'multiply' or 'serial', not 'table'"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(UsageError, match=message) as raised:
        CORE.configure(options)
    assert "\n" not in str(raised.value)


def test_a_frequency_out_of_reach_is_refused():
    with pytest.raises(UsageError, match=r"freq must be at most \d+ MHz for codebook-dot on ecp5"):
        CORE.component(CORE.configure({"freq": 900}))
