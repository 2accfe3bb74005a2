"""Catalogue entry of ``mx-dot``: golden model and test vectors of its configurations."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.exact import exact_codes
from hwgen.catalogue.vectors import mx_dot as test_vectors
from hwgen.cores.mx.dot_config import MxDotConfig
from hwgen.golden import mx_dot as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.mx.dot import MxDot

    return MxDot(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_dot.py``."""
    beats = inputs["i"]
    exact = config.out == "exact"
    outputs = golden_model.dot_general(
        **beats,
        format_a=config.fmt_a,
        format_b=config.fmt_b,
        output=None if exact else config.out,
        rounding=config.rounding,
        overflow=config.overflow,
        specials=config.specials,
        max_blocks=config.max_blocks,
        accumulator_width=config.significand_width if config.max_blocks > 1 else None,
        accumulator_step=config.accumulator_step,
    )
    return {"o": exact_codes(config, outputs) if exact else outputs}


_SEMANTICS = """\
A block arrives as `k / lanes` beats; lane j of beat t is element `t * lanes + j`. Scales, and the
marks `first` and `last` where there is an accumulator, are read with the block's last beat. Every
block, or every block marked `last`, gives one result.

With S the exact sum of the products of a block's elements, in units of `2**(lsb_a + lsb_b)`, and T
the sum of both scale codes, a block is worth `S * 2**(T - 254 + lsb_a + lsb_b)`. `--out exact`
gives S and the biased exponent (the bias is in `interface.json`); a float format gives that value
rounded once. With `--max-blocks` above 1 block sums meet in an accumulator that is aligned to the
largest scale so far; what it may lose is defined to the bit.

Of a float scale, as that of `nvfp4`, T has the exponent field (1 for a subnormal number), and S is
multiplied by the integer significand with its sign, exactly; 254 becomes the sum of both scales'
biases and fraction bits. A scale of zero makes a block zero. The result is in units of the tensor
scales, which are no input: multiply by them afterwards.

With `--specials ieee` a NaN scale, a NaN element, infinity times zero, and infinite products of
both signs make the result NaN; otherwise an infinite product makes it infinite. An exact result is
0 where a flag is set.

The whole definition, with its error bounds: [exactness](../explanation-exactness.md). Where
registers go: [pipelining](../explanation-pipelining.md). Area and speed:
[benchmark](../benchmarks/mx-dot.md)."""

CORE = Core(
    name="mx-dot",
    summary="exact dot product of MX blocks, any element formats, one rounding at the end",
    source="OCP Microscaling Formats (MX) Specification v1.0, sections 6.1 (Dot) and 6.2 "
    "(DotGeneral)",
    config=MxDotConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen build --core mx-dot --fmt fp6 --board ulx3s",
        "hwgen verify --core mx-dot --fmt-a mxfp4 --fmt-b mxfp8-e5m2 --max-blocks 16",
        "hwgen emit --core mx-dot --fmt int8 --out exact --freq 150",
        "hwgen verify --core mx-dot --fmt nvfp4 --max-blocks 8 --freq 100",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
