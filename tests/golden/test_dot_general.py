"""The golden model of mx-dot against the definition in exact fractions."""

from fractions import Fraction

import dot_reference as reference
import ml_dtypes
import numpy as np
import pytest
from exact_reference import NAN, power, value_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.golden import default_accumulator_width, dot_general, guard_bits, sum_bits

SIX = ["mxfp4", "mxfp6-e2m3", "mxfp6-e3m2", "mxfp8-e4m3", "mxfp8-e5m2", "mxint8"]
MORE = [*SIX, "mxint5", "mx-e4m3fnuz", "mx-e3m4", "mx-int4", "mx-uint4", "mx-e2m0"]
FLOAT_SCALES = ["nvfp4", "block-q1.6-ue5m3fn", "block-e4m3-e4m3fnuz", "block-uint4-ue4m3"]
ML_DTYPES = {
    "mxfp4": ml_dtypes.float4_e2m1fn,
    "mxfp6-e2m3": ml_dtypes.float6_e2m3fn,
    "mxfp6-e3m2": ml_dtypes.float6_e3m2fn,
    "mxfp8-e4m3": ml_dtypes.float8_e4m3fn,
    "mxfp8-e5m2": ml_dtypes.float8_e5m2,
}


def block_format(name, size):
    return formats.parse_block(f"{name}/{size}")


def random_beats(seed, pair, blocks, lanes, scales=(0, 256), special_share=0.02):
    """Return beats of random codes as ``dot_general`` takes them; special codes are made rare."""
    random = np.random.default_rng(seed)
    beats = blocks * pair[0].block_size // lanes
    inputs = []
    for each in pair:
        element = each.element
        codes = random.integers(0, 2**element.width, (beats, lanes))
        special = element.is_nan(codes) | element.is_infinite(codes)
        codes[special & (random.random(codes.shape) > special_share)] = 1
        inputs.append(codes)
    inputs += [random.integers(*scales, beats) for _ in range(2)]
    return inputs


def blocks_of(pair, a, b, scale_a, scale_b):
    size = pair[0].block_size
    each = size // a.shape[1]
    rows = (np.reshape(codes, (-1, size)).tolist() for codes in (a, b))
    scales = (codes[each - 1 :: each].tolist() for codes in (scale_a, scale_b))
    return [reference.block(*pair, *block) for block in zip(*rows, *scales, strict=True)]


def assert_codes(output, codes, expected):
    assert len(codes) == len(expected)
    for code, (negative, magnitude) in zip(codes.tolist(), expected, strict=True):
        found_negative, found = value_of(output, code)
        assert found == magnitude
        if negative is None:
            assert code == output.nan_code
        else:
            assert found_negative == negative


def assert_exact(result, expected, infinities):
    """``expected``: (significand, exponent, kind) of every dot."""
    finite = [0 if kind else total for total, _, kind in expected]
    assert [int(each) for each in result["significand"]] == finite
    assert result["exponent"].tolist() == [each[1] for each in expected]
    kinds = [each[2] for each in expected]
    assert result["nan"].tolist() == [kind == NAN for kind in kinds]
    assert ("inf_positive" in result) == infinities
    if infinities:
        assert result["inf_positive"].tolist() == [kind == "inf" for kind in kinds]
        assert result["inf_negative"].tolist() == [kind == "-inf" for kind in kinds]


@pytest.mark.parametrize("name_b", MORE)
@pytest.mark.parametrize("name_a", SIX)
def test_exact_result_of_single_blocks_equals_the_definition(name_a, name_b):
    pair = block_format(name_a, 8), block_format(name_b, 8)
    inputs = random_beats(1, pair, 30, 4)
    result = dot_general(*inputs, format_a=pair[0], format_b=pair[1])
    expected = [
        (total, scale + reference.unit(*pair), kind)
        for total, scale, kind in blocks_of(pair, *inputs)
    ]
    assert_exact(result, expected, any(each.element.infinity_code for each in pair))


@pytest.mark.parametrize("name_b", [*FLOAT_SCALES, "mxfp4"])
@pytest.mark.parametrize("name_a", FLOAT_SCALES)
def test_exact_result_with_float_scales_equals_the_definition(name_a, name_b):
    pair = block_format(name_a, 4), block_format(name_b, 4)
    a, b, *_ = random_beats(1, pair, 60, 2)
    random = np.random.default_rng(2)
    scales = [random.integers(0, 2**each.scale.width, len(a)) for each in pair]
    result = dot_general(a, b, *scales, format_a=pair[0], format_b=pair[1])
    expected = [
        (total, scale + reference.unit(*pair), kind)
        for total, scale, kind in blocks_of(pair, a, b, *scales)
    ]
    assert_exact(result, expected, infinities=False)


