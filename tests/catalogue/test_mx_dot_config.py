"""Every wrong option of mx-dot is named in one line with what is allowed."""

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("mx-dot")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fmt": "fp7"}, "^fmt_a and fmt_b: .*not 'fp7'; did you mean 'fp8'\\?$"),
        ({"k": 32, "lanes": 5}, "lanes must divide k = 32, not 5"),
        ({"lanez": 4}, "unknown option 'lanez'; did you mean 'lanes'"),
        ({"out": "fp33"}, "out must be 'exact' or .*not 'fp33'; did you mean 'fp32'"),
        ({"fmt_a": "mxfp4/16", "fmt_b": "fp8"}, "must have equal block sizes, not 16 and 32"),
        ({"fmt": "block-e2m1-int8"}, "fmt_a must have an e8m0 scale or a float .* not .int8."),
        ({"fmt": "mx-int18"}, "fmt_a must have number elements of at most 16 bits, not 'int18'"),
        ({"fmt": "mx-e8m0"}, "fmt_a must have number elements .*, not 'e8m0'"),
        ({"fmt": "block-e5m2-e4m3"}, "fmt_a must have an e8m0 scale where elements can be inf"),
        ({"out": "e2m1"}, "out must be a format with NaN, not 'e2m1'"),
        ({"max_blocks": 4, "accumulator_width": 10}, "accumulator_width must be at least 35"),
        ({"rounding": "upward"}, "rounding must be 'nearest-even', .* not 'upward'"),
        ({"freq": -3}, "freq must be greater than 0, not -3"),
        ({"dsp": "some"}, "^dsp must be 'auto', 'none' or a number, not 'some'$"),
        ({"target": "ecp6"}, "target must be one of .*did you mean 'ecp5'"),
        ({"out": "exat"}, "did you mean 'exact'"),
        ({"out": "int8"}, "out must be 'exact' or a float format, not 'int8'"),
        ({"dsp": -2}, "dsp must be"),
        ({"k": 0}, "k must be greater than or equal to 1, not 0"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(UsageError, match=message):
        CORE.configure(options)


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(UsageError) as error:
        CORE.configure({"fmt_a": "fp7", "rounding": "upward", "freq": 0})
    assert all(name in str(error.value) for name in ("fmt_a", "rounding", "freq"))


def test_a_shorthand_gives_way_to_the_field_itself():
    config = CORE.configure({"fmt": "fp6", "fmt_b": "mxfp4"})
    assert (config.fmt_a.name, config.fmt_b.name) == ("mxfp6-e2m3/32", "mxfp4-e2m1/32")


def test_the_block_size_of_the_formats_is_the_default_of_k_and_lanes():
    config = CORE.configure({"fmt": "mxint5/16"})
    assert (config.k, config.lanes, config.fmt_a.name) == (16, 16, "mxint5/16")


def test_texts_from_a_command_line_mean_what_numbers_mean():
    text = CORE.configure({"k": "8", "lanes": "4", "dsp": "3", "accumulator_step": "32"})
    assert text == CORE.configure({"k": 8, "lanes": 4, "dsp": 3, "accumulator_step": 32})


def test_the_dict_of_a_config_makes_the_same_config():
    config = CORE.configure({"fmt": "fp8", "k": 8, "max_blocks": 9, "out": "bf16", "freq": 120})
    assert CORE.configure(config.as_dict()) == config


@pytest.mark.parametrize("lanes", [1, 4])
def test_vectors_are_whole_blocks_and_begin_with_the_corners(lanes):
    config = CORE.configure({"fmt": "mxfp8-e5m2", "k": 4, "lanes": lanes})
    beats = CORE.vectors(config, 5000, 1)["i"]
    assert len(beats["a"]) >= 5000 and len(beats["a"]) % (4 // lanes) == 0
    codes = set(np.asarray(beats["a"]).ravel()[:400].tolist())
    assert {0x00, 0x7B, 0x7C, 0x7D, 0xFB, 0xFC} <= codes
    assert {0, 127, 254, 255} <= set(beats["scale_a"].tolist())


def test_vectors_repeat_with_their_seed():
    config = CORE.configure({"fmt": "fp4", "k": 8})
    first, again, other = (CORE.vectors(config, 600, seed)["i"]["a"] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("options", [{"fmt": "fp6", "k": 8, "out": "fp16"}, {"out": "bf16"}])
def test_vectors_reach_subnormal_results_overflow_and_ties(options):
    config = CORE.configure(options)
    inputs = CORE.vectors(config, 1000, 3)
    results = {
        mode: CORE.golden(CORE.configure({**options, "rounding": mode}), inputs)["o"]["result"]
        for mode in ("nearest-even", "nearest-away", "toward-zero")
    }
    out = config.out
    magnitude = results["nearest-even"] & (out.infinity_code | (1 << out.significand_bits) - 1)
    assert ((magnitude > 0) & (magnitude < 1 << out.significand_bits)).sum() > 20
    assert (magnitude == out.infinity_code).sum() > 5
    assert (results["nearest-even"] != results["nearest-away"]).sum() > 5
    assert (results["nearest-even"] != results["toward-zero"]).sum() > 20


def test_wide_elements_have_no_more_test_vectors_than_others():
    config = CORE.configure({"fmt": "mx-fp16/1", "max_blocks": 4})
    beats = CORE.vectors(config, 1000, 1)["i"]
    assert len(beats["a"]) < 2000
    element = config.fmt_a.element
    assert set(beats["a"][element.is_infinite(beats["a"])]) == {0x7C00, 0xFC00}
    assert element.is_nan(beats["a"]).any()
