"""Binary floating-point formats: any exponent and fraction width, bias and special codes."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

from . import rounding as rounding_rules
from . import tables
from .scalar import ScalarFormat, widen

__all__ = ["SPECIALS", "FloatFormat"]

SPECIALS = {
    "ieee": "the highest exponent holds infinities (fraction 0) and NaNs, as IEEE 754",
    "fn": "the highest code of each sign is NaN, no infinities",
    "none": "every code is a finite number",
    "fnuz": "the code of -0 is the one NaN, no infinities, no -0",
}

_OCP_SPECIALS = {(5, 2): "ieee", (4, 3): "fn", (3, 2): "none", (2, 3): "none", (2, 1): "none"}
_WELL_KNOWN = {(5, 10): "fp16", (8, 7): "bf16", (8, 10): "tf32", (8, 23): "fp32"}
_BIAS_LIMIT = 500


def default_specials(exponent_bits, significand_bits):
    """Return the policy that a bare ``eXmY`` name means.

    The OCP element formats have theirs; of the others, those of at most 6 bits and those without
    fraction bits have no special codes, wider ones have those of IEEE 754.
    """
    ocp = _OCP_SPECIALS.get((exponent_bits, significand_bits))
    if ocp is not None:
        return ocp
    small = 1 + exponent_bits + significand_bits <= 6
    return "none" if small or significand_bits == 0 else "ieee"


@dataclass(frozen=True)
class FloatFormat(ScalarFormat):
    """A binary floating-point format: sign, exponent field, fraction field.

    With no fraction bits no significand of two neighbours is even, and a tie goes to the larger
    magnitude (IEEE 754-2019, section 4.3.1).

    Parameters
    ----------
    exponent_bits : int
        1 to 8.
    significand_bits : int
        Stored fraction bits, 0 to 23.
    bias : int
        Exponent bias, -500 to 500; by default ``2**(exponent_bits-1) - 1``, and one more for
        ``fnuz``.
    specials : str
        A key of ``SPECIALS``; by default what ``default_specials`` says.
    signed : bool
        Whether there is a sign bit.
    subnormals : bool
        Without them every code with exponent field 0 is zero, and a value between zero and the
        smallest normal number rounds to one of these two.

    Raises ``UsageError`` for values out of range or policies that leave no finite numbers.
    """

    exponent_bits: int
    significand_bits: int
    bias: int | None = None
    specials: str | None = None
    signed: bool = True
    subnormals: bool = True

    def __post_init__(self):
        self._check_range("exponent_bits", 1, 8)
        self._check_range("significand_bits", 0, 23)
        if self.specials is None:
            default = default_specials(self.exponent_bits, self.significand_bits)
            object.__setattr__(self, "specials", default)
        if self.specials not in SPECIALS:
            raise UsageError(
                f"specials must be one of {', '.join(SPECIALS)}, not {self.specials!r}"
            )
        if self.bias is None:
            object.__setattr__(self, "bias", self._default_bias)
        self._check_range("bias", -_BIAS_LIMIT, _BIAS_LIMIT)
        if self.specials == "ieee" and (self.exponent_bits < 2 or self.significand_bits < 1):
            raise UsageError("specials 'ieee' must have 2 exponent bits and 1 fraction bit or more")
        if self.specials == "fn" and self.exponent_bits + self.significand_bits < 2:
            raise UsageError("specials 'fn' must have 2 bits or more beside the sign")
        if self.specials == "fnuz" and not self.signed:
            raise UsageError("specials 'fnuz' must have a sign bit: its NaN is the code of -0")

    def _check_range(self, field, low, high):
        value = getattr(self, field)
        if not isinstance(value, int) or not low <= value <= high:
            raise UsageError(f"{field} must be an integer in {low}..{high}, not {value!r}")

    @property
    def _default_bias(self):
        return 2 ** (self.exponent_bits - 1) - (self.specials != "fnuz")

    @property
    def name(self):
        shape = (self.exponent_bits, self.significand_bits)
        name = f"e{shape[0]}m{shape[1]}"
        if self.bias != self._default_bias:
            name += f"b{self.bias}"
        if self.specials != default_specials(*shape) or name == "e8m0":
            name += self.specials
        if not self.subnormals:
            name += "nosub"
        if name == "e{}m{}".format(*shape) and self.signed:
            return _WELL_KNOWN.get(shape, name)
        return name if self.signed else f"u{name}"

    @property
    def width(self):
        return self.signed + self.exponent_bits + self.significand_bits

    @property
    def lsb_exponent(self):
        return self.min_normal_exponent - self.significand_bits

    @property
    def min_normal_exponent(self):
        """Exponent of the smallest normal number (emin of IEEE 754)."""
        return 1 - self.bias

    @property
    def max_code(self):
        top = 2 ** (self.exponent_bits + self.significand_bits)
        if self.specials == "ieee":
            return top - 2**self.significand_bits - 1
        return top - 1 - (self.specials == "fn")

    @property
    def min_code(self):
        return self.max_code + self._sign_bit if self.signed else 0

    @property
    def infinity_code(self):
        return self.max_code + 1 if self.specials == "ieee" else None

    @property
    def nan_code(self):
        """Canonical NaN: positive and, with ``ieee``, quiet (only the top fraction bit set)."""
        return {
            "ieee": self.max_code + 1 + 2 ** (self.significand_bits - 1),
            "fn": self.max_code + 1,
            "none": None,
            "fnuz": self._sign_bit,
        }[self.specials]

    @property
    def _sign_bit(self):
        return 2 ** (self.exponent_bits + self.significand_bits)

    def is_nan(self, codes):
        codes = self.check_codes(codes)
        if self.specials == "none":
            return np.zeros(codes.shape, bool)
        if self.specials == "fnuz":
            return codes == self._sign_bit
        return (codes & (self._sign_bit - 1)) > self.max_code + (self.specials == "ieee")

    def is_infinite(self, codes):
        codes = self.check_codes(codes)
        if self.specials != "ieee":
            return np.zeros(codes.shape, bool)
        return (codes & (self._sign_bit - 1)) == self.infinity_code

    def is_negative(self, codes):
        return super().is_negative(codes) & ~self.is_nan(codes)

    def _magnitude_parts(self, codes):
        """Return significand and exponent of each code's magnitude, ignoring special codes."""
        field = (codes >> self.significand_bits) & (2**self.exponent_bits - 1)
        fraction = codes & (2**self.significand_bits - 1)
        subnormal = fraction if self.subnormals else np.zeros_like(fraction)
        significand = np.where(field > 0, fraction + 2**self.significand_bits, subnormal)
        return significand, np.maximum(field, 1) + self.lsb_exponent - 1

    def _decode_fields(self, codes):
        significand, exponent = self._magnitude_parts(codes)
        magnitude = np.ldexp(significand.astype(np.float64), exponent)
        magnitude[self.is_infinite(codes)] = np.inf
        negative = self.signed and (codes & self._sign_bit) != 0
        values = np.where(negative, -magnitude, magnitude)
        values[self.is_nan(codes)] = np.nan
        return values

    def _significands(self, codes):
        significand, exponent = self._magnitude_parts(codes)
        bits = 2**self.exponent_bits + self.significand_bits
        significand = significand.astype(np.int64 if bits <= 63 else object)
        significand = significand << (exponent - self.lsb_exponent)
        negative = self.signed and (codes & self._sign_bit) != 0
        return np.where(negative, -significand, significand)

    def _encode_fast(self, values, rounding, overflow):
        if self.width > 8:
            return None
        if values.dtype == np.float32 and self.min_normal_exponent < -126:
            values = widen(values)
        return tables.encode(self, values, self.significand_bits + 2, rounding, overflow)

    def _round(self, negative, magnitude, exponent, rounding, overflow, random):
        top = rounding_rules.leading_exponent(magnitude, exponent)
        below_normal = top < self.min_normal_exponent
        fraction_bits = self.significand_bits
        smallest = self.lsb_exponent if self.subnormals else self.min_normal_exponent
        quantum = np.where(below_normal, smallest, top - fraction_bits)
        binade = np.where(below_normal, 0, quantum - self.lsb_exponent)
        kept = rounding_rules.divide_by_power_of_two(
            magnitude,
            quantum - exponent,
            negative,
            rounding,
            random,
        )
        if not self.subnormals:
            kept = np.where(below_normal, kept << fraction_bits, kept)
        # The leading one of `kept` adds itself to the exponent field, and so does a carry.
        code = (np.minimum(binade, 2**9) << fraction_bits) + kept
        code = self._limit(code, negative, rounding, overflow)
        if not self.signed:
            return np.where(negative & (code != 0), self._beyond(True, overflow), code)
        minus_zero = code + self._sign_bit if self.specials != "fnuz" else 0
        return np.where(negative, np.where(code == 0, minus_zero, code | self._sign_bit), code)

    def _beyond(self, negative, overflow):
        positive = self.max_code
        if overflow == "infinity":
            codes = (self.infinity_code, self.nan_code, self.max_code)
            positive = next(code for code in codes if code is not None)
        if positive == self.nan_code and self.specials == "fnuz":
            return positive
        if not self.signed:
            below = 0 if overflow == "saturate" or self.nan_code is None else self.nan_code
            return np.where(negative, below, positive)
        return np.where(negative, positive | self._sign_bit, positive)
