"""Configurations of the cores that make or read blocks: defaults, and mistakes in one line."""

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError


def configure(core, **options):
    return catalogue.get(core).configure(options)


def test_lanes_are_by_default_all_elements_of_the_block():
    config = configure("mx-quantise", fmt="mxfp4/16")
    assert (config.k, config.lanes) == (16, 16)


def test_result_has_by_default_the_format_of_the_first_operand():
    assert configure("mx-add", fmt="mxint8", k=8).out.name == "mxint8/8"


def test_block_size_overrides_that_of_all_formats():
    config = configure("mx-mul", fmt_a="mxfp4/16", fmt_b="mxfp8/32", k=8)
    assert {each.block_size for each in (config.fmt_a, config.fmt_b, config.out)} == {8}


def test_choices_become_those_of_the_format():
    config = configure("mx-convert", rounding="up", nan="element", symmetric=False)
    rules = config.fmt.quantization
    assert (rules.rounding, rules.nan, rules.symmetric) == ("up", "element", False)


@pytest.mark.parametrize(
    ("core", "options", "message"),
    [
        ("mx-convert", {"fmt": "nvfp4", "k": 16, "scale_rule": "ceil"}, "must be left as it is"),
        ("mx-convert", {"fmt": "nvfp4"}, "fmt_in, fmt must have equal block sizes, not 32, 16"),
        ("mx-add", {"fmt_a": "block-e2m1-fp32"}, "fmt_a must have an e8m0 scale or a float of at"),
        ("mx-mul", {"out": "block-e2m1-e4m3nosub"}, "out must have a scale with subnormal numbers"),
        (
            "mx-quantise",
            {"fmt": "block-e2m1-e2m1"},
            "fmt must have a scale with .* NaN, not 'e2m1'",
        ),
        ("mx-quantise", {"fmt": "nvfp4", "scale_rule": "fit"}, "scale_rule must be left as it is"),
        ("mx-quantise", {"tensor_scale": "input"}, "tensor_scale must be 'unit' for mxfp8-e4m3/32"),
        ("mx-quantise", {"fmt": "mx-uint4"}, "fmt must have elements with a sign, not 'uint4'"),
        ("mx-quantise", {"fmt_in": "e8m0"}, "fmt_in must be float, fixed or integer, not 'e8m0'"),
        ("mx-quantise", {"k": 8, "lanes": 3}, "lanes must divide k = 8, not 3"),
        ("mx-convert", {"fmt": "mx-e4m3nosub"}, "must have elements with subnormal numbers"),
        ("mx-convert", {"fmt_in": "mx-e6m10"}, "fmt_in must have elements of at most 16 bits"),
        ("mx-add", {"fmt_a": "mxfp4/16"}, "fmt_a, fmt_b must have equal block sizes, not 16, 32"),
        ("mx-mul", {"out": "mxfp4/16"}, "must have equal block sizes, not 32, 32, 16; set k"),
        ("mx-dequantise", {"out": "e2m1"}, "out must have a sign, subnormal numbers and NaN"),
        ("mx-dequantise", {"out": "uint8"}, "out must have a sign and 2 to 32 bits, not 'uint8'"),
        (
            "mx-dequantise",
            {"fmt": "block-e2m1-int8"},
            "an e8m0 scale or a float of at most 16 .* 'int8'",
        ),
    ],
)
def test_mistakes_are_named(core, options, message):
    with pytest.raises(UsageError, match=message):
        configure(core, **options)
