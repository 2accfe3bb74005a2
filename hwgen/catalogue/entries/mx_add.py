"""Catalogue entry of ``mx-add``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.entries.mx_quantise import random_numbers
from hwgen.catalogue.vectors import mx_add as test_vectors
from hwgen.cores.mx.elementwise_config import MxAddConfig
from hwgen.golden.mx_elementwise import add_blocks

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.mx.elementwise import MxAdd

    return MxAdd(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_elementwise.py``."""
    beats = inputs["i"]
    return {
        "o": add_blocks(
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
exact sums of element times scale. Infinities of both signs add up to NaN. A sum that is zero is
+0 (-0 with `--rounding down`) unless both operands are zeros of the same sign.

The result is the block that section 6.3 of the standard makes of these exact values; the options
`rounding` to `flush_subnormals`, the payload of `o`, and when its beats go out are those of
[mx-quantise](core-mx-quantise.md): the scale comes from the exact results, and each is rounded
once. A NaN scale of an operand makes the scale of the result NaN."""

CORE = Core(
    name="mx-add",
    summary="sums of two blocks, element by element, exact before one rounding into a block",
    source="OCP Microscaling Formats (MX) Specification v1.0, section 6.3",
    config=MxAddConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core mx-add --fmt mxfp8-e4m3 --k 8",
        "hwgen emit --core mx-add --fmt mxint8/32 --out mxint8/32 --lanes 4 --freq 100",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
