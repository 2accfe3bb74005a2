"""Catalogue entry of ``mx-add``, and what it has in common with that of ``mx-mul``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.entries.mx_convert import BLOCK_RESULT
from hwgen.catalogue.entries.mx_quantise import random_numbers
from hwgen.catalogue.vectors import mx_add as test_vectors
from hwgen.cores.mx.elementwise_config import MxAddConfig
from hwgen.golden.mx_elementwise import add_blocks

__all__ = ["CORE", "elementwise_core"]

_BEATS = """\
A block of each operand arrives as `k / lanes` beats; lane j of beat t is element `t * lanes + j`;
its scale stands in every beat. """


def elementwise_core(name, golden, semantics, **members):
    """Return the entry of a core that combines two blocks.

    ``golden`` is a function of ``hwgen.golden.mx_elementwise``, ``semantics`` tells of its values,
    and ``members`` are further ones of ``Core``.
    """

    def outputs(config, inputs):
        beats = inputs["i"]
        operands = [beats[field] for field in ("a", "b", "scale_a", "scale_b")]
        random = random_numbers(config, beats, len(beats["scale_a"]))
        formats = {"format_a": config.fmt_a, "format_b": config.fmt_b, "block": config.out}
        return {"o": golden(*operands, **formats, random=random)}

    return Core(
        name=name,
        source="OCP Microscaling Formats (MX) Specification v1.0, section 6.3",
        golden=outputs,
        semantics=_BEATS + semantics + BLOCK_RESULT,
        shorthands={"fmt": ("fmt_a", "fmt_b")},
        **members,
    )


def _component(config):
    from hwgen.cores.mx.elementwise import MxAdd

    return MxAdd(config)


CORE = elementwise_core(
    "mx-add",
    add_blocks,
    """The values are the
exact sums of element times scale. Infinities of both signs add up to NaN. A sum that is zero is
+0 (-0 with `--rounding down`) unless both operands are zeros of the same sign. The scale of a
tensor, as `nvfp4` has one, takes no part: both operands and the result are in units of the same.
""",
    summary="sums of two blocks, element by element, exact before one rounding into a block",
    config=MxAddConfig,
    component=_component,
    vectors=test_vectors.vectors,
    examples=(
        "hwgen verify --core mx-add --fmt mxfp8-e4m3 --k 8",
        "hwgen verify --core mx-add --fmt nvfp4 --lanes 4 --freq 80",
        "hwgen emit --core mx-add --fmt mxint8/32 --out mxint8/32 --lanes 4 --freq 100",
    ),
)
