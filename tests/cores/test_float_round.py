"""The rounder against the golden rounding: every significand, exponents across the whole range."""

import numpy as np
import pytest
from datapath import Datapath, as_signed
from hwgen.cores.arith.float_round import Rounding, round_significand, round_to_float

from hwgen import formats
from hwgen.golden.float_round import round_exact, signed_zero

MODES = ("nearest-even", "nearest-away", "toward-zero", "up", "down")
WIDTH = 11
BIAS = 254
FORMATS = ("e4m3", "e5m2", "e4m3fnuz", "e3m2", "fp16", "bf16", "e8m1", "e4m0")


def _exponents(target):
    """Return codes around underflow, the middle and overflow of the format."""
    lowest = target.lsb_exponent - WIDTH - 2
    highest = target.max_exponent + 3
    steps = np.unique(np.r_[lowest : lowest + 20, -2:2, highest - 18 : highest])
    return np.clip(steps + BIAS, 0, 510)


def _grid(target, count):
    """Return every significand below ``count`` with every exponent of interest, as codes."""
    exponents = _exponents(target)
    significands = np.arange(count, dtype=np.uint64)
    return np.tile(significands, len(exponents)), np.repeat(exponents, count).astype(np.uint64)


def _overflows(target):
    return ["saturate"] if target.nan_code is None else ["infinity", "saturate"]


@pytest.mark.parametrize("frequency", [None, 150])
@pytest.mark.parametrize("name", FORMATS)
def test_every_mode_rounds_once_as_the_format_defines(name, frequency, tmp_path):
    target = formats.parse(name)
    choices = [
        (f"{mode.replace('-', '_')}_{overflow}", mode, overflow)
        for mode in MODES
        for overflow in _overflows(target)
    ]

    def build(pipeline, values):
        operands = values["significand"], values["exponent"], BIAS, (0, 510)
        return {
            label: round_to_float(pipeline, *operands, Rounding(target, mode, overflow))
            for label, mode, overflow in choices
        }

    significand, exponent = _grid(target, 1 << WIDTH)
    inputs = {"significand": (WIDTH, True), "exponent": (9, False)}
    outputs = {label: target.width for label, _, _ in choices}
    codes = {"significand": significand, "exponent": exponent}
    results = Datapath(build, inputs, outputs, "ecp5", frequency).run(tmp_path, codes)
    value, scale = as_signed(significand, WIDTH), exponent.astype(np.int64) - BIAS
    for label, mode, overflow in choices:
        wanted = target.round_scaled(value, scale, mode, overflow).astype(np.uint64)
        # an exact zero is +0 whatever the mode
        np.testing.assert_array_equal(results[label], wanted, label)


_CASES = [
    ("e5m2", "full", None, False),
    ("fp16", "full", 150, False),
    ("e4m3", "flush", None, False),
    ("bf16", "flush", 150, True),
    ("e4m3fnuz", "full", None, True),
    ("e3m2", "full", None, True),
    ("e4m0", "full", None, True),
    ("e2m3", "flush", None, False),
]


@pytest.mark.parametrize(("name", "subnormals", "frequency", "normalised"), _CASES)
def test_flags_and_signs_are_those_of_the_definition(
    name, subnormals, frequency, normalised, tmp_path
):
    target = formats.parse(name)
    modes = [*MODES, "stochastic"]
    overflow = _overflows(target)[0]
    parts = ("code", "overflow", "underflow", "inexact")

    def build(pipeline, values):
        outputs = {}
        for number, mode in enumerate(modes):
            rounding = Rounding(target, mode, overflow, subnormals, True, 8)
            rounded = round_significand(
                pipeline,
                values["sign"],
                values["significand"],
                values["exponent"],
                BIAS,
                (0, 510),
                rounding,
                random=values["random"],
                normalised=normalised,
            )
            outputs |= {f"{part}{number}": getattr(rounded, part) for part in parts}
        return outputs

    significand, exponent = _grid(target, 1 << WIDTH)
    if normalised:
        chosen = (significand == 0) | (significand >> np.uint64(WIDTH - 1) == 1)
        significand, exponent = significand[chosen], exponent[chosen]
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, len(significand), dtype=np.uint8)
    noise[::16] = 255
    sign = random.integers(0, 2, len(significand), dtype=np.uint64)
    codes = {"sign": sign, "significand": significand, "exponent": exponent, "random": noise}
    inputs = {"sign": (1, False), "significand": (WIDTH, False), "exponent": (9, False)}
    inputs["random"] = (8, False)
    outputs = {
        f"{part}{number}": target.width if part == "code" else 1
        for number in range(len(modes))
        for part in parts
    }
    results = Datapath(build, inputs, outputs, "ecp5", frequency).run(tmp_path, codes)
    scale = exponent.astype(np.int64) - BIAS
    for number, mode in enumerate(modes):
        drawn = noise if mode == "stochastic" else None
        wanted = round_exact(
            sign == 1, significand, scale, target, mode, overflow, subnormals, drawn
        )
        for part, expected in zip(parts, vars(wanted).values(), strict=True):
            np.testing.assert_array_equal(results[f"{part}{number}"], expected, f"{mode} {part}")


@pytest.mark.parametrize("mode", MODES)
def test_the_sticky_bit_stands_for_what_lies_below_the_significand(mode, tmp_path):
    target = formats.parse("e4m3")
    rounding = Rounding(target, mode, "infinity", flags=True)
    parts = ("code", "overflow", "underflow", "inexact")

    def build(pipeline, values):
        rounded = round_significand(
            pipeline,
            values["sign"],
            values["significand"],
            values["exponent"],
            BIAS,
            (200, 300),
            rounding,
            sticky=values["sticky"],
            normalised=True,
        )
        return {part: getattr(rounded, part) for part in parts}

    significand, exponent = _grid(target, 1 << WIDTH)
    chosen = significand >> np.uint64(WIDTH - 1) == 1
    significand, exponent = significand[chosen], exponent[chosen]
    sign, sticky = np.random.default_rng(2).integers(0, 2, (2, len(significand)), dtype=np.uint64)
    inputs = {"sign": (1, False), "significand": (WIDTH, False), "exponent": (9, False)}
    inputs["sticky"] = (1, False)
    codes = {"sign": sign, "significand": significand, "exponent": exponent, "sticky": sticky}
    outputs = {part: target.width if part == "code" else 1 for part in parts}
    results = Datapath(build, inputs, outputs).run(tmp_path, codes)
    # any value between the significand and the next one gives the same result
    exact = significand * np.uint64(8) + sticky * np.uint64(3)
    scale = exponent.astype(np.int64) - BIAS - 3
    wanted = round_exact(sign == 1, exact, scale, target, mode)
    for part, expected in zip(parts, vars(wanted).values(), strict=True):
        np.testing.assert_array_equal(results[part], expected, part)


def test_the_golden_zero_has_its_sign_where_the_format_has_one():
    signs = np.array([False, True])
    assert signed_zero(formats.parse("e4m3"), signs).tolist() == [0, 128]
    assert signed_zero(formats.parse("e4m3fnuz"), signs).tolist() == [0, 0]
