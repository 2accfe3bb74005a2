"""Configuration of the exact accumulator, and the fields that it shares with ``float-dot``."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.arith.float_round import Rounding as RoundingOf
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    ROUNDING,
    STRICT,
    TARGET,
    CoreConfig,
    Float,
    Frequency,
    Overflow,
    RandomBits,
    RandomSource,
    Rounding,
    Seed,
    Target,
    checked,
)
from hwgen.cores.floating.config import (
    FLAGS,
    OVERFLOW,
    SUBNORMALS,
    Subnormals,
)
from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats
from hwgen.errors import UsageError, nearest

__all__ = ["MAX_TERMS", "OUT", "FloatAccumulateConfig", "Output", "check_output", "rounding_of"]


def _output(text):
    """Return "exact", or the float format of that name."""
    if text == "exact":
        return text
    known = ["exact", *formats.SCALAR_NAMES]
    try:
        found = formats.parse(text)
    except UsageError:
        found = None
    if not isinstance(found, formats.FloatFormat):
        raise UsageError(f"must be 'exact' or a float format, not {text!r}{nearest(text, known)}")
    return found


Output = Annotated[Literal["exact"] | formats.FloatFormat, BeforeValidator(checked(_output))]
OUT = Field(
    default="fp32",
    validate_default=True,
    description="'exact' (an integer) or a float format, rounded once",
)
MAX_TERMS = Field(default=1024, description="most numbers in one sum that cannot overflow")


def check_output(out):
    """Raise ``ValueError`` unless the rounder can make ``out``."""
    if out == "exact":
        return
    if not out.signed or not out.subnormals:
        raise ValueError(
            f"out must be a format with a sign and subnormal numbers, not {out.name!r}"
        )


def rounding_of(config):
    """Return how a config's float result is rounded."""
    return RoundingOf(
        config.out,
        config.rounding,
        config.overflow,
        config.subnormals,
        config.flags,
        config.random_bits,
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatAccumulateConfig(CoreConfig):
    """What a ``float-accumulate`` core computes and what it is built for."""

    fmt: Float = Field(
        default="bf16", validate_default=True, description="float format of the numbers"
    )
    out: Output = OUT
    max_terms: Annotated[int, Field(ge=1, le=1 << 30)] = MAX_TERMS
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
        check_output(self.out)
        return self

    @cached_property
    def significand_width(self):
        """Bits of an exact sum in two's complement, in units of the format's smallest number."""
        largest = self.fmt.finite_parts([self.fmt.max_code])[0][0]
        most = self.max_terms * int(largest)
        return shape_of_range(-most, most).width

    @property
    def random_lanes(self):
        """Random numbers that a token needs: 0 or 1."""
        return int(self.rounding == "stochastic" and self.out != "exact")
