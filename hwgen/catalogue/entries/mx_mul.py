"""Catalogue entry of ``mx-mul``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.entries.mx_quantise import random_numbers
from hwgen.catalogue.vectors import mx_mul as test_vectors
from hwgen.cores.mx.elementwise_config import MxMulConfig
from hwgen.golden.mx_elementwise import multiply_blocks

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.mx.elementwise import MxMul

    return MxMul(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_elementwise.py``."""
    beats = inputs["i"]
    return {
        "o": multiply_blocks(
            beats["a"],
            beats["b"],
            beats["scale_a"],
            beats["scale_b"],
            format_a=config.fmt_a,
            format_b=config.fmt_b,
            block=config.out,
            random=random_numbers(config, beats, len(beats["scale_a"])),
        )
    }


_SEMANTICS = """\
A block of each operand arrives as `k / lanes` beats; lane j of beat t is element `t * lanes + j`;
its scale stands in every beat. The values are the
exact products of the elements and of both scales. Infinity times zero is NaN; every product, zero
too, is negative where the signs differ.

The result is the block that section 6.3 of the standard makes of these exact values; the options
`rounding` to `flush_subnormals`, the payload of `o`, and when its beats go out are those of
[mx-quantise](core-mx-quantise.md): the scale comes from the exact results, and each is rounded
once. A NaN scale of an operand makes the scale of the result NaN."""

CORE = Core(
    name="mx-mul",
    summary="products of two blocks, element by element, exact before one rounding into a block",
    source="OCP Microscaling Formats (MX) Specification v1.0, section 6.3",
    config=MxMulConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core mx-mul --fmt mxfp6-e2m3 --k 8",
        "hwgen emit --core mx-mul --fmt mxfp8-e4m3/32 --out mxfp4/32 --lanes 8 --freq 120",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
