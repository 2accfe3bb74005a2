"""Configuration of the table-lookup product with binary-coded weights."""

from functools import cached_property
from typing import Annotated

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
)
from hwgen.cores.fixed.formats import Fixed, significand_range
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["TABLE_INPUTS", "LutGemmConfig"]

TABLE_INPUTS = 4
"""Elements of the vector whose sums one table holds."""

# two tables are filled at a time, so that as many elements are taken as entries are written
_LANES = 2 * TABLE_INPUTS
_WIDEST_ELEMENT = 16


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
