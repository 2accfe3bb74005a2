"""Configuration of the MX dot product and the widths that follow from it."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    Block,
    CoreConfig,
    Frequency,
    Multipliers,
    Overflow,
    Target,
    checked,
    number,
    set_field,
)
from hwgen.cores.mx.product import pairs_fit, product_range
from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats, targets
from hwgen.errors import UsageError, nearest

__all__ = ["MxDotConfig"]


def _output(text):
    """Return "exact", or the float format of that name."""
    if text == "exact":
        return text
    try:
        found = formats.parse(text)
    except UsageError:
        known = ["exact", *formats.SCALAR_NAMES]
        raise UsageError(
            f"must be 'exact' or a float format, not {text!r}{nearest(text, known)}"
        ) from None
    if not isinstance(found, formats.FloatFormat):
        raise UsageError(f"must be 'exact' or a float format, not {text!r}")
    return found


Output = Annotated[Literal["exact"] | formats.FloatFormat, BeforeValidator(checked(_output))]
Step = Annotated[Literal[4, 8, 16, 32, 64], BeforeValidator(number)]


def _scale_exponents(scale):
    """Return the range of a scale's exponent field; that of subnormal numbers counts as 1."""
    if isinstance(scale, formats.PowerOfTwoFormat):
        return 0, scale.nan_code
    return 1, max(1, (1 << scale.exponent_bits) - 1)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxDotConfig(CoreConfig):
    """What an ``mx-dot`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_a: Block = Field(
        default="mxfp6-e2m3/32", validate_default=True, description="block format of operand a"
    )
    fmt_b: Block = Field(
        default="mxfp6-e2m3/32", validate_default=True, description="block format of operand b"
    )
    k: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="elements in a block (default: that of the formats)"
    )
    lanes: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="elements multiplied in one cycle (default: k)"
    )
    out: Output = Field(
        default="fp32",
        validate_default=True,
        description="'exact' (integer and exponent) or a float format, rounded once",
    )
    rounding: Literal["nearest-even", "nearest-away", "toward-zero", "up", "down"] = Field(
        default="nearest-even", description="rounding of a float result"
    )
    overflow: Overflow = Field(
        default="infinity", description="what a result beyond the largest number becomes"
    )
    max_blocks: Annotated[int, Field(ge=1, le=1 << 20)] = Field(
        default=1, description="most blocks in one dot product; above 1 adds an accumulator"
    )
    accumulator_width: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="bits of the accumulator (default: one step of guard bits)"
    )
    accumulator_step: Step = Field(
        default=16, description="accumulator alignment: exponents move in steps of so many bits"
    )
    specials: Literal["ieee", "ignore"] = Field(
        default="ieee", description="'ignore' reads NaN and infinity codes as numbers"
    )
    freq: Frequency = FREQUENCY
    dsp: Multipliers = Field(
        default="auto", description="hard multipliers: 'auto', 'none', or at most so many"
    )
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        sizes = {self.fmt_a.block_size, self.fmt_b.block_size}
        if self.k is None and len(sizes) > 1:
            raise ValueError(
                f"fmt_a and fmt_b must have equal block sizes, not {self.fmt_a.block_size} and "
                f"{self.fmt_b.block_size}; set k to override both"
            )
        set_field(self, "k", self.k or self.fmt_a.block_size)
        set_field(self, "lanes", self.lanes or self.k)
        for name in ("fmt_a", "fmt_b"):
            block = getattr(self, name)
            self._check_format(name, block)
            outer = block.tensor_scale
            set_field(self, name, formats.BlockFormat(block.element, block.scale, self.k, outer))
        if self.k % self.lanes:
            raise ValueError(f"lanes must divide k = {self.k}, not {self.lanes}")
        self._check_output()
        self._check_accumulator()
        return self

    def _check_format(self, name, block):
        scale = block.scale
        if isinstance(block.element, formats.PowerOfTwoFormat) or block.element.width > 16:
            raise ValueError(
                f"{name} must have number elements of at most 16 bits, not {block.element.name!r}"
            )
        if isinstance(scale, formats.PowerOfTwoFormat):
            return
        if not isinstance(scale, formats.FloatFormat) or scale.infinity_code is not None:
            raise ValueError(
                f"{name} must have an e8m0 scale or a float without infinities, not {scale.name!r}"
            )
        if scale.nan_code is None and self.specials == "ieee":
            raise ValueError(f"{name} must have a scale with NaN, not {scale.name!r}")
        if self.has_infinities:
            raise ValueError(f"{name} must have an e8m0 scale where elements can be infinite")

    def _check_output(self):
        if self.out == "exact":
            return
        if self.out.nan_code is None and self.specials != "ignore":
            raise ValueError(
                f"out must be a format with NaN, not {self.out.name!r}; or set specials to 'ignore'"
            )
        if (
            self.out.infinity_code is None
            and self.overflow == "infinity"
            and self.out.nan_code is None
        ):
            raise ValueError(f"overflow must be 'saturate' for out {self.out.name!r}")
        if not self.out.signed or not self.out.subnormals:
            raise ValueError(f"out must have a sign and subnormal numbers, not {self.out.name!r}")

    def _check_accumulator(self):
        if self.accumulator_width is not None and self.guard_bits < 0:
            least = self.accumulator_width - self.guard_bits
            raise ValueError(
                f"accumulator_width must be at least {least} for this configuration, "
                f"not {self.accumulator_width}"
            )

    @cached_property
    def block_sum_shape(self):
        """Shape of the exact sum of one block."""
        low, high = self.sum_range(self.k)
        return shape_of_range(min(low, -1), high)

    @cached_property
    def scaled_shape(self):
        """Shape of the exact sum of one block times the significand of its scales."""
        low, high = self.sum_range(self.k)
        factor, signed = 1, False
        for block in (self.fmt_a, self.fmt_b):
            if isinstance(block.scale, formats.FloatFormat):
                factor *= (2 << block.scale.significand_bits) - 1
                signed |= block.scale.signed
        if signed:
            low, high = min(low, -high), max(high, -low)
        return shape_of_range(min(low, -1) * factor, high * factor)

    @property
    def scale_range(self):
        """Range of the sum of both scales' exponent fields."""
        ranges = [_scale_exponents(each.scale) for each in (self.fmt_a, self.fmt_b)]
        return tuple(sum(each) for each in zip(*ranges, strict=True))

    @property
    def scale_width(self):
        """Bits of the sum of both scales' exponent fields; more than what is no whole step."""
        least = self.accumulator_step.bit_length() if self.max_blocks > 1 else 1
        return max(least, self.scale_range[1].bit_length())

    @property
    def hard_scale(self):
        """Whether a hard multiplier brings the significand of float scales to the sum."""
        factors = [each.scale for each in (self.fmt_a, self.fmt_b)]
        bits = sum(each.significand_bits + 1 for each in factors if hasattr(each, "exponent_bits"))
        fabric = targets.get(self.target)
        if not bits or self.dsp == "none":
            return False
        if not fabric.multiplies(self.block_sum_shape.width, bits + 1):
            return False
        pairs = pairs_fit(self.fmt_a.element, self.fmt_b.element, fabric)
        used = -(-self.multiplier_lanes // (2 if pairs else 1))
        return self.dsp == "auto" or self.dsp > used

    def sum_range(self, count):
        """Return (minimum, maximum) of a sum of ``count`` products."""
        elements = (self.fmt_a.element, self.fmt_b.element)
        low, high = product_range(*elements, self.specials)
        if any(hasattr(each, "exponent_bits") for each in elements):
            low, high = min(low, -high), max(high, -low)
        return count * low, count * high

    @property
    def headroom_bits(self):
        """Bits by which ``max_blocks`` block sums can outgrow one."""
        return (self.max_blocks - 1).bit_length()

    @property
    def guard_bits(self):
        """Bits of the accumulator below the last bit of a block with the largest scale so far."""
        needed = self.scaled_shape.width + self.accumulator_step - 1 + self.headroom_bits
        width = self.accumulator_width
        return self.accumulator_step if width is None else width - needed

    @property
    def significand_width(self):
        """Bits of the exact result: one block sum, or the accumulator."""
        if self.max_blocks == 1:
            return self.scaled_shape.width
        steps = self.accumulator_step - 1 + self.headroom_bits + self.guard_bits
        return self.scaled_shape.width + steps

    @property
    def exponent_bias(self):
        """The exact result is ``significand * 2**(exponent - exponent_bias)``."""
        lowest = self.fmt_a.element.lsb_exponent + self.fmt_b.element.lsb_exponent
        for block in (self.fmt_a, self.fmt_b):
            lowest -= block.scale.bias + getattr(block.scale, "significand_bits", 0)
        return -lowest + (self.guard_bits if self.max_blocks > 1 else 0)

    @property
    def has_infinities(self):
        """Whether a result can be infinite because an element is."""
        elements = (self.fmt_a.element, self.fmt_b.element)
        codes = (each.infinity_code for each in elements)
        return self.specials == "ieee" and any(code is not None for code in codes)

    @property
    def multiplier_lanes(self):
        """Number of lanes whose significands go through a hard multiplier."""
        fabric = targets.get(self.target)
        elements = (self.fmt_a.element, self.fmt_b.element)
        widths = [getattr(each, "significand_bits", each.width - 1) + 1 for each in elements]
        if self.dsp == "none" or not fabric.multiplies(*widths):
            return 0
        if self.dsp == "auto":
            return self.lanes if min(widths) >= 6 else 0
        return min(self.dsp * (2 if pairs_fit(*elements, fabric) else 1), self.lanes)