@pytest.mark.parametrize("name_b", [*SIX, "mxint5"])
@pytest.mark.parametrize("name_a", SIX)
def test_exact_accumulation_equals_the_definition(name_a, name_b):
    pair = block_format(name_a, 4), block_format(name_b, 4)
    inputs = random_beats(2, pair, 60, 2, scales=(100, 160), special_share=0.005)
    random = np.random.default_rng(3)
    last = random.random(60) < 0.3
    last[-1] = True
    first = np.concatenate([[True], last[:-1]])
    marks = [np.repeat(each, 2) for each in (first, last)]
    longest = int(np.diff(np.flatnonzero(np.concatenate([[True], last]))).max())
    width = default_accumulator_width(*pair, longest)
    result = dot_general(*inputs, *marks, format_a=pair[0], format_b=pair[1], max_blocks=longest)
    blocks, expected, start = blocks_of(pair, *inputs), [], 0
    for end in np.flatnonzero(last) + 1:
        dot = blocks[start:end]
        register, exponent = reference.accumulated(dot, 16, 16, width)
        kind = reference.merge([block[2] for block in dot])
        expected.append((register, exponent + reference.unit(*pair), kind))
        start = end
    assert_exact(result, expected, any(each.element.infinity_code for each in pair))


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_rounded_dot_of_any_configuration_equals_the_definition(data):
    size = data.draw(st.sampled_from([1, 2, 4, 8, 32]), "block size")
    kinds = st.sampled_from([*MORE, *FLOAT_SCALES])
    pair = tuple(block_format(data.draw(kinds), size) for _ in "ab")
    float_scale = any(isinstance(each.scale, formats.FloatFormat) for each in pair)
    output = formats.parse(data.draw(st.sampled_from(["fp16", "bf16", "e5m2", "e4m3", "e4m3fnuz"])))
    rounding = data.draw(st.sampled_from([r for r in formats.ROUNDINGS if r != "stochastic"]))
    overflow = data.draw(st.sampled_from(list(formats.OVERFLOWS)))
    can_be_infinite = any(each.element.infinity_code is not None for each in pair)
    either = ["ignore"] if float_scale and can_be_infinite else ["ieee", "ignore"]
    specials = data.draw(st.sampled_from(either))
    longest = data.draw(st.integers(1, 4), "blocks in the dot")
    step = data.draw(st.sampled_from([1, 4, 16, 64]), "step")
    spread = data.draw(st.sampled_from([(0, 256), (110, 140), (125, 129)]))
    spread = (0, 256 >> any(each.scale.width < 8 for each in pair)) if float_scale else spread
    lanes = data.draw(st.sampled_from([n for n in (1, 2, 4, 8, 32) if n <= size]))
    inputs = random_beats(data.draw(st.integers(0, 999)), pair, longest, lanes, spread)
    beats = len(inputs[0])
    extra = data.draw(st.integers(0, 30), "bits above the least")
    width = extra - guard_bits(*pair, longest, 0, step, specials)
    result = dot_general(
        *inputs,
        np.arange(beats) == size // lanes - 1,
        np.arange(beats) == beats - 1,
        format_a=pair[0],
        format_b=pair[1],
        output=output,
        rounding=rounding,
        overflow=overflow,
        specials=specials,
        max_blocks=longest,
        accumulator_width=width,
        accumulator_step=step,
    )["result"]
    blocks = blocks_of(pair, *inputs)
    if longest == 1:
        value = blocks[0][0] * power(blocks[0][1] + reference.unit(*pair))
    else:
        register, exponent = reference.accumulated(blocks, step, extra, width)
        value = register * power(exponent + reference.unit(*pair))
    kind = reference.merge([block[2] for block in blocks]) if specials == "ieee" else None
    assert_codes(output, result, [reference.rounded(value, kind, output, rounding, overflow)])


@pytest.mark.parametrize("name", ML_DTYPES)
def test_dot_of_finite_codes_equals_ml_dtypes_values_summed_as_fractions(name):
    block = block_format(name, 32)
    a, b, scale_a, scale_b = random_beats(4, (block, block), 60, 32, (40, 200), 0)
    result = dot_general(a, b, scale_a, scale_b, format_a=block, format_b=block)
    decoded = [codes.astype(np.uint8).view(ML_DTYPES[name]) for codes in (a, b)]
    values = [each.astype(np.float64).reshape(-1, 32).tolist() for each in decoded]
    for row in range(60):
        products = zip(values[0][row], values[1][row], strict=True)
        total = sum(Fraction(x) * Fraction(y) for x, y in products)
        total *= power(int(scale_a[row]) - 127) * power(int(scale_b[row]) - 127)
        assert int(result["significand"][row]) * power(int(result["exponent"][row])) == total


