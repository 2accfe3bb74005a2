"""Catalogue entry of ``mx-mul``."""

from hwgen.catalogue.entries.mx_add import elementwise_core
from hwgen.catalogue.vectors import mx_mul as test_vectors
from hwgen.cores.mx.elementwise_config import MxMulConfig
from hwgen.golden.mx_elementwise import multiply_blocks

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.mx.elementwise import MxMul

    return MxMul(config)


CORE = elementwise_core(
    "mx-mul",
    multiply_blocks,
    """The values are the
exact products of the elements and of both scales. Infinity times zero is NaN; every product, zero
too, is negative where the signs differ. Scales of tensors, as those of `nvfp4`, take no part: the
result is in units of their product.
""",
    summary="products of two blocks, element by element, exact before one rounding into a block",
    config=MxMulConfig,
    component=_component,
    vectors=test_vectors.vectors,
    examples=(
        "hwgen verify --core mx-mul --fmt mxfp6-e2m3 --k 8",
        "hwgen verify --core mx-mul --fmt-a nvfp4 --fmt-b mxfp8-e4m3/16 --out nvfp4 --lanes 4",
        "hwgen emit --core mx-mul --fmt mxfp8-e4m3/32 --out mxfp4/32 --lanes 8 --freq 120",
    ),
)
