"""Configuration of the softmax of vectors."""

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import Field
from pydantic.dataclasses import dataclass

__all__ = ["SoftmaxConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SoftmaxConfig(CoreConfig):
    """What a ``softmax`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    longest: int = Field(default=128, ge=2, le=8192, description="values of a vector, at most")
    fraction: int = Field(default=16, ge=1, le=16, description="fraction bits of a probability")
    freq: Frequency = FREQUENCY
    target: Target = TARGET
