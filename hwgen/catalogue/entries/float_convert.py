"""Catalogue entry of ``float-convert``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors.float_convert import vectors
from hwgen.cores.floating.convert_config import FloatConvertConfig
from hwgen.golden.float_convert import convert
from hwgen.golden.lfsr import random_words

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.convert import FloatConvert

    return FloatConvert(config)


def _golden(config, inputs):
    """Return the results and the flags that the config asks for."""
    value, random = np.asarray(inputs["i"]["value"]), None
    if config.random_lanes:
        random = inputs["i"].get("random")
        if random is None:
            random = _random(config, value)
        random = np.asarray(random).astype(f"uint{config.random_bits}")
    outputs = convert(
        value,
        fmt=config.fmt,
        out=config.out,
        rounding=config.rounding,
        overflow=config.overflow,
        subnormals=config.subnormals,
        random=random,
    )
    return {"o": {name: outputs[name].astype(np.uint64) for name in ("result", *config.flag_names)}}


def _random(config, value):
    """Return the random numbers of the registers inside, one a lane."""
    lanes = [
        random_words(config.random_bits, len(value), config.random_seed, lane)
        for lane in range(config.lanes)
    ]
    return np.stack(lanes, axis=-1) if value.ndim > 1 else lanes[0]


_SEMANTICS = """\
Each lane's number of `fmt` becomes the number of `out` that `--rounding` chooses (IEEE 754-2019,
clauses 5.4.1 and 5.4.2). A zero keeps its sign where `out` has -0. Conversions that lose nothing,
such as fp16 to fp32, take little more than wiring.

To a float: NaN becomes the canonical NaN of `out`, or its largest number where it has none.
`--overflow infinity` gives what clause 7.4 asks for, with NaN (else the largest number) instead of
infinity in a format without; `--overflow saturate` gives the largest finite number, for an
infinity as well. `--subnormals flush` reads subnormal floats as zeros, and writes a result that is,
rounded, below the smallest normal number as zero.

To an integer or fixed point: what is out of range after rounding, and an infinity, becomes the
largest or the smallest number; NaN becomes the largest. Both values of `--overflow` mean this.

`--flags`: `invalid` for a signaling NaN, a NaN or infinity that `out` does not show as such, and a
number that is out of range of an integer or fixed-point `out`; then `inexact`, and with a float
`out` also `overflow` and `underflow` (tiny after rounding, and inexact).

Stochastic rounding takes `--random-bits` bits a lane, from the input or from registers inside:
with F the discarded fraction cut to as many bits, the magnitude is rounded up where F plus the
random number carries."""

CORE = Core(
    name="float-convert",
    summary="numbers from one format to another: float, integer, fixed point",
    source="IEEE 754-2019, clauses 5.4.1, 5.4.2, 5.8 and 7",
    config=FloatConvertConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen emit --core float-convert --fmt fp32 --out e4m3 --lanes 4 --freq 150",
        "hwgen verify --core float-convert --fmt fp16 --out int8 --rounding toward-zero --flags",
    ),
)
