"""Names of formats: grammar, canonical spelling, messages; and the facts that are printed."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.errors import UsageError

floats = st.builds(
    "{}e{}m{}{}{}{}".format,
    st.sampled_from(["", "u"]),
    st.integers(1, 8),
    st.integers(0, 23),
    st.sampled_from(["", "b3", "b-7", "b127"]),
    st.sampled_from(["", *formats.SPECIALS]),
    st.sampled_from(["", "nosub"]),
)
scalars = floats | st.sampled_from(["int8", "uint3", "q1.6", "uq0.8", "q-1.9", "e8m0", "bf16"])
blocks = st.builds(
    lambda stem, size: stem + size,
    scalars.map("mx-{}".format)
    | st.builds("block-{}-{}".format, scalars, st.sampled_from(["fp16", "e4m3", "fp32", "e8m0"]))
    | st.sampled_from(["mxint5", "mxfp6", "mxfp8-e5m2", "nvfp4", "fp4", "mxfp8-e4m3fnuz"]),
    st.sampled_from(["", "/1", "/16", "/64"]),
)


@settings(max_examples=400, deadline=None)
@given(scalars | blocks)
def test_canonical_name_parses_to_an_equal_format(text):
    try:
        format = formats.parse(text)
    except UsageError:
        return
    assert formats.parse(format.name) == format
    assert formats.parse(format.name).name == format.name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("fp16", "fp16"),
        ("e5m10", "fp16"),
        ("E4M3", "e4m3"),
        ("e4m3fn", "e4m3"),
        ("e4m3b7", "e4m3"),
        ("e4m3b11fnuz", "e4m3b11fnuz"),
        ("e4m3ieee", "e4m3ieee"),
        ("int8", "int8"),
        ("fp8", "mxfp8-e4m3/32"),
        ("fp6", "mxfp6-e2m3/32"),
        ("fp4", "mxfp4-e2m1/32"),
        ("fp6/16", "mxfp6-e2m3/16"),
        ("mxfp4", "mxfp4-e2m1/32"),
        ("mxint5/16", "mxint5/16"),
        ("mxfp6-e2m3/32", "mxfp6-e2m3/32"),
        ("mxfp8-e4m3/64", "mxfp8-e4m3/64"),
        ("mx-e2m1", "mxfp4-e2m1/32"),
        ("mx-q1.6", "mxint8/32"),
        ("mx-int4/8", "mx-int4/8"),
        ("nvfp4", "nvfp4/16"),
        ("block-int4-fp16", "block-int4-fp16/32"),
    ],
)
def test_parse_gives_the_canonical_name(text, name):
    assert formats.parse(text).name == name


def test_int8_is_an_integer_as_a_scalar_and_mxint8_as_a_block_format():
    assert formats.parse("int8") == formats.IntFormat(8)
    assert formats.parse_block("int8").name == "mxint8/32"
    assert formats.parse_block("int8/16").name == "mxint8/16"


@pytest.mark.parametrize(
    ("name", "policy"),
    [("e5m2", "ieee"), ("e4m3", "fn"), ("e3m2", "none"), ("e2m3", "none"), ("e2m1", "none")],
)
def test_bare_names_of_standard_elements_have_the_standard_policy(name, policy):
    assert formats.parse(name).specials == policy


@pytest.mark.parametrize(
    ("name", "policy"), [("e3m4", "ieee"), ("e2m2", "none"), ("e5m10", "ieee"), ("e7m0", "none")]
)
def test_other_bare_names_have_the_documented_policy(name, policy):
    assert formats.parse(name).specials == policy


@pytest.mark.parametrize(
    ("name", "element", "scale", "size"),
    [
        ("mxfp8-e5m2", "e5m2", "e8m0", 32),
        ("mxint8", "q1.6", "e8m0", 32),
        ("nvfp4", "e2m1", "e4m3", 16),
        ("block-uint4-fp16/128", "uint4", "fp16", 128),
    ],
)
def test_block_formats_are_element_scale_and_size(name, element, scale, size):
    block = formats.parse_block(name)
    assert (block.element.name, block.scale.name, block.block_size) == (element, scale, size)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (formats.parse, "fp7", "did you mean 'fp"),
        (formats.parse, "mxpf6", "did you mean 'mxfp6'"),
        (formats.parse, "e9m2", "exponent_bits must be an integer in 1..8, not 9"),
        (formats.parse, "e4m24", "significand_bits must be an integer in 0..23, not 24"),
        (formats.parse, "e4m3b501", "bias must be an integer in -500..500, not 501"),
        (formats.parse, "e4m0ieee", "specials 'ieee' must have"),
        (formats.parse, "ue4m3fnuz", "specials 'fnuz' must have a sign bit"),
        (formats.parse, "fp6/0", "block size must be in 1..65536, not 0"),
        (formats.parse, "fp6/x", "block size in 'fp6/x' must be a positive integer, not 'x'"),
        (formats.parse, "mxfp6-e4m3", "did you mean 'mxfp8-e4m3'"),
        (formats.parse, 8, "format must be a name, not 8"),
        (formats.parse_block, "e4m3", "did you mean 'mx-e4m3/32'"),
        (formats.parse_block, "mxfp9", "did you mean 'mxfp"),
    ],
)
def test_wrong_names_are_refused_with_one_line(parse, text, message):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_catalogue_lists_every_well_known_format_once_and_is_json():
    listing = formats.catalogue()
    names = [row["name"] for row in listing["formats"]]
    assert names == [*formats.SCALAR_NAMES, *formats.BLOCK_NAMES]
    assert len(set(names)) == len(names)
    shorts = {row["short"]: row["name"] for row in listing["formats"] if row["short"]}
    assert shorts == listing["short_names"] == formats.SHORT_NAMES
    assert json.loads(json.dumps(listing, allow_nan=False)) == listing


def test_describe_shows_the_facts_of_a_small_float():
    facts = formats.describe(formats.parse("e2m3"))
    assert (facts["width"], facts["max"], facts["min"], facts["bias"]) == (6, 7.5, -7.5, 1)
    assert facts["smallest_positive"] == 0.125
    assert facts["fields"] == {"sign": 1, "exponent": 2, "fraction": 3}
    assert facts["values"][0b1_01_100] == {"code": 44, "bits": "1 01 100", "value": -1.5}
    assert len(facts["values"]) == 64


@pytest.mark.parametrize("name", [*formats.SCALAR_NAMES, "e3m0", "e4m3nosub", "ue4m3", "e8m0none"])
def test_described_special_codes_and_extremes_are_true(name):
    format = formats.parse(name)
    facts = formats.describe(format)
    meanings = {row["meaning"]: row["code"] for row in facts["special_codes"]}
    for meaning, code in meanings.items():
        value = format.decode(np.array([code]))[0]
        if meaning.startswith("NaN"):
            assert np.isnan(value)
            if format.width <= 16:
                count = int(format.is_nan(np.arange(2**format.width)).sum())
                assert f"{count} code(s)" in meaning
        else:
            shown = {"plus infinity": "inf", "minus infinity": "-inf", "minus zero": "-0.0"}
            assert str(value) == shown[meaning]
    if format.width <= 16:
        values = format.decode(np.arange(2**format.width))
        finite = values[np.isfinite(values)]
        assert facts["max"] == finite.max()
        assert facts["min"] == finite.min()
        assert facts["smallest_positive"] == finite[finite > 0].min()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


@pytest.mark.parametrize("name", formats.BLOCK_NAMES)
def test_describe_of_blocks_shows_element_scale_and_choices(name):
    block = formats.parse(name)
    facts = formats.describe(block)
    assert facts["element"]["name"] == block.element.name
    assert facts["scale"]["name"] == block.scale.name
    assert facts["quantization"]["scale_rule"] == "floor"
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    stored = block.block_size * block.element.width + block.scale.width
    assert facts["bits_per_element"] * block.block_size == stored
