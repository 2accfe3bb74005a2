"""Fields and checks that the configs of all cores share that make or read blocks."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Overflow,
    RandomBits,
    RandomSource,
    Rounding,
    Seed,
    Target,
    set_field,
)
from pydantic import Field
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = [
    "BlockResultConfig",
    "BlockShape",
    "PipelineConfig",
    "check_operand",
    "check_sizes",
    "with_rules",
]

_Lanes = Annotated[int, Field(ge=1, le=1024)] | None


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


def with_rules(block, size, rules):
    """Return a block format with another block size and choices."""
    return formats.BlockFormat(block.element, block.scale, size, block.tensor_scale, rules)


def check_operand(name, block):
    """Raise ``ValueError`` unless a core can read a block format."""
    element, scale = block.element, block.scale
    if isinstance(element, formats.PowerOfTwoFormat):
        raise ValueError(f"{name} must have elements with a sign, not {element.name!r}")
    if element.width > 16:
        raise ValueError(f"{name} must have elements of at most 16 bits, not {element.name!r}")
    if isinstance(scale, formats.PowerOfTwoFormat):
        return
    if not isinstance(scale, formats.FloatFormat) or scale.width > 16:
        raise ValueError(
            f"{name} must have an e8m0 scale or a float of at most 16 bits, not {scale.name!r}"
        )


def _check_result(name, block):
    """Raise ``ValueError`` unless a core can make a block format."""
    check_operand(name, block)
    element, scale = block.element, block.scale
    if not element.signed:
        raise ValueError(f"{name} must have elements with a sign, not {element.name!r}")
    if isinstance(element, formats.FloatFormat):
        if not element.subnormals:
            raise ValueError(
                f"{name} must have elements with subnormal numbers, not {element.name!r}"
            )
        if not element.max_code >> element.significand_bits:
            raise ValueError(f"{name} must have elements with normal numbers, not {element.name!r}")
    if isinstance(scale, formats.FloatFormat) and not (scale.subnormals and scale.nan_code):
        raise ValueError(
            f"{name} must have a scale with subnormal numbers and NaN, not {scale.name!r}"
        )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BlockShape(CoreConfig):
    """How a block arrives."""

    k: _Lanes = Field(
        default=None, description="elements in a block (default: that of the formats)"
    )
    lanes: _Lanes = Field(default=None, description="elements in one beat (default: k)")

    def check_lanes(self):
        """Set ``lanes`` to its default; raise ``ValueError`` unless it divides ``k``."""
        set_field(self, "lanes", self.lanes or self.k)
        if self.k % self.lanes:
            raise ValueError(f"lanes must divide k = {self.k}, not {self.lanes}")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Rules(CoreConfig):
    """How exact values become a block."""

    rounding: Rounding = Field(default="nearest-even", description="rounding of the elements")
    overflow: Overflow = Field(
        default="saturate", description="what an element beyond the largest becomes"
    )
    scale_rule: Literal["floor", "ceil", "even", "fit"] = Field(
        default="floor",
        description="how the scale follows from the largest value: 'floor' is that of the standard",
    )
    nan: Literal["block", "element"] = Field(
        default="block", description="whether a NaN makes the block NaN, or one element"
    )
    infinity: Literal["nan", "element"] = Field(
        default="nan", description="whether an infinity counts as a NaN, or becomes an element"
    )
    zero_scale: Literal["smallest", "one"] = Field(
        default="smallest", description="scale of a block of zeros: the smallest, or 1"
    )
    symmetric: bool = Field(
        default=True, description="leave out the most negative code of two's complement elements"
    )
    flush_subnormals: bool = Field(
        default=False, description="elements that come out subnormal become zero"
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PipelineConfig(CoreConfig):
    """Random bits, frequency and fabric."""

    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    target: Target = TARGET


# fields come in the order of the bases from the last to the first
@dataclass(frozen=True, kw_only=True, config=STRICT)
class BlockResultConfig(PipelineConfig, _Rules, BlockShape):
    """A core whose result is a block."""

    def set_result(self, name, block):
        """Set a field to the result's format, with size and choices.

        Raises ``ValueError`` for a format that no core can make.
        """
        _check_result(name, block)
        if self.scale_rule != "floor" and isinstance(block.scale, formats.FloatFormat):
            raise ValueError(
                f"scale_rule must be left as it is with scales in {block.scale.name}, "
                f"not {self.scale_rule!r}"
            )
        set_field(self, name, with_rules(block, self.k, self.rules))

    def set_operand(self, name):
        """Give the format of an operand its size; raise ``ValueError`` if it cannot be read."""
        block = getattr(self, name)
        check_operand(name, block)
        set_field(self, name, with_rules(block, self.k, formats.Quantization()))

    @cached_property
    def rules(self):
        """The choices as ``hwgen.formats.Quantization``."""
        return formats.Quantization(
            **{name: getattr(self, name) for name in _Rules.__dataclass_fields__}
        )
