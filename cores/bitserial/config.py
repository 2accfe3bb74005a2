"""Configuration of the bit-plane matrix unit, and the widths that follow from it."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["MODES", "TILE_BITS", "BitserialMatmulConfig"]

MODES = {"integers": 0, "bipolar": 1, "mixed": 2}
"""Codes of the field ``mode``: what a bit of the left and of the right operand means."""

TILE_BITS = 12
"""Bits of the number of tiles of rows, and of columns, of a product."""

_PARTS = {
    "integers": ("integers",),
    "bipolar": ("bipolar",),
    "mixed": ("integers", "mixed"),
    "all": ("integers", "bipolar", "mixed"),
}
_SIDE = Annotated[int, Field(ge=1, le=64)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BitserialMatmulConfig(CoreConfig):
    """What a ``bitserial-matmul`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    rows: _SIDE = Field(default=4, description="rows of dot-product units: rows of a tile")
    columns: _SIDE = Field(default=4, description="columns of units: columns of a tile")
    k: Annotated[int, Field(ge=4, le=512)] = Field(
        default=64, description="bit pairs that a unit multiplies in a clock cycle: bits of a word"
    )
    words: _SIDE = Field(default=4, description="words of a token; must divide rows and columns")
    buffer: Annotated[int, Field(ge=8, le=1024)] = Field(
        default=256, description="words that a row or column of a tile may have in all its planes"
    )
    max_bits: Annotated[int, Field(ge=1, le=8)] = Field(
        default=8, description="most bits of an operand: planes"
    )
    modes: Literal["integers", "bipolar", "mixed", "all"] = Field(
        default="all",
        description="operands that the units can multiply, at run time: integers; bipolar ones; "
        "integers, also times bipolar; all of these",
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        if self.rows % self.words or self.columns % self.words:
            raise ValueError(
                f"words must divide rows and columns, not {self.words} for {self.rows} and "
                f"{self.columns}"
            )
        return self

    def multiplies(self, kind):
        """Return whether the units multiply ``"integers"``, ``"bipolar"`` or ``"mixed"``."""
        return kind in _PARTS[self.modes]

    @property
    def mode_bits(self):
        """Bits of the field ``mode``; 0 where there is only one."""
        return max(MODES[each] for each in _PARTS[self.modes]).bit_length() * (
            len(_PARTS[self.modes]) > 1
        )

    @property
    def width_bits(self):
        """Bits of a field that holds an operand's width less one."""
        return max(1, (self.max_bits - 1).bit_length())

    @property
    def words_bits(self):
        """Bits of a field that holds the words of a row less one."""
        return (self.buffer - 1).bit_length()

    @property
    def padding_bits(self):
        """Bits of a field that holds how many places of the last word are unused."""
        return (self.k - 1).bit_length()

    @cached_property
    def result_width(self):
        """Bits of an element of the product: the fewest that hold every one."""
        largest = max(
            (self.buffer // bits) * self.k * ((1 << bits) - 1) ** 2
            for bits in range(1, self.max_bits + 1)
        )
        return largest.bit_length() + 1

    @property
    def longest_bits(self):
        """Bits of both operands in a tile that takes the most clock cycles."""
        return max(range(1, self.max_bits + 1), key=self._cycles)

    @property
    def longest_tile(self):
        """Clock cycles of the tile that takes the most."""
        return self._cycles(self.longest_bits)

    def _cycles(self, bits):
        return bits * bits * (self.buffer // bits)

    @property
    def input_fields(self):
        """Fields of the input stream."""
        from hwgen.cores.bitserial.fields import input_fields

        return input_fields(self)
