"""Configuration of the conversion between fixed-point formats."""

from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    ROUNDING,
    STRICT,
    TARGET,
    Frequency,
    RandomBits,
    RandomSource,
    Rounding,
    Seed,
    Target,
)
from hwgen.cores.fixed import result_config as shared
from hwgen.cores.fixed.formats import Fixed, significand_range
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["FixedConvertConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FixedConvertConfig(shared.FixedResultConfig):
    """What a ``fixed-convert`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt: Fixed = Field(default="q7.8", validate_default=True, description="format of the operand")
    out: Fixed = Field(default="int8", validate_default=True, description="format of the result")
    rounding: Rounding = ROUNDING
    overflow: shared.Overflow = shared.OVERFLOW
    flags: bool = shared.FLAGS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        self.check_result()
        return self

    @property
    def exact_exponent(self):
        """Exponent of 2 of the operand's unit."""
        return self.fmt.lsb_exponent

    @property
    def exact_bounds(self):
        """Least and greatest operand."""
        return significand_range(self.fmt)
