"""The rounder against the number formats: every significand, exponents across the whole range."""

import numpy as np
import pytest
from datapath import Datapath, as_signed
from hwgen.cores.arith.float_round import Rounding, round_to_float

from hwgen import formats

MODES = ("nearest-even", "nearest-away", "toward-zero", "up", "down")
WIDTH = 11
BIAS = 254


def _exponents(target):
    """Return codes around underflow, the middle and overflow of the format."""
    lowest = target.lsb_exponent - WIDTH - 2
    highest = target.max_exponent + 3
    steps = np.unique(np.r_[lowest : lowest + 20, -2:2, highest - 18 : highest])
    return np.clip(steps + BIAS, 0, 510)


@pytest.mark.parametrize("frequency", [None, 150])
@pytest.mark.parametrize("name", ["e4m3", "e5m2", "e4m3fnuz", "e3m2", "fp16", "bf16", "e8m1"])
def test_every_mode_rounds_once_as_the_format_defines(name, frequency, tmp_path):
    target = formats.parse(name)
    overflows = ["saturate"] if target.nan_code is None else ["infinity", "saturate"]
    choices = [(mode.replace("-", "_"), mode, overflow) for mode in MODES for overflow in overflows]

    def build(pipeline, values):
        return {
            f"{label}_{overflow}": round_to_float(
                pipeline,
                values["significand"],
                values["exponent"],
                BIAS,
                (0, 510),
                Rounding(target, mode, overflow),
            )
            for label, mode, overflow in choices
        }

    outputs = {f"{label}_{overflow}": target.width for label, _, overflow in choices}
    inputs = {"significand": (WIDTH, True), "exponent": (9, False)}
    exponents = _exponents(target)
    significands = np.arange(1 << WIDTH, dtype=np.uint64)
    codes = {
        "significand": np.tile(significands, len(exponents)),
        "exponent": np.repeat(exponents, 1 << WIDTH).astype(np.uint64),
    }
    results = Datapath(build, inputs, outputs, "ecp5", frequency).run(tmp_path, codes)
    significand = as_signed(codes["significand"], WIDTH)
    exponent = codes["exponent"].astype(np.int64) - BIAS
    for label, mode, overflow in choices:
        wanted = target.round_scaled(significand, exponent, mode, overflow).astype(np.uint64)
        # an exact zero is +0 whatever the mode
        np.testing.assert_array_equal(results[f"{label}_{overflow}"], wanted, label)
