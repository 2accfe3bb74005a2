"""Configuration of the fixed-point adder."""

from typing import Literal

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

__all__ = ["FixedAddConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FixedAddConfig(shared.FixedResultConfig):
    """What a ``fixed-add`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_a: Fixed = Field(default="int8", validate_default=True, description="format of operand a")
    fmt_b: Fixed = Field(default="int8", validate_default=True, description="format of operand b")
    operation: Literal["add", "subtract", "both"] = Field(
        default="add", description="a + b, a - b, or either as the input bit 'subtract' says"
    )
    out: shared.Out = shared.OUT
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
        """Exponent of 2 of the unit of an exact result."""
        return min(self.fmt_a.lsb_exponent, self.fmt_b.lsb_exponent)

    @property
    def exact_bounds(self):
        """Least and greatest exact result."""
        a, b = (
            [bound << fmt.lsb_exponent - self.exact_exponent for bound in significand_range(fmt)]
            for fmt in (self.fmt_a, self.fmt_b)
        )
        sums, differences = (a[0] + b[0], a[1] + b[1]), (a[0] - b[1], a[1] - b[0])
        if self.operation == "both":
            return min(sums[0], differences[0]), max(sums[1], differences[1])
        return sums if self.operation == "add" else differences
