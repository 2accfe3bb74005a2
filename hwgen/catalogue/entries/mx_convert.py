"""Catalogue entry of ``mx-convert``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.entries.mx_quantise import random_numbers
from hwgen.catalogue.vectors import mx_convert as test_vectors
from hwgen.cores.mx.convert_config import MxConvertConfig
from hwgen.golden.mx_convert import convert

__all__ = ["BLOCK_RESULT", "CORE"]


def _component(config):
    from hwgen.cores.mx.convert import MxConvert

    return MxConvert(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_convert.py``."""
    beats = inputs["i"]
    return {
        "o": convert(
            beats["elements"],
            beats["scale"],
            source=config.fmt_in,
            block=config.fmt,
            random=random_numbers(config, beats, len(beats["scale"])),
        )
    }


BLOCK_RESULT = """
The result is the block that section 6.3 of the standard makes of these exact values, or the block
with a float scale that [mx-quantise](core-mx-quantise.md) defines; that page also tells of the
options `rounding` to `flush_subnormals`, of the payload of `o`, and when its beats go out. The
scale comes from the exact results, and each of them is divided by it and rounded once.

A NaN scale of an operand makes the scale of the result NaN. A float scale counts with its sign;
an infinite one makes infinities of all elements but zeros, which become NaN."""

_SEMANTICS = (
    """\
A block arrives as `k / lanes` beats; lane j of beat t is element `t * lanes + j`;
its scale stands in every beat. The values are
element times scale, exactly. The scale of the tensor, as `nvfp4` has one, takes no part: the result
is in units of it. So `nvfp4` to `nvfp4` keeps it; on the way to a format without one it is left to
what follows, and a power of two only moves the exponents of the scales.
"""
    + BLOCK_RESULT
)

CORE = Core(
    name="mx-convert",
    summary="a block in another block format, from exact values, one rounding",
    source="OCP Microscaling Formats (MX) Specification v1.0, section 6.3",
    config=MxConvertConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core mx-convert --fmt-in mxfp8-e4m3 --fmt mxfp4",
        "hwgen verify --core mx-convert --fmt-in mxfp8-e4m3/16 --fmt nvfp4 --lanes 4 --freq 100",
        "hwgen emit --core mx-convert --fmt-in mxint8 --fmt mxfp6-e2m3 --lanes 4 --freq 120",
    ),
)
