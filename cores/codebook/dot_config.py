"""Configuration of the dot product with weights of a codebook, and the ranges that follow."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.codebook.elements import Elements, check_elements, element_range, is_float
from hwgen.cores.codebook.terms import term_plan
from hwgen.cores.codebook.values import lane_values
from hwgen.cores.config import (
    FREQUENCY,
    MULTIPLIERS,
    STRICT,
    TARGET,
    CoreConfig,
    Frequency,
    Multipliers,
    Target,
    checked,
)
from hwgen.cores.floating.accumulate_config import Output, check_output
from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.errors import UsageError
from hwgen.formats.codebook import Codebook, parse_codebook
from hwgen.formats.outlier_pairs import OutlierPairs, parse_outlier_pairs

__all__ = ["CodebookDotConfig"]

_LARGEST_INTEGER = 1 << 12


def _weights(text):
    try:
        return parse_outlier_pairs(text) or parse_codebook(text)
    except UsageError as error:
        raise UsageError(f"must be {OutlierPairs.name} or a codebook: {error}") from None


Weights = Annotated[Codebook | OutlierPairs, BeforeValidator(checked(_weights))]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CodebookDotConfig(CoreConfig):
    """What a ``codebook-dot`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    weights: Weights = Field(
        default="bitmod-fp4", validate_default=True, description="codebook of the weights"
    )
    zero_points: bool = Field(
        default=False, description="groups have a zero point, which is subtracted from every weight"
    )
    fmt: Elements = Field(
        default="int8", validate_default=True, description="format of the vector's elements"
    )
    group: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=128, description="weights that share a scale"
    )
    lanes: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=8, description="weights that are taken at a time; they divide a group"
    )
    max_groups: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=32, description="most groups in a row"
    )
    scale_width: Annotated[int, Field(ge=0, le=16)] = Field(
        default=8, description="bits of a group's scale, an unsigned integer; 0: there is none"
    )
    architecture: Literal["multiply", "serial"] = Field(
        default="multiply",
        description="a product a lane and cycle, or one term of a weight a lane and cycle",
    )
    out: Output = Field(
        default="exact",
        validate_default=True,
        description="'exact' (an integer) or a float format, rounded once",
    )
    rounding: Literal["nearest-even", "nearest-away", "toward-zero", "up", "down"] = Field(
        default="nearest-even", description="rounding of a float result"
    )
    freq: Frequency = FREQUENCY
    dsp: Multipliers = MULTIPLIERS
    target: Target = TARGET

    # what else there is to say of a rounding
    overflow, subnormals, flags, random_bits = "infinity", "full", False, None

    @model_validator(mode="after")
    def _complete(self):
        if self.group % self.lanes:
            raise ValueError(f"lanes must divide group = {self.group}, not {self.lanes}")
        if self.paired and self.lanes % 2:
            raise ValueError(f"lanes must be even for {self.weights}, not {self.lanes}")
        check_elements(self.fmt)
        check_output(self.out)
        if self.weights.largest > _LARGEST_INTEGER:
            raise ValueError(
                f"weights must stand for integers up to {_LARGEST_INTEGER}, and those of "
                f"{self.weights} reach {self.weights.largest}"
            )
        if self.floats:
            self._check_floats()
        return self

    def _check_floats(self):
        if self.zero_points:
            raise ValueError(f"zero_points must be off for elements of {self.fmt.name}")
        if self.lanes % self.steps:
            raise ValueError(
                f"lanes must be a multiple of {self.steps}, the clock cycles of a token of "
                f"{self.weights}, not {self.lanes}"
            )

    @property
    def floats(self):
        """Whether elements are floats."""
        return is_float(self.fmt)

    @property
    def paired(self):
        """Whether weights are pairs of which one may be an outlier."""
        return isinstance(self.weights, OutlierPairs)

    @cached_property
    def center(self):
        """What table and zero points leave out alike, so that integers have both signs."""
        if not self.zero_points or self.paired:
            return 0
        count = len(self.weights.entries)
        return count // 2 if self.weights.entries == tuple(range(count)) else 0

    @cached_property
    def values(self):
        """The integers of the lanes' table."""
        return lane_values(self.weights, self.center)

    @cached_property
    def terms(self):
        """How these integers are written as signed powers of two."""
        return term_plan(self.values.integers)

    @property
    def steps(self):
        """Clock cycles that a token takes."""
        return self.terms.steps if self.architecture == "serial" else 1

    @property
    def beats(self):
        """Tokens of a group."""
        return self.group // self.lanes

    @property
    def group_cycles(self):
        """Clock cycles of a group."""
        return self.beats * self.steps

    @property
    def element_bounds(self):
        """Least and greatest element, in units of its lowest bit."""
        return element_range(self.fmt)

    @property
    def zero_bounds(self):
        """Least and greatest zero point, less `center`."""
        return -self.center, (1 << self.weights.width) - 1 - self.center

    @cached_property
    def group_bounds(self):
        """Least and greatest sum of a group."""
        integers = self.values.integers
        low, high = min(integers), max(integers)
        if self.zero_points:
            least, greatest = self.zero_bounds
            low, high = low - greatest, high - least
        products = [x * weight for x in self.element_bounds for weight in (low, high)]
        return min(products) * self.group, max(products) * self.group

    @cached_property
    def sum_bounds(self):
        """Least and greatest result."""
        most = self.max_groups * ((1 << self.scale_width) - 1 if self.scale_width else 1)
        low, high = self.group_bounds
        return min(low * most, 0), max(high * most, 0)

    @cached_property
    def group_shape(self):
        """Shape of the sum of a group."""
        return shape_of_range(*self.group_bounds)

    @cached_property
    def sum_shape(self):
        """Shape of a result: the narrowest that holds every one."""
        return shape_of_range(*self.sum_bounds)

    @property
    def sum_exponent(self):
        """Exponent of 2 of the unit of a result, scales being integers."""
        return self.fmt.lsb_exponent + self.weights.lsb_exponent
