"""Configuration of the quantizer by the largest magnitude, and the sizes that follow from it."""

from functools import cached_property
from typing import Annotated

from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Scalar,
    Target,
)
from hwgen.cores.fixed.formats import FixedPoint
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = ["AbsmaxQuantiseConfig"]

_WIDEST_INTEGER = 24
_WIDEST_FLOAT = 16


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AbsmaxQuantiseConfig(CoreConfig):
    """What an ``absmax-quantise`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt: Scalar = Field(
        default="int16",
        validate_default=True,
        description="format of the values: integer, fixed point, or a float such as bf16",
    )
    columns: Annotated[int, Field(ge=1, le=1 << 16)] = Field(
        default=768, description="values of a vector, which share a scale"
    )
    lanes: Annotated[int, Field(ge=1, le=256)] = Field(
        default=8, description="values of one cycle; divides columns"
    )
    least: Annotated[float, Field(ge=0)] = Field(
        default=1e-5,
        description="least divisor, rounded to the format; at least its lowest unit",
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        fmt = self.fmt
        if isinstance(fmt, FixedPoint):
            if fmt.width > _WIDEST_INTEGER:
                raise ValueError(f"fmt must have at most {_WIDEST_INTEGER} bits, not {fmt.width}")
        elif not self.is_float:
            raise ValueError(f"fmt must be an integer, fixed-point or float format, not {fmt.name}")
        elif fmt.specials != "ieee" or not fmt.signed or not fmt.subnormals:
            raise ValueError(
                f"fmt must be a float with a sign, subnormal numbers, infinities and NaNs, "
                f"as bf16 and fp16 are, not {fmt.name}"
            )
        elif fmt.width > _WIDEST_FLOAT:
            raise ValueError(f"fmt must have at most {_WIDEST_FLOAT} bits, not {fmt.width}")
        if self.columns % self.lanes:
            raise ValueError(f"lanes must divide columns = {self.columns}, not {self.lanes}")
        if self.least > fmt.max_value:
            raise ValueError(f"least must be at most {fmt.max_value:g}, not {self.least:g}")
        return self

    @property
    def is_float(self):
        """Whether the values are floats."""
        return isinstance(self.fmt, formats.FloatFormat)

    @property
    def beats(self):
        """Beats of a vector."""
        return self.columns // self.lanes

    @cached_property
    def least_code(self):
        """Code of the least divisor; for integers its value in units of the lowest bit."""
        return max(1, int(self.fmt.encode(self.least)))

    @property
    def absmax_width(self):
        """Bits of the divisor of a vector: a magnitude, or the code of a float."""
        return self.fmt.width
