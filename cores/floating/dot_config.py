"""Configuration of the fused dot product of floats and the widths that follow from it."""

from functools import cached_property
from typing import Annotated

from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import (
    FREQUENCY,
    MULTIPLIERS,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    ROUNDING,
    STRICT,
    TARGET,
    CoreConfig,
    Float,
    Frequency,
    Multipliers,
    Overflow,
    RandomBits,
    RandomSource,
    Rounding,
    Seed,
    Target,
    set_field,
)
from hwgen.cores.floating.accumulate_config import OUT, Output, check_output
from hwgen.cores.floating.config import (
    FLAGS,
    OVERFLOW,
    SUBNORMALS,
    Subnormals,
)
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import targets

__all__ = ["FloatDotConfig"]

# the least significand for which a hard multiplier pays
_HARD_BITS = 6


def _operand(name):
    return Field(default="bf16", validate_default=True, description=f"float format of {name}")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatDotConfig(CoreConfig):
    """What a ``float-dot`` core computes and what it is built for."""

    fmt_a: Float = _operand("operand a")
    fmt_b: Float = _operand("operand b")
    k: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=4, description="products in one dot product"
    )
    lanes: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="products of one cycle (default: k)"
    )
    out: Output = OUT
    rounding: Rounding = ROUNDING
    overflow: Overflow = OVERFLOW
    subnormals: Subnormals = SUBNORMALS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    flags: bool = FLAGS
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        set_field(self, "lanes", self.lanes or self.k)
        if self.k % self.lanes:
            raise ValueError(f"lanes must divide k = {self.k}, not {self.lanes}")
        check_output(self.out)
        return self

    @property
    def beats(self):
        """Clock cycles in which the operands of one dot product arrive."""
        return self.k // self.lanes

    @property
    def lsb_exponent(self):
        """Every product is a multiple of 2 to this power."""
        return self.fmt_a.lsb_exponent + self.fmt_b.lsb_exponent

    @cached_property
    def significand_width(self):
        """Bits of an exact dot product in two's complement, in units of the smallest product."""
        most = self.k
        for fmt in (self.fmt_a, self.fmt_b):
            most *= int(fmt.finite_parts([fmt.max_code])[0][0])
        return shape_of_range(-most, most).width

    @property
    def random_lanes(self):
        """Random numbers that a token needs: 0 or 1."""
        return int(self.rounding == "stochastic" and self.out != "exact")

    def multipliers(self, lane):
        """Return how many hard multipliers the product of a lane may take."""
        available = targets.get(self.target).multiplier_bits
        widths = [fmt.significand_bits + 1 for fmt in (self.fmt_a, self.fmt_b)]
        if not available or self.dsp == "none" or min(widths) < _HARD_BITS:
            return 0
        each = 1 if max(widths) <= available else 4
        return each if self.dsp == "auto" or (lane + 1) * each <= self.dsp else 0
