"""Configuration of the ternary matrix times vector, and the sizes that follow from it."""

from math import gcd
from typing import Annotated, Literal

from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Target,
    set_field,
)
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.formats import ternary

__all__ = ["TernaryMatvecConfig"]

_LANES = {"two-bit": 8, "tl2": 24, "tq1_0": 10}
_LOWEST = -128


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TernaryMatvecConfig(CoreConfig):
    """What a ``ternary-matvec`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    packing: Literal["two-bit", "tl2", "tq1_0"] = Field(
        default="two-bit", description="layout of the weights in memory"
    )
    columns: Annotated[int, Field(ge=24, le=1 << 16)] = Field(
        default=768, description="elements of a vector: whole blocks of the packing"
    )
    rows: Annotated[int, Field(ge=1, le=1 << 20)] = Field(
        default=16, description="rows of weights that every vector meets"
    )
    lanes: Annotated[int, Field(ge=1, le=4096)] | None = Field(
        default=None,
        description="weights of one cycle, those of whole bytes (default: 8; tl2 24, tq1_0 10)",
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        layout = ternary.packing(self.packing)
        if self.lanes is None:
            set_field(self, "lanes", _LANES[self.packing])
        if self.columns % layout.weights:
            raise ValueError(
                f"columns must be a multiple of {layout.weights} for packing {self.packing}, "
                f"not {self.columns}; fill rows with zeros"
            )
        if self.lanes % layout.slots:
            raise ValueError(
                f"lanes must be a multiple of {layout.slots} for packing {self.packing}, "
                f"not {self.lanes}"
            )
        size = self.columns // layout.weights * layout.size
        if size % self.word_bytes or size == self.word_bytes:
            raise ValueError(
                f"lanes must be {layout.slots // layout.word} times a number of bytes that divides "
                f"a row of {size} and is less, not {self.lanes}"
                if layout.word == 1
                else f"lanes must divide columns into two beats or more, not {self.lanes}"
            )
        return self

    @property
    def word_bytes(self):
        """Bytes of packed weights in one beat."""
        layout = ternary.packing(self.packing)
        return self.lanes // layout.slots * layout.word

    @property
    def beats(self):
        """Beats of a row, and of a vector."""
        layout = ternary.packing(self.packing)
        return self.columns // layout.weights * layout.size // self.word_bytes

    @property
    def beats_of_pattern(self):
        """Beats after which bytes of the same places in their blocks come again."""
        size = ternary.packing(self.packing).size
        return size // gcd(size, self.word_bytes)

    @property
    def sum_shape(self):
        """Shape of a result: the narrowest that holds every one."""
        return shape_of_range(_LOWEST * self.columns, -_LOWEST * self.columns)
