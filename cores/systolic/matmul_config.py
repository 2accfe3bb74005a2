"""Configuration of the MX matrix product and the sizes that follow from it."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.config import (
    FREQUENCY,
    STRICT,
    TARGET,
    Block,
    CoreConfig,
    Frequency,
    Multipliers,
    Overflow,
    Target,
    set_field,
)
from hwgen.cores.mx.dot_config import MxDotConfig, Output, Step
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import targets

__all__ = ["MxMatmulConfig"]

_MAX_BLOCKS = 16
_ROWS = _COLUMNS = 8


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxMatmulConfig(CoreConfig):
    """What an ``mx-matmul`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_a: Block = Field(
        default="mxfp4/32", validate_default=True, description="block format of matrix A"
    )
    fmt_b: Block = Field(
        default="mxfp4/32", validate_default=True, description="block format of matrix B"
    )
    k: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="elements in a block (default: that of the formats)"
    )
    rows: Annotated[int, Field(ge=1, le=64)] | None = Field(
        default=None,
        description="rows of the array (default: 8, or k where the weights are stationary)",
    )
    columns: Annotated[int, Field(ge=1, le=64)] | None = Field(
        default=None, description="columns of the array (default: 8, at most k)"
    )
    lanes: Annotated[int, Field(ge=1, le=64)] | None = Field(
        default=None,
        description="results in one output token (default: the fewest that keep up with the array)",
    )
    dataflow: Literal["output-stationary", "weight-stationary"] = Field(
        default="output-stationary", description="what stays in the processing elements"
    )
    out: Output = Field(
        default="fp32",
        validate_default=True,
        description="'exact' (integer and exponent) or a float format, rounded once",
    )
    rounding: Literal["nearest-even", "nearest-away", "toward-zero", "up", "down"] = Field(
        default="nearest-even", description="rounding of a float result"
    )
    overflow: Overflow = Field(
        default="infinity", description="what a result beyond the largest number becomes"
    )
    max_blocks: Annotated[int, Field(ge=1, le=1 << 20)] | None = Field(
        default=None,
        description="most blocks in the inner dimension (default: 16; weight-stationary: 1)",
    )
    accumulators: Annotated[int, Field(ge=1, le=4096)] | None = Field(
        default=None,
        description="weight-stationary, several blocks: rows of A that a column accumulates at a "
        "time (default: k)",
    )
    accumulator_width: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="bits of an accumulator (default: one step of guard bits)"
    )
    accumulator_step: Step = Field(
        default=16, description="accumulator alignment: exponents move in steps of so many bits"
    )
    specials: Literal["ieee", "ignore"] = Field(
        default="ieee", description="'ignore' reads NaN and infinity codes as numbers"
    )
    freq: Frequency = FREQUENCY
    dsp: Multipliers = Field(
        default="auto",
        description="hard multipliers: 'auto', 'none', or a number; one an element or none at all",
    )
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        sizes = {self.fmt_a.block_size, self.fmt_b.block_size}
        if self.k is None and len(sizes) > 1:
            raise ValueError(
                f"fmt_a and fmt_b must have equal block sizes, not {self.fmt_a.block_size} and "
                f"{self.fmt_b.block_size}; set k to override both"
            )
        k = self.k or self.fmt_a.block_size
        set_field(self, "k", k)
        stationary = self.dataflow == "weight-stationary"
        set_field(self, "rows", self.rows or (k if stationary else _ROWS))
        set_field(self, "columns", self.columns or (_COLUMNS if stationary else min(_COLUMNS, k)))
        set_field(self, "max_blocks", self.max_blocks or (1 if stationary else _MAX_BLOCKS))
        self._check_shape(stationary)
        set_field(self, "lanes", self.lanes or self._fewest_lanes())
        self._check_lanes()
        set_field(self, "accumulators", self._accumulators())
        dot = self.dot
        for name in ("fmt_a", "fmt_b"):
            set_field(self, name, getattr(dot, name))
        return self

    def _check_shape(self, stationary):
        if stationary and self.rows != self.k:
            raise ValueError(
                f"rows must be k = {self.k} where the weights are stationary, not {self.rows}; "
                "set k for an array of another size"
            )
        if not stationary and self.columns > self.k:
            raise ValueError(
                f"columns must be at most k = {self.k} where the outputs are stationary, "
                f"not {self.columns}"
            )

    def _fewest_lanes(self):
        if self.weight_stationary:
            return self.columns
        divisors = (each for each in range(1, self.rows + 1) if self.rows % each == 0)
        return next(each for each in divisors if each * self.k >= self.rows * self.columns)

    def _check_lanes(self):
        if self.weight_stationary:
            if self.lanes != self.columns:
                raise ValueError(
                    f"lanes must be columns = {self.columns} where the weights are stationary, "
                    f"not {self.lanes}"
                )
            return
        if self.rows % self.lanes:
            raise ValueError(f"lanes must divide rows = {self.rows}, not {self.lanes}")
        if self.lanes * self.k < self.rows * self.columns:
            raise ValueError(
                f"lanes must be at least {self._fewest_lanes()} to keep up with the array, "
                f"not {self.lanes}"
            )

    def _accumulators(self):
        """Return the sums that one edge keeps at a time."""
        if self.weight_stationary and self.max_blocks > 1:
            return self.accumulators or self.k
        only, where = self.results_a_lane, "rows * columns / lanes where the outputs are stationary"
        if self.weight_stationary:
            only, where = 1, "the number with stationary weights of one block (max_blocks 1)"
        if self.accumulators not in (None, only):
            raise ValueError(f"accumulators must be {only}, {where}, not {self.accumulators}")
        return only

    @cached_property
    def dot(self):
        """Config of the dot product that every element of the result is."""
        names = ("fmt_a", "fmt_b", "out", "rounding", "overflow", "max_blocks")
        names += ("accumulator_width", "accumulator_step", "specials", "freq", "target")
        given = {name: getattr(self, name) for name in names}
        # hard multipliers that were counted are those of the elements
        given["dsp"] = "auto" if self.dsp == "auto" else "none"
        return MxDotConfig(k=self.k, **given)

    @property
    def weight_stationary(self):
        """Whether the weights stay in the elements."""
        return self.dataflow == "weight-stationary"

    @property
    def results_a_lane(self):
        """Results of one product that leave one after another in the same lane."""
        return 1 if self.weight_stationary else self.rows // self.lanes * self.columns

    @property
    def hard_products(self):
        """Whether every element has a hard multiplier."""
        available = targets.get(self.target).multiplier_bits
        elements = (self.fmt_a.element, self.fmt_b.element)
        widths = [getattr(each, "significand_bits", each.width - 1) + 1 for each in elements]
        if not available or max(widths) > available or self.dsp == "none":
            return False
        if self.dsp == "auto":
            return min(widths) >= 6
        return self.dsp >= self.rows * self.columns
