"""Configuration of the fixed-point multiplier."""

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
)
from hwgen.cores.fixed import result_config as shared
from hwgen.cores.fixed.formats import Fixed
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["FixedMulConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FixedMulConfig(shared.FixedProductConfig):
    """What a ``fixed-mul`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_a: Fixed = Field(default="int8", validate_default=True, description="format of operand a")
    fmt_b: Fixed = Field(default="int8", validate_default=True, description="format of operand b")
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
        self.check_result()
        return self

    @property
    def exact_bounds(self):
        """Least and greatest exact result."""
        return shared.product_bounds(self.fmt_a, self.fmt_b)
