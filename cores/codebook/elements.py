"""Formats of the elements that codebook weights are multiplied by, and their ranges."""

from typing import Annotated

from hwgen.cores.config import checked
from hwgen.cores.fixed.formats import FixedPoint, significand_range
from pydantic import BeforeValidator

from hwgen import formats
from hwgen.errors import UsageError

__all__ = ["Elements", "check_elements", "element_range", "is_float"]

_WIDEST = 16
_WIDEST_RANGE = 48


def _elements(text):
    try:
        found = formats.parse(text)
    except UsageError as error:
        raise UsageError(f"must be a fixed-point, integer or float format: {error}") from None
    if not isinstance(found, FixedPoint | formats.FloatFormat):
        raise UsageError(f"must be a fixed-point, integer or float format, not {text!r}")
    return found


def check_elements(fmt):
    """Raise ``ValueError`` unless elements are narrow enough for lanes and for an exact sum."""
    if fmt.width > _WIDEST:
        raise ValueError(f"fmt must have at most {_WIDEST} bits, not {fmt.width}")
    bits = element_range(fmt)[1].bit_length()
    if bits > _WIDEST_RANGE:
        raise ValueError(
            f"fmt must be one whose numbers are integers of at most {_WIDEST_RANGE} bits in units "
            f"of the smallest, not {fmt.name}, whose numbers have {bits}"
        )


def is_float(fmt):
    """Return whether elements have an exponent each."""
    return isinstance(fmt, formats.FloatFormat)


def element_range(fmt):
    """Return the least and the greatest finite element in units of the smallest one."""
    if not is_float(fmt):
        return significand_range(fmt)
    (largest,) = fmt.finite_parts([fmt.max_code])[0]
    return (-int(largest) if fmt.signed else 0), int(largest)


Elements = Annotated[FixedPoint | formats.FloatFormat, BeforeValidator(checked(_elements))]
