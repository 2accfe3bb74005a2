"""Configuration of the array of dot product units for codebook weights."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.codebook.dot_config import CodebookDotConfig, Weights
from hwgen.cores.config import (
    FREQUENCY,
    MULTIPLIERS,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Multipliers,
    Target,
)
from hwgen.cores.fixed.formats import Fixed
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["BitmodArrayConfig"]

LANES = 4
"""Weights that a unit takes at a time, as in BitMoD."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BitmodArrayConfig(CoreConfig):
    """What a ``bitmod-array`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    weights: Weights = Field(
        default="bitmod-fp4", validate_default=True, description="codebook of the weights"
    )
    fmt: Fixed = Field(
        default="int8", validate_default=True, description="format of the vectors' elements"
    )
    rows: Annotated[int, Field(ge=1, le=16)] = Field(
        default=2, description="rows of the array: vectors at a time"
    )
    columns: Annotated[int, Field(ge=1, le=32)] = Field(
        default=4, description="columns of the array: rows of the matrix at a time"
    )
    group: Annotated[int, Field(ge=8, le=4096)] = Field(
        default=128, description="weights that share a scale"
    )
    groups: Annotated[int, Field(ge=1, le=128)] = Field(
        default=1, description="groups of a row of the matrix"
    )
    tiles: Annotated[int, Field(ge=1, le=1 << 16)] = Field(
        default=8, description="products of the array a vector: rows of the matrix / columns"
    )
    scale_width: Annotated[int, Field(ge=0, le=16)] = Field(
        default=8, description="bits of a group's scale, an unsigned integer; 0: there is none"
    )
    architecture: Literal["multiply", "serial"] = Field(
        default="serial",
        description="a product a lane and cycle, or one term of a weight a lane and cycle",
    )
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        if self.group % LANES:
            raise ValueError(f"group must be a multiple of {LANES}, not {self.group}")
        if not isinstance(self.dsp, str):
            raise ValueError(f"dsp must be auto or none, not {self.dsp}")
        # its own limits hold for every unit
        self.unit  # noqa: B018
        return self

    @cached_property
    def unit(self):
        """The `CodebookDotConfig` of one unit."""
        return CodebookDotConfig(
            weights=self.weights,
            fmt=self.fmt,
            group=self.group,
            lanes=LANES,
            max_groups=self.groups,
            scale_width=self.scale_width,
            architecture=self.architecture,
            freq=self.freq,
            dsp=self.dsp,
            target=self.target,
        )

    @property
    def beats(self):
        """Tokens of a vector, and of as many rows of the matrix as the array has columns."""
        return self.groups * self.unit.beats
