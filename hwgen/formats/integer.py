"""Integer and fixed-point formats: two's complement or unsigned, with a fixed binary point."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

from . import rounding as rounding_rules
from .scalar import ScalarFormat

__all__ = ["FixedFormat", "IntFormat"]

_MAX_WIDTH = 53
_ROUND = {"nearest-even": np.rint, "toward-zero": np.trunc, "up": np.ceil, "down": np.floor}


class _BinaryPoint(ScalarFormat):
    """Codes that are integers in units of ``2**lsb_exponent``.

    There is no infinity and no NaN: both overflow policies saturate, NaN becomes the largest value.
    """

    def _check_width(self):
        if not 1 + self.signed <= self.width <= _MAX_WIDTH:
            raise UsageError(
                f"width of {self.name} must be {1 + self.signed}..{_MAX_WIDTH} bits "
                f"(what float64 holds exactly), not {self.width}"
            )

    @property
    def max_code(self):
        return 2 ** (self.width - self.signed) - 1

    @property
    def min_code(self):
        return 2 ** (self.width - 1) if self.signed else 0

    def _significands(self, codes):
        return np.where(codes > self.max_code, codes - 2**self.width, codes)

    def _decode_fields(self, codes):
        return np.ldexp(self._significands(codes).astype(np.float64), self.lsb_exponent)

    def _encode_fast(self, values, rounding, overflow):
        # Scaling up by a power of two is exact or overflows, which saturates all the same.
        if not -60 <= self.lsb_exponent <= 0:
            return None
        exact = values.dtype == np.float64 or self.width <= 24
        lowest, highest = np.ldexp([self.min_value, self.max_value], -self.lsb_exponent)
        working = values.dtype if exact else np.dtype(np.float64)
        codes = np.empty(values.size, self.code_dtype)
        chunk = 1 << 14
        for start in range(0, values.size, chunk):
            part = slice(start, start + chunk)
            with np.errstate(over="ignore", invalid="ignore"):
                units = values[part].astype(working) * working.type(2.0**-self.lsb_exponent)
                units = _round_units(units, rounding)
                units = np.where(np.isnan(units), working.type(highest), units)
                np.clip(units, working.type(lowest), working.type(highest), out=units)
            integers = units.astype(np.int32 if self.width <= 24 else np.int64)
            codes[part] = integers & (2**self.width - 1)
        return codes

    def _beyond(self, negative, overflow):
        return np.where(negative, self.min_code, self.max_code)

    def _round(self, negative, magnitude, exponent, rounding, overflow, random):
        kept = rounding_rules.divide_by_power_of_two(
            magnitude, self.lsb_exponent - exponent, negative, rounding, random
        )
        largest = self.max_code + negative if self.signed else self.max_code
        kept = np.minimum(kept, largest)
        if not self.signed:
            return np.where(negative, 0, kept)
        return np.where(negative, -kept, kept) & (2**self.width - 1)


def _round_units(units, rounding):
    if rounding != "nearest-away":
        return _ROUND[rounding](units)
    # units - whole is exact, where adding a half to units would round a second time.
    whole = np.trunc(units)
    return whole + np.copysign(np.abs(units - whole) >= 0.5, units).astype(units.dtype)


@dataclass(frozen=True)
class IntFormat(_BinaryPoint):
    """``intN`` (two's complement) or ``uintN``: ``width`` bits, at most 53."""

    width: int
    signed: bool = True

    def __post_init__(self):
        self._check_width()

    @property
    def name(self):
        return f"int{self.width}" if self.signed else f"uint{self.width}"

    @property
    def lsb_exponent(self):
        return 0


@dataclass(frozen=True)
class FixedFormat(_BinaryPoint):
    """``qI.F`` or ``uqI.F``: ``integer_bits`` before and ``fraction_bits`` after the binary point.

    The sign bit of ``qI.F`` is not among the I bits: q1.6 has 8 bits and reaches from -2 to
    2 - 1/64. Either number may be negative as long as the width is 1 (signed: 2) to 53 bits.
    """

    integer_bits: int
    fraction_bits: int
    signed: bool = True

    def __post_init__(self):
        self._check_width()
        if abs(self.fraction_bits) > 500:
            raise UsageError(f"fraction_bits must be in -500..500, not {self.fraction_bits}")

    @property
    def name(self):
        return f"{'' if self.signed else 'u'}q{self.integer_bits}.{self.fraction_bits}"

    @property
    def width(self):
        return self.signed + self.integer_bits + self.fraction_bits

    @property
    def lsb_exponent(self):
        return -self.fraction_bits
