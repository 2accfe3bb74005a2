"""Configuration of the fixed-point dot product."""

from typing import Annotated

from hwgen.cores.config import (
    FREQUENCY,
    MULTIPLIERS,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    ROUNDING,
    STRICT,
    TARGET,
    Frequency,
    Multipliers,
    RandomBits,
    RandomSource,
    Rounding,
    Seed,
    Target,
    set_field,
)
from hwgen.cores.fixed import result_config as shared
from hwgen.cores.fixed.formats import Fixed
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["FixedDotConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FixedDotConfig(shared.FixedProductConfig):
    """What a ``fixed-dot`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_a: Fixed = Field(default="int8", validate_default=True, description="format of operand a")
    fmt_b: Fixed = Field(default="int8", validate_default=True, description="format of operand b")
    k: Annotated[int, Field(ge=1, le=1024)] = Field(default=8, description="products in one result")
    lanes: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="products in one cycle (default: k)"
    )
    out: shared.Out = shared.OUT
    rounding: Rounding = ROUNDING
    overflow: shared.Overflow = shared.OVERFLOW
    flags: bool = shared.FLAGS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        set_field(self, "lanes", self.lanes or self.k)
        if self.k % self.lanes:
            raise ValueError(f"lanes must divide k = {self.k}, not {self.lanes}")
        self.check_result()
        return self

    @property
    def exact_bounds(self):
        """Least and greatest exact result."""
        low, high = shared.product_bounds(self.fmt_a, self.fmt_b)
        return low * self.k, high * self.k
