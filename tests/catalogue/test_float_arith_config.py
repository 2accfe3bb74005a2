"""The configs of the float cores name every mistake, and shorthands set several formats."""

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError


@pytest.mark.parametrize(
    ("core", "options", "words"),
    [
        ("float-add", {"fmt": "int8"}, "fmt must be a float format, not 'int8'"),
        ("float-add", {"fmt": "ue4m3"}, "fmt must be a format with a sign and subnormal numbers"),
        ("float-add", {"fmt": "e3m2"}, "overflow must be 'saturate' for fmt 'e3m2'"),
        ("float-add", {"operation": "divide"}, "operation must be 'add', 'subtract' or 'both'"),
        ("float-mul", {"fmt": "fp16", "out": "e2m1"}, "out must be a format with NaN"),
        ("float-mul", {"random_bits": 12}, "random_bits must be 8, 16 or 32, not 12"),
        ("float-fma", {"fmt_c": "fp16nosub"}, "fmt_c must be a float format"),
        ("float-fma", {"rounding": "odd"}, "rounding must be 'nearest-even'"),
        ("float-fma", {"dsp": "some"}, "dsp must be 'auto', 'none' or a number, not 'some'"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(core, options, words):
    with pytest.raises(UsageError) as error:
        catalogue.get(core).configure(options)
    assert words in str(error.value)


def test_one_shorthand_sets_every_format_that_is_not_given():
    config = catalogue.get("float-fma").configure({"fmt": "e4m3", "out": "fp32"})
    names = [getattr(config, each).name for each in ("fmt_a", "fmt_b", "fmt_c", "out")]
    assert names == ["e4m3", "e4m3", "e4m3", "fp32"]


def test_only_random_bits_from_inside_make_a_core_keep_state():
    core = catalogue.get("float-mul")
    cases = {
        ("nearest-even", "lfsr"): False,
        ("stochastic", "lfsr"): True,
        ("stochastic", "input"): False,
    }
    for (rounding, source), wanted in cases.items():
        config = core.configure({"rounding": rounding, "random_source": source})
        assert config.keeps_state is wanted
