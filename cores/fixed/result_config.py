"""What the configs of all fixed-point cores share: the result and its rounding."""

from functools import cached_property
from typing import Annotated, Literal

from hwgen.cores.arith.fixed_round import FixedRounding
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.config import CoreConfig, checked
from hwgen.cores.fixed.formats import FixedPoint, fixed_format, format_of_bits, significand_range
from pydantic import BeforeValidator, Field

from hwgen.errors import UsageError

__all__ = [
    "FLAGS",
    "OUT",
    "OVERFLOW",
    "FixedProductConfig",
    "FixedResultConfig",
    "Out",
    "Overflow",
    "product_bounds",
]

_WIDEST = 256


def _out(text):
    """Return "exact", or the fixed-point format of that name."""
    if text == "exact":
        return text
    try:
        return fixed_format(text)
    except UsageError as error:
        raise UsageError(f"{error}, or 'exact'") from None


Out = Annotated[Literal["exact"] | FixedPoint, BeforeValidator(checked(_out))]
Overflow = Literal["saturate", "wrap"]

OUT = Field(
    default="exact",
    description="'exact' (as wide as every result needs) or a format, rounded once",
)
OVERFLOW = Field(default="saturate", description="what a result beyond the format becomes")
FLAGS = Field(default=False, description="add an output bit 'overflow': a result was beyond out")


class FixedResultConfig(CoreConfig):
    """What follows from the range of the exact result; a subclass tells that range.

    Members
    -------
    exact_bounds : (int, int)
        Least and greatest exact result, in units of ``2**exact_exponent``.
    exact_exponent : int
    """

    def check_result(self):
        """Raise ValueError for what the fields of the result may not be together."""
        if self.exact_shape.width > _WIDEST:
            raise ValueError(
                f"exact results must have at most {_WIDEST} bits, not {self.exact_shape.width}; "
                "bring the binary points of the operands closer"
            )
        if self.out == "exact" and self.flags:
            raise ValueError("flags must be off with out 'exact', which holds every result")
        if self.out != "exact":
            distance = abs(self.out.lsb_exponent - self.exact_exponent)
            if distance > _WIDEST:
                raise ValueError(
                    f"out must have its lowest bit within {_WIDEST} bits of that of the exact "
                    f"result, 2**{self.exact_exponent}, not {self.out.name!r}"
                )

    @cached_property
    def exact_shape(self):
        """Shape of the exact result."""
        return shape_of_range(*self.exact_bounds)

    @property
    def result_format(self):
        """Format of the result; ``None`` where an exact one is wider than formats are."""
        if self.out != "exact":
            return self.out
        shape = self.exact_shape
        return format_of_bits(shape.width, shape.signed, self.exact_exponent)

    @property
    def result_rounding(self):
        """The :class:`FixedRounding` of the result; ``None`` for an exact one."""
        if self.out == "exact":
            return None
        return FixedRounding(
            self.out, self.rounding, self.overflow, self.flags, int(self.random_bits)
        )

    @property
    def random_input(self):
        """Whether random bits come with the operands."""
        return self.needs_random and self.random_source == "input"

    @property
    def needs_random(self):
        """Whether results are rounded stochastically."""
        return self.out != "exact" and self.rounding == "stochastic"


class FixedProductConfig(FixedResultConfig):
    """What follows where exact results are sums of products of ``fmt_a`` and ``fmt_b``."""

    @property
    def exact_exponent(self):
        """Exponent of 2 of the unit of an exact result."""
        return self.fmt_a.lsb_exponent + self.fmt_b.lsb_exponent


def product_bounds(format_a, format_b):
    """Return the least and greatest product of two significands."""
    products = [x * y for x in significand_range(format_a) for y in significand_range(format_b)]
    return min(products), max(products)
