"""Fixed-point formats in configs: integers and numbers with a binary point."""

from typing import Annotated

from hwgen.cores.config import checked
from hwgen.cores.interface import Field
from pydantic import BeforeValidator

from hwgen import formats
from hwgen.errors import UsageError

__all__ = [
    "Fixed",
    "FixedPoint",
    "fixed_field",
    "fixed_format",
    "format_of_bits",
    "significand_range",
]

FixedPoint = formats.IntFormat | formats.FixedFormat


def fixed_format(text):
    """Return the fixed-point or integer format of that name.

    Raises
    ------
    UsageError
        The name is not known, or is that of another kind of format.
    """
    try:
        found = formats.parse(text)
    except UsageError as error:
        raise UsageError(f"must be a fixed-point or integer format: {error}") from None
    if not isinstance(found, FixedPoint):
        raise UsageError(f"must be a fixed-point or integer format, not {text!r}")
    return found


Fixed = Annotated[FixedPoint, BeforeValidator(checked(fixed_format))]


def significand_range(fmt):
    """Return the least and the greatest value of a format in units of its lowest bit."""
    return (-(1 << fmt.width - 1) if fmt.signed else 0), fmt.max_code


def format_of_bits(width, signed, lsb_exponent):
    """Return the format of ``width`` bits in units of ``2**lsb_exponent``, None beyond 53 bits."""
    try:
        if lsb_exponent == 0:
            return formats.IntFormat(width, signed)
        return formats.FixedFormat(width - signed + lsb_exponent, -lsb_exponent, signed)
    except UsageError:
        return None


def fixed_field(name, width, signed, lsb_exponent, count=1, doc=""):
    """Return the field of a stream that holds fixed-point numbers."""
    found = format_of_bits(width, signed, lsb_exponent)
    label = "integer" if found is None else found.name
    return Field(name, width, count, label, signed=signed, doc=doc)
