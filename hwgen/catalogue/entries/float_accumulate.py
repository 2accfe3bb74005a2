"""Catalogue entry of ``float-accumulate``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.float_tokens import kept_outputs
from hwgen.catalogue.vectors.float_accumulate import vectors
from hwgen.cores.floating.accumulate_config import FloatAccumulateConfig
from hwgen.golden.float_accumulate import accumulate
from hwgen.golden.lfsr import random_words

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.accumulate import FloatAccumulate

    return FloatAccumulate(config)


def _golden(config, inputs):
    """Return one result a token marked ``last``; see ``hwgen/golden/float_accumulate.py``."""
    stream = dict(inputs["i"])
    random = None
    if config.random_lanes:
        given = stream.pop("random", None)
        if given is None:
            given = random_words(config.random_bits, len(stream["value"]), config.random_seed)
        random = np.asarray(given).astype(f"uint{config.random_bits}")
    exact = config.out == "exact"
    outputs = accumulate(
        **stream,
        fmt=config.fmt,
        out=config.significand_width if exact else config.out,
        rounding=config.rounding if random is not None or not exact else "nearest-even",
        overflow=config.overflow,
        subnormals=config.subnormals,
        random=random,
    )
    return kept_outputs(config, outputs)


_SEMANTICS = """\
The result of a token marked `last` is the exact sum of all numbers since the latest `first`,
itself included, rounded once into `out`; `--out exact` gives it as an integer in units of the
smallest number of `fmt`. Without a `first` a sum goes on, even after a `last`; after reset it is
empty. A sum of more than `--max-terms` numbers may wrap.

The sum is NaN if a number is NaN or if infinities of both signs meet; otherwise it is infinite if
a number is. An exact zero is +0, but -0 if all numbers were negative (zeros), and when rounding
down -0 unless all were positive: what IEEE 754-2019, clause 6.3, gives for the additions one after
the other. `--subnormals flush` reads subnormal numbers as zeros, and writes a result that is,
rounded, below the smallest normal number as zero.

`--flags`: `invalid` for a signaling NaN, and for infinities of both signs without a NaN;
`overflow`, `underflow` (tiny after rounding, and inexact) and `inexact` of the one rounding.

The accumulator spans the whole range of the format. Its carry chain is cut into segments as short
as `--freq` asks for, and carries move on one segment a cycle, so that a number is taken in every
cycle at any frequency; the latency grows with the number of segments."""

CORE = Core(
    name="float-accumulate",
    summary="exact sum of a stream of floats, one rounding at the end",
    source="U. Kulisch, W. Miranker: The arithmetic of the digital computer (SIAM Review 28(1), "
    "1986); IEEE 754-2019, clauses 6 and 7",
    config=FloatAccumulateConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core float-accumulate --fmt fp16 --out fp32 --freq 200",
        "hwgen emit --core float-accumulate --fmt bf16 --out exact --max-terms 65536",
    ),
)
