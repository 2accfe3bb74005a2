"""Catalogue entry of ``mx-dequantise``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.entries.mx_quantise import random_numbers
from hwgen.catalogue.vectors import mx_dequantise as test_vectors
from hwgen.cores.mx.dequantise_config import MxDequantiseConfig
from hwgen.golden.mx_dequantise import dequantise

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.mx.dequantise import MxDequantise

    return MxDequantise(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_dequantise.py``."""
    beats = inputs["i"]
    return {
        "o": dequantise(
            beats["elements"],
            beats["scale"],
            beats.get("tensor_scale"),
            block=config.fmt,
            output=config.out,
            rounding=config.rounding,
            overflow=config.overflow,
            random=random_numbers(config, beats, len(beats["scale"])),
        )
    }


_SEMANTICS = """\
Every beat holds `lanes` elements and their scale (and, in formats like `nvfp4`, the scale of the
tensor), and gives `lanes` values: the exact product of element and scales, rounded once into `out`.
A zero keeps its sign. A value is NaN, the canonical one, where a factor is NaN or infinity meets
zero; an infinite element is treated as the overflow of a number. In signed integer and fixed-point
formats what lies beyond, infinities included, is the largest or the smallest number, and NaN is the
largest."""

CORE = Core(
    name="mx-dequantise",
    summary="a block of any format to floats, integers or fixed point, one rounding",
    source="OCP Microscaling Formats (MX) Specification v1.0, section 5.1: value of an element",
    config=MxDequantiseConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core mx-dequantise --fmt mxfp4 --out bf16",
        "hwgen verify --core mx-dequantise --fmt mxfp8 --out q3.12 --rounding nearest-away",
        "hwgen emit --core mx-dequantise --fmt nvfp4 --out fp32 --lanes 4 --freq 120",
    ),
)
