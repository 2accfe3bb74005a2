"""Configuration of the core of integer functions."""

from typing import Literal

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import Field
from pydantic.dataclasses import dataclass

__all__ = ["IntegerFunctionConfig"]

Function = Literal[
    "exp",
    "reciprocal",
    "reciprocal-root",
    "logistic",
    "silu",
    "gelu",
    "gelu-tanh",
    "squared-relu",
]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class IntegerFunctionConfig(CoreConfig):
    """What an ``integer-function`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    function: Function = Field(default="silu", description="what every value is put through")
    lanes: int = Field(default=1, ge=1, le=256, description="values a clock cycle")
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @property
    def scales(self):
        """Whether a result is a significand and a shift, not a number of a fixed format."""
        return self.function.startswith("reciprocal")

    @property
    def bounded(self):
        """Whether results lie between 0 and 1."""
        return self.function in ("exp", "logistic")
