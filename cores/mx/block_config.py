"""Config fields that all cores share whose result is a block."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.config import CoreConfig, set_field
from pydantic import Field

from hwgen import formats

__all__ = [
    "BlockResultConfig",
    "Lanes",
    "check_element",
    "check_lanes",
    "check_sizes",
    "with_rules",
]

Lanes = Annotated[int, Field(ge=1, le=1024)] | None

ROUNDING = Field(default="nearest-even", description="rounding of the elements")
OVERFLOW = Field(default="saturate", description="what an element beyond the largest becomes")
SCALE_RULE = Field(
    default="floor",
    description="how the scale follows from the largest value: 'floor' is that of the standard",
)
NAN = Field(default="block", description="whether a NaN makes the block NaN, or one element")
INFINITY = Field(
    default="nan", description="whether an infinity counts as a NaN, or becomes an element"
)
ZERO_SCALE = Field(default="smallest", description="scale of a block of zeros: the smallest, or 1")
SYMMETRIC = Field(
    default=True, description="leave out the most negative code of two's complement elements"
)
FLUSH = Field(default=False, description="elements that come out subnormal become zero")
ScaleRule = Literal["floor", "ceil", "even", "fit"]
Nan = Literal["block", "element"]
Infinity = Literal["nan", "element"]
ZeroScale = Literal["smallest", "one"]


def check_sizes(config, names):
    """Set ``k`` to the block size that the named formats share, unless it is given.

    Raises ``ValueError`` if they do not share one.
    """
    sizes = {name: getattr(config, name).block_size for name in names}
    if config.k is None and len(set(sizes.values())) > 1:
        raise ValueError(
            f"{', '.join(names)} must have equal block sizes, not "
            f"{', '.join(map(str, sizes.values()))}; set k to override all"
        )
    set_field(config, "k", config.k or sizes[names[0]])


def check_element(name, block, result=True, float_scales=False):
    """Raise ``ValueError`` unless a core can read or, with ``result``, make a block format.

    ``float_scales`` tells whether its scale may be a float.
    """
    element = block.element
    if isinstance(element, formats.PowerOfTwoFormat):
        raise ValueError(f"{name} must have elements with a sign, not {element.name!r}")
    if float_scales:
        _check_scale(name, block.scale)
    elif block.scale.name != "e8m0":
        raise ValueError(f"{name} must have an e8m0 scale, not {block.scale.name!r}")
    if element.width > 16:
        raise ValueError(f"{name} must have elements of at most 16 bits, not {element.name!r}")
    if not result:
        return
    if not element.signed:
        raise ValueError(f"{name} must have elements with a sign, not {element.name!r}")
    if isinstance(element, formats.FloatFormat) and not element.subnormals:
        raise ValueError(f"{name} must have elements with subnormal numbers, not {element.name!r}")
    if (
        isinstance(element, formats.FloatFormat)
        and not element.max_code >> element.significand_bits
    ):
        raise ValueError(f"{name} must have elements with normal numbers, not {element.name!r}")


def _check_scale(name, scale):
    """Raise ``ValueError`` unless the scale is a power of two, or a float that a core can make."""
    if isinstance(scale, formats.PowerOfTwoFormat):
        return
    known = isinstance(scale, formats.FloatFormat) and scale.width <= 16
    if not known or not scale.subnormals or scale.nan_code is None:
        raise ValueError(
            f"{name} must have a scale of at most 16 bits with subnormal numbers and NaN, "
            f"not {scale.name!r}"
        )


def with_rules(block, size, rules):
    """Return a block format with another block size and choices."""
    return formats.BlockFormat(block.element, block.scale, size, block.tensor_scale, rules)


def check_lanes(config):
    """Set ``lanes`` to its default; raise ``ValueError`` unless it divides ``k``."""
    set_field(config, "lanes", config.lanes or config.k)
    if config.k % config.lanes:
        raise ValueError(f"lanes must divide k = {config.k}, not {config.lanes}")


class BlockResultConfig(CoreConfig):
    """What follows from the fields that say how a block is made."""

    @cached_property
    def rules(self):
        """The choices as ``hwgen.formats.Quantization``."""
        names = ("rounding", "overflow", "scale_rule", "nan", "infinity", "zero_scale")
        choices = {name: getattr(self, name) for name in names}
        return formats.Quantization(
            **choices, symmetric=self.symmetric, flush_subnormals=self.flush_subnormals
        )
