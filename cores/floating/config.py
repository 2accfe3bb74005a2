"""Configurations of the float adder, multiplier and fused multiply-adder; their shared fields."""

from typing import Literal

from hwgen.cores.arith.float_round import Rounding as RoundingOf
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
)
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import targets

__all__ = [
    "FLAGS",
    "OVERFLOW",
    "SUBNORMALS",
    "FloatAddConfig",
    "FloatFmaConfig",
    "FloatMulConfig",
    "Subnormals",
]

Subnormals = Literal["full", "flush"]

OVERFLOW = Field(default="infinity", description="what a result beyond the largest number becomes")
SUBNORMALS = Field(
    default="full", description="'flush' reads and writes subnormal numbers as zeros"
)
FLAGS = Field(default=False, description="adds the exception flags of IEEE 754")


def _operand(name):
    return Field(default="fp16", validate_default=True, description=f"float format of {name}")


class _FloatConfig(CoreConfig):
    """What the three configs have in common."""

    def _check_formats(self, operands, out):
        mistakes = []
        for name in dict.fromkeys((*operands, out)):
            found = getattr(self, name)
            if not found.signed or not found.subnormals:
                mistakes.append(
                    f"{name} must be a format with a sign and subnormal numbers, not {found.name!r}"
                )
        output = getattr(self, out)
        special = [getattr(self, name).nan_code is not None for name in operands]
        if output.nan_code is None and any(special):
            mistakes.append(
                f"{out} must be a format with NaN, as an operand is, not {output.name!r}"
            )
        if output.nan_code is None and self.overflow == "infinity":
            mistakes.append(f"overflow must be 'saturate' for {out} {output.name!r}")
        if mistakes:
            raise ValueError("; ".join(mistakes))

    def rounding_to(self, out):
        """Return how a result of format ``out`` is rounded."""
        return RoundingOf(
            out, self.rounding, self.overflow, self.subnormals, self.flags, self.random_bits
        )

    @property
    def draws_random(self):
        """Whether a result needs random bits."""
        return self.rounding == "stochastic"

    @property
    def keeps_state(self):
        """Whether the core holds a register of random bits."""
        return self.draws_random and self.random_source == "lfsr"

    def multipliers_for(self, *formats):
        """Return how many hard multipliers a product of significands may take."""
        widths = [each.significand_bits + 1 for each in formats]
        available = targets.get(self.target).multiplier_bits
        if not available or self.dsp == "none":
            return 0
        if self.dsp == "auto":
            return 4 if min(widths) >= 6 else 0
        return self.dsp


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatAddConfig(_FloatConfig):
    """What a ``float-add`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt: Float = _operand("operands and result")
    operation: Literal["add", "subtract", "both"] = Field(
        default="add", description="'both' adds a field `subtract` to the input"
    )
    rounding: Rounding = ROUNDING
    overflow: Overflow = OVERFLOW
    subnormals: Subnormals = SUBNORMALS
    flags: bool = FLAGS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _check(self):
        self._check_formats(["fmt"], "fmt")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatMulConfig(_FloatConfig):
    """What a ``float-mul`` core computes and what it is built for; see `FloatAddConfig`."""

    fmt_a: Float = _operand("operand a")
    fmt_b: Float = _operand("operand b")
    out: Float = _operand("the result")
    rounding: Rounding = ROUNDING
    overflow: Overflow = OVERFLOW
    subnormals: Subnormals = SUBNORMALS
    flags: bool = FLAGS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    @model_validator(mode="after")
    def _check(self):
        self._check_formats(["fmt_a", "fmt_b"], "out")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FloatFmaConfig(_FloatConfig):
    """What a ``float-fma`` core computes and what it is built for; see `FloatAddConfig`."""

    fmt_a: Float = _operand("factor a")
    fmt_b: Float = _operand("factor b")
    fmt_c: Float = _operand("addend c")
    out: Float = _operand("the result")
    negations: bool = Field(
        default=False,
        description="adds fields `negate_product` and `negate_addend` to the input",
    )
    rounding: Rounding = ROUNDING
    overflow: Overflow = OVERFLOW
    subnormals: Subnormals = SUBNORMALS
    flags: bool = FLAGS
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    @model_validator(mode="after")
    def _check(self):
        self._check_formats(["fmt_a", "fmt_b", "fmt_c"], "out")
        return self
