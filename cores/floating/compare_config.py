"""Configuration of the float comparator."""

from typing import Literal

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Float, Frequency, Target
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["FloatCompareConfig"]

Select = Literal["none", "minimum", "maximum", "minimum-number", "maximum-number"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatCompareConfig(CoreConfig):
    """What a ``float-compare`` core computes and what it is built for."""

    fmt: Float = Field(
        default="fp16", validate_default=True, description="float format of both operands"
    )
    select: Select = Field(
        default="none", description="adds the smaller or larger operand as a result"
    )
    total_order: bool = Field(
        default=False, description="relations of totalOrder instead of those of numbers"
    )
    predicates: Literal["quiet", "signaling"] = Field(
        default="quiet", description="whether a quiet NaN, too, is an invalid operand"
    )
    subnormals: Literal["full", "flush"] = Field(
        default="full", description="'flush' reads subnormal operands as zeros"
    )
    flags: bool = Field(default=False, description="adds the exception flag invalid")
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _check(self):
        if self.total_order and self.fmt.specials == "fnuz":
            raise ValueError(
                f"fmt must be a format whose NaNs have a sign with total_order, "
                f"not {self.fmt.name!r}"
            )
        return self

    @property
    def reads_zeros(self):
        """Whether an exponent field of 0 is read as a zero."""
        return self.subnormals == "flush" or not self.fmt.subnormals
