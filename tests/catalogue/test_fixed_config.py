"""Configs of the fixed-point cores: widths that follow, and every wrong option named."""

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError


@pytest.mark.parametrize(
    ("core", "options", "name"),
    [
        ("fixed-add", {"fmt": "int8"}, "int9"),
        ("fixed-add", {"fmt": "uint8", "operation": "subtract"}, "int9"),
        ("fixed-add", {"fmt_a": "q3.4", "fmt_b": "uq2.6"}, "q4.6"),
        ("fixed-mul", {"fmt": "int8"}, "int16"),
        ("fixed-mul", {"fmt_a": "q1.6", "fmt_b": "uint4"}, "q5.6"),
        ("fixed-mac", {"fmt": "int8", "max_terms": 256}, "int24"),
        ("fixed-dot", {"fmt": "uint4", "k": 16}, "uint12"),
        ("fixed-convert", {"fmt": "q7.8", "out": "uq2.2"}, "uq2.2"),
    ],
)
def test_exact_results_have_the_narrowest_format(core, options, name):
    config = catalogue.get(core).configure(options)
    assert config.result_format.name == name


def test_results_wider_than_formats_are_integers():
    core = catalogue.get("fixed-mul")
    config = core.configure({"fmt": "int53"})
    assert config.result_format is None
    field = core.component(config).streams[1].fields[0]
    assert (field.format, field.signed, field.width) == ("integer", True, 106)


@pytest.mark.parametrize(
    ("core", "options", "message"),
    [
        ("fixed-add", {"fmt": "fp16"}, "must be a fixed-point or integer format, not 'fp16'"),
        ("fixed-add", {"out": "fp16"}, "out must be a fixed-point .*not 'fp16', or 'exact'"),
        ("fixed-add", {"fmt_a": "q1.6", "fmt_b": "q300.-295"}, "must have at most 256 bits"),
        ("fixed-add", {"out": "q-290.300"}, "out must have its lowest bit within 256 bits"),
        ("fixed-add", {"operation": "multiply"}, "operation must be 'add', 'subtract' or 'both'"),
        ("fixed-add", {"flags": True}, "^flags must be off with out 'exact'"),
        ("fixed-mul", {"overflow": "infinity"}, "overflow must be 'saturate' or 'wrap'"),
        ("fixed-mac", {"max_terms": 0}, "max_terms must be greater than or equal to 1, not 0"),
        ("fixed-dot", {"k": 6, "lanes": 4}, "lanes must divide k = 6, not 4"),
        ("fixed-convert", {"out": "exact"}, "out must be a fixed-point or integer format"),
        ("fixed-convert", {"random_bits": 7}, "random_bits must be 8, 16 or 32, not 7"),
    ],
)
def test_a_wrong_option_of_a_fixed_core_is_named(core, options, message):
    with pytest.raises(UsageError, match=message):
        catalogue.get(core).configure(options)