def test_result_in_fp32_equals_float64_arithmetic_where_that_is_exact():
    block = block_format("mxfp6-e2m3", 32)
    a, b, scale_a, scale_b = random_beats(5, (block, block), 20_000, 32, (100, 150))
    result = dot_general(
        a, b, scale_a, scale_b, format_a=block, format_b=block, output=formats.parse("fp32")
    )
    element = block.element
    exact = (element.decode(a) * element.decode(b)).sum(axis=1)
    exact = np.ldexp(exact, scale_a + scale_b - 254)
    exact[exact == 0] = 0.0
    np.testing.assert_array_equal(result["result"], exact.astype(np.float32).view(np.uint32))


def one_block(name, a, b, scales=(127, 127), **options):
    block = block_format(name, len(a))
    codes = [np.array([row]) for row in (a, b)]
    scales = [np.array([scale]) for scale in scales]
    return dot_general(*codes, *scales, format_a=block, format_b=block, **options)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0x7D, 0], [0x3C, 0], "nan"),
        ([0x7C, 0], [0x00, 0], "nan"),
        ([0x80, 0], [0xFC, 0], "nan"),
        ([0x7C, 0], [0x3C, 0], "inf"),
        ([0x7C, 0], [0xBC, 0], "-inf"),
        ([0x7C, 0xFC], [0x3C, 0xBC], "inf"),
        ([0x7C, 0xFC], [0x3C, 0x3C], "nan"),
        ([0x7C, 0x7E], [0x3C, 0x3C], "nan"),
    ],
)
def test_special_elements_follow_ieee_rules(a, b, expected):
    code = one_block("mxfp8-e5m2", a, b, output=formats.parse("fp32"))["result"]
    assert str(formats.parse("fp32").decode(code)[0]) == expected


@pytest.mark.parametrize("scales", [(255, 0), (127, 255), (255, 255)])
def test_nan_scale_makes_the_block_nan(scales):
    output = formats.parse("bf16")
    assert one_block("mxfp4", [2], [2], scales, output=output)["result"] == output.nan_code
    ignored = one_block("mxfp4", [2], [2], scales, specials="ignore")
    assert ignored["exponent"][0] == sum(scales) - 254 - 2
    assert "nan" not in ignored


def test_at_most_one_flag_is_set():
    result = one_block("mxfp8-e5m2", [0x7C], [0x3C], (255, 0))
    flags = [result[name].tolist() for name in ("nan", "inf_positive", "inf_negative")]
    assert flags == [[True], [False], [False]]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0x7C, 0xFC, 0x3C], [1, 0, 0]),
        ([0x3C, 0x7C, 0x7C], [0, 1, 0]),
        ([0xFC, 0x3C, 0x3C], [0, 0, 1]),
        ([0x7C, 0x3C, 0x7F], [1, 0, 0]),
        ([0x3C, 0x3C, 0x3C], [0, 0, 0]),
    ],
)
def test_flags_of_a_dot_come_from_all_its_blocks_and_no_others(codes, expected):
    block = block_format("mxfp8-e5m2", 1)
    a = np.array([0x7C, *codes, 0xFC])
    result = dot_general(
        a, np.full(5, 0x3C), np.full(5, 127), np.full(5, 127), [1, 1, 0, 0, 1], [1, 0, 0, 1, 1],
        format_a=block, format_b=block, max_blocks=3,
    )  # fmt: skip
    flags = [int(result[name][1]) for name in ("nan", "inf_positive", "inf_negative")]
    assert flags == expected


def test_infinity_saturates_on_request():
    output = formats.parse("fp32")
    result = one_block("mxfp8-e5m2", [0x7C], [0xBC], output=output, overflow="saturate")
    assert result["result"] == output.min_code


def test_exact_zero_is_plus_zero_and_tiny_negative_keeps_its_sign():
    output = formats.parse("fp16")
    assert one_block("mxfp4", [8, 8], [2, 2], output=output)["result"] == 0
    assert one_block("mxfp4", [2, 2], [2, 10], output=output, rounding="down")["result"] == 0
    assert one_block("mxfp4", [2], [10], (0, 0), output=output)["result"] == 0x8000


def test_scales_and_marks_of_the_last_beat_count():
    block = block_format("mxfp4", 4)
    a = np.full((8, 1), 2)
    scales = np.array([255, 0, 3, 127] * 2)
    marks = [np.array([1, 1, 1, 1, 1, 1, 1, 0]), np.array([1, 1, 1, 0, 1, 1, 1, 1])]
    result = dot_general(
        a, a, scales, scales, *marks, format_a=block, format_b=block, max_blocks=2,
        output=formats.parse("fp32"),
    )  # fmt: skip
    np.testing.assert_array_equal(result["result"].view(np.float32), [8.0])


