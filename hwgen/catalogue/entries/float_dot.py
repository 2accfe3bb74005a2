"""Catalogue entry of ``float-dot``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.float_tokens import kept_outputs
from hwgen.catalogue.vectors.float_dot import vectors
from hwgen.cores.floating.dot_config import FloatDotConfig
from hwgen.golden.float_dot import dot
from hwgen.golden.lfsr import random_words

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.dot import FloatDot

    return FloatDot(config)


def _golden(config, inputs):
    """Return one result for every ``k / lanes`` beats; see ``hwgen/golden/float_dot.py``."""
    stream = inputs["i"]
    a, b = (np.asarray(stream[name]).reshape(-1, config.k) for name in "ab")
    random = None
    if config.random_lanes:
        random = stream.get("random")
        if random is None:
            beats = len(a) * config.beats
            random = random_words(config.random_bits, beats, config.random_seed)
        random = np.asarray(random).astype(f"uint{config.random_bits}")
        random = random[config.beats - 1 :: config.beats]
    exact = config.out == "exact"
    outputs = dot(
        a,
        b,
        fmt_a=config.fmt_a,
        fmt_b=config.fmt_b,
        out=config.significand_width if exact else config.out,
        rounding=config.rounding,
        overflow=config.overflow,
        subnormals=config.subnormals,
        random=random,
    )
    return kept_outputs(config, outputs)


_SEMANTICS = """\
A dot product arrives as `k / lanes` beats; lane j of beat t is element `t * lanes + j`. The result
is the exact sum of the k exact products, rounded once into `out`; `--out exact` gives it as an
integer in units of the smallest product. Nothing is lost inside, whatever the exponents: sums of
narrow formats are one fixed-point lane, those of wide ones (bf16, fp32) lie in limbs, so that
`--freq` bounds their carry chains too.

A product is NaN if a factor is, or for an infinity times zero. The sum is NaN if a product is or if
infinities of both signs meet; otherwise it is infinite if a product is. An exact zero is +0, but -0
if all products were negative (zeros), and when rounding down -0 unless all were positive: what
IEEE 754-2019, clause 6.3, gives for the additions one after the other. `--subnormals flush` reads
subnormal numbers as zeros, and writes a result that is, rounded, below the smallest normal number
as zero.

`--flags`: `invalid` for a signaling NaN, an infinity times zero, and for infinities of both signs
without a NaN; `overflow`, `underflow` (tiny after rounding, and inexact) and `inexact` of the one
rounding."""

CORE = Core(
    name="float-dot",
    summary="fused dot product of floats, exact inside, one rounding at the end",
    source="IEEE 754-2019, clauses 6, 7 and 9.4; exact accumulation: U. Kulisch, W. Miranker "
    "(SIAM Review 28(1), 1986)",
    config=FloatDotConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core float-dot --fmt e4m3 --k 8 --out fp16 --freq 150",
        "hwgen emit --core float-dot --fmt bf16 --k 16 --lanes 4",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
