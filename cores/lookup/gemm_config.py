"""Configuration of the table-lookup product with binary-coded weights."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import (
    FREQUENCY,
    MULTIPLIERS,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Multipliers,
    Target,
    number,
)
from hwgen.cores.fixed.formats import Fixed, significand_range
from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["LutGemmConfig"]

# two tables of four elements are filled at a time, or one of eight
_LANES = 8
_WIDEST_ELEMENT = 16
# stages from the last element of a tile to the last entry of its tables, at most
_UNDER_WAY = 8


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LutGemmConfig(CoreConfig):
    """What a ``lut-gemm`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    bits: Annotated[int, Field(ge=1, le=4)] = Field(
        default=3, description="binary planes, each with its coefficients"
    )
    columns: Annotated[int, Field(ge=8, le=1 << 16)] = Field(
        default=128, description="columns of the matrix: elements of the vector"
    )
    # an accumulator is read a clock cycle ahead and written a clock cycle late
    rows: Annotated[int, Field(ge=3, le=256)] = Field(
        default=16, description="rows of the matrix: elements of the product"
    )
    lanes: Annotated[int, Field(ge=8, le=256)] = Field(
        default=32, description="binary weights a clock cycle: columns of a tile"
    )
    table_inputs: Annotated[Literal[4, 8], BeforeValidator(number)] = Field(
        default=4,
        description="columns of a table: 4 in distributed memory, or 8 in block RAM",
    )
    fmt: Fixed = Field(
        default="int8", validate_default=True, description="format of the vector's elements"
    )
    alpha_width: Annotated[int, Field(ge=1, le=17)] = Field(
        default=8, description="bits of a coefficient, an unsigned integer"
    )
    bias_width: Annotated[int, Field(ge=0, le=18)] = Field(
        default=16, description="bits of a bias, a signed integer; 0: there are none"
    )
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        if self.lanes % _LANES:
            raise ValueError(f"lanes must be a multiple of {_LANES}, not {self.lanes}")
        if self.columns % self.lanes:
            raise ValueError(
                f"columns must be a multiple of lanes = {self.lanes}, not {self.columns}"
            )
        if self.bias_width == 1:
            raise ValueError("bias_width must be 0 or at least 2, not 1")
        if self.fmt.width > _WIDEST_ELEMENT:
            raise ValueError(f"fmt must have at most {_WIDEST_ELEMENT} bits, not {self.fmt.width}")
        return self

    @property
    def tiles(self):
        """Tiles of a vector."""
        return self.columns // self.lanes

    @property
    def tables(self):
        """Tables of a tile."""
        return self.lanes // self.table_inputs

    @property
    def fill_clocks(self):
        """Clocks in which one entry after the other of a table of eight elements is written."""
        return self.table_inputs - 1 + (1 << self.table_inputs - 1)

    @property
    def builders(self):
        """Tables of eight elements that are filled at a time, a power of two.

        As few as let the next tile come in and its tables be filled while a tile is in use, or one
        for each table where that takes too long anyway.
        """
        count = 1
        while count < self.tables and (
            self.lanes + -(-self.tables // count) * self.fill_clocks + _UNDER_WAY
            > self.bits * self.rows
        ):
            count *= 2
        return count

    @property
    def build_clocks(self):
        """Clocks that builders take for all tables of a tile of eight elements each."""
        return -(-self.tables // self.builders) * self.fill_clocks

    @property
    def longest_pause(self):
        """Clocks for which no token is taken, where they are more than a few."""
        return 0 if self.table_inputs == 4 else self.build_clocks + _UNDER_WAY

    @property
    def element_bounds(self):
        """Least and greatest element, in units of its lowest bit."""
        return significand_range(self.fmt)

    @property
    def sum_bounds(self):
        """Least and greatest sum of a tile's elements."""
        low, high = self.element_bounds
        return low * self.lanes, high * self.lanes

    @property
    def bias_bounds(self):
        """Least and greatest bias."""
        half = 1 << self.bias_width >> 1
        return -half, max(0, half - 1)

    @property
    def largest_alpha(self):
        """Greatest coefficient."""
        return (1 << self.alpha_width) - 1

    @cached_property
    def result_bounds(self):
        """Least and greatest element of the product."""
        planes = self.bits * self.largest_alpha
        low, high = self.bias_bounds
        products = [x * w for x in self.element_bounds for w in (low - planes, high + planes)]
        return min(products) * self.columns, max(products) * self.columns

    @cached_property
    def result_shape(self):
        """Shape of an element of the product: the narrowest that holds every one."""
        return shape_of_range(*self.result_bounds)
