"""Configuration of the converter between number formats."""

from typing import Annotated

from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    ROUNDING,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Overflow,
    RandomBits,
    RandomSource,
    Rounding,
    Scalar,
    Seed,
    Target,
)
from hwgen.cores.floating.config import (
    FLAGS,
    OVERFLOW,
    SUBNORMALS,
    Subnormals,
)
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = ["FloatConvertConfig", "is_float"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatConvertConfig(CoreConfig):
    """What a ``float-convert`` core computes and what it is built for."""

    fmt: Scalar = Field(default="fp32", validate_default=True, description="format of the operand")
    out: Scalar = Field(default="bf16", validate_default=True, description="format of the result")
    lanes: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=1, description="numbers converted in one cycle"
    )
    rounding: Rounding = ROUNDING
    overflow: Overflow = OVERFLOW
    subnormals: Subnormals = SUBNORMALS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    flags: bool = FLAGS
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _check(self):
        numbers = (formats.FloatFormat, formats.IntFormat, formats.FixedFormat)
        for name in ("fmt", "out"):
            value = getattr(self, name)
            if not isinstance(value, numbers):
                raise ValueError(
                    f"{name} must be a float, integer or fixed-point format, not {value.name!r}"
                )
        if not (is_float(self.fmt) or is_float(self.out)):
            raise ValueError(
                f"fmt or out must be a float format, not {self.fmt.name!r} and {self.out.name!r}; "
                "see the core fixed-convert"
            )
        if is_float(self.out) and not (self.out.signed and self.out.subnormals):
            raise ValueError(
                f"out must be a format with a sign and subnormal numbers, not {self.out.name!r}"
            )
        return self

    @property
    def random_lanes(self):
        """Random numbers that a token needs."""
        return self.lanes if self.rounding == "stochastic" else 0

    @property
    def flag_names(self):
        """Exception flags of the result, in order; empty without ``flags``."""
        if not self.flags:
            return ()
        if not is_float(self.out):
            return ("invalid", "inexact")
        return ("invalid", "overflow", "underflow", "inexact")


def is_float(fmt):
    """Return whether a format is a float format."""
    return isinstance(fmt, formats.FloatFormat)