def test_first_within_a_dot_abandons_it_and_an_open_dot_gives_nothing():
    block = block_format("mxfp4", 1)
    a = np.array([2, 4, 6, 2])
    scale = np.full(4, 127)
    result = dot_general(
        a, a, scale, scale, [1, 1, 0, 1], [0, 0, 1, 0], format_a=block, format_b=block,
        max_blocks=4, output=formats.parse("fp32"),
    )  # fmt: skip
    np.testing.assert_array_equal(result["result"].view(np.float32), [4.0 + 16.0])


def test_truncation_of_the_accumulator_is_toward_minus_infinity():
    block = block_format("mxfp4", 1)
    # -1 at a scale far below the first block's: its floor is one unit of the accumulator.
    result = dot_general(
        [2, 2], [2, 10], [127, 0], [127, 0], [1, 0], [0, 1], format_a=block, format_b=block,
        max_blocks=2,
    )  # fmt: skip
    assert int(result["significand"][0]) == 4 * 2 ** (14 + 16) - 1
    assert result["exponent"].tolist() == [240 - 16 - 254 - 2]


@pytest.mark.parametrize("name_b", [*SIX, "mxint5", "mx-uint4"])
@pytest.mark.parametrize("name_a", ["mxfp4", "mxint8", "mxfp6-e3m2", "mx-int4"])
def test_sum_bits_is_the_least_width_that_holds_every_sum(name_a, name_b):
    for size in (1, 8, 9):
        pair = block_format(name_a, size), block_format(name_b, size)
        assert sum_bits(*pair, "ignore") == reference.width_of_sum(*pair)
        assert sum_bits(*pair) == reference.width_of_sum(*pair, only_numbers=True)


def test_default_accumulator_has_as_many_guard_bits_as_the_step():
    pair = block_format("mxfp6-e2m3", 32), block_format("mxfp4", 32)
    for step in (1, 8, 16):
        width = default_accumulator_width(*pair, 5, step)
        assert guard_bits(*pair, 5, width, step) == step
        assert width == sum_bits(*pair) + step - 1 + 3 + step


@pytest.mark.parametrize("name", ["mxfp4", "mxint8", "mxfp8-e5m2"])
def test_least_accumulator_never_wraps_within_max_blocks(name):
    block, count = block_format(name, 2), 5
    element = block.element
    extremes = [element.min_code, element.max_code]
    width = -guard_bits(block, block, count, 0)
    a = np.full((count, 2), extremes[0])
    marks = [np.arange(count) == 0, np.arange(count) == count - 1]
    for code in extremes:
        b = np.full((count, 2), code)
        result = dot_general(
            a, b, np.full(count, 142), np.full(count, 129), *marks, format_a=block,
            format_b=block, max_blocks=count, accumulator_width=width,
        )  # fmt: skip
        product = reference.ordinary_value(element, extremes[0])
        product *= reference.ordinary_value(element, code)
        value = int(result["significand"][0]) * power(int(result["exponent"][0]))
        assert value == 2 * count * product * power(142 + 129 - 254)


@pytest.mark.parametrize("name", ["mxint8", "mxfp8-e5m2"])
def test_accumulator_wraps_in_dots_longer_than_max_blocks(name):
    block, count = block_format(name, 2), 40
    codes = np.full((count, 2), block.element.max_code)
    inputs = codes, codes, np.full(count, 142), np.full(count, 129)
    width = -guard_bits(block, block, 2, 0)
    result = dot_general(
        *inputs, np.arange(count) == 0, np.arange(count) == count - 1, format_a=block,
        format_b=block, max_blocks=2, accumulator_width=width,
    )  # fmt: skip
    blocks = blocks_of((block, block), *inputs)
    register, _ = reference.accumulated(blocks, 16, 0, width)
    unwrapped, _ = reference.accumulated(blocks, 16, 0, 2 * width)
    assert register != unwrapped
    assert int(result["significand"][0]) == register


def test_no_beats_give_no_results():
    block = block_format("mxfp4", 8)
    none = (
        np.zeros((0, 8), np.uint8),
        np.zeros((0, 8), np.uint8),
        np.zeros(0, int),
        np.zeros(0, int),
    )
    fp32 = formats.parse("fp32")
    assert len(dot_general(*none, format_a=block, format_b=block, output=fp32)["result"]) == 0
    empty = np.zeros(0, bool)
    marked = dot_general(*none, empty, empty, format_a=block, format_b=block, max_blocks=3)
    assert [len(each) for each in marked.values()] == [0, 0, 0]
