"""What every scalar format can do: decode, encode, round an exact value, show its parts."""

from functools import cached_property

import numpy as np

from hwgen.errors import UsageError

from . import rounding as rounding_rules
from . import tables

__all__ = ["ScalarFormat", "smallest_dtype", "widen"]

_CHUNK = 1 << 14
_EXPONENT_LIMIT = 1 << 40


def smallest_dtype(width):
    """Return the smallest unsigned NumPy dtype that holds ``width`` bits."""
    return np.dtype(f"uint{next(size for size in (8, 16, 32, 64) if width <= size)}")


class ScalarFormat:
    """A set of bit patterns of ``width`` bits and the number that each one stands for.

    Subclasses are frozen dataclasses: two formats with equal fields are equal.

    Members
    -------
    name : str
        Canonical name; ``hwgen.formats.parse(name)`` gives an equal format.
    width : int
        Bits of a code.
    signed : bool
        Whether negative values exist.
    lsb_exponent : int
        Every finite value is an integer multiple of ``2**lsb_exponent``.
    max_code, min_code : int
        Codes of the largest and the smallest (most negative) finite value.
    nan_code, infinity_code : int or None
        The code that encoding gives for NaN and for plus infinity; ``None`` where there is none.
    code_dtype : numpy.dtype
        Unsigned type that ``encode`` and ``round_scaled`` return.
    """

    nan_code = None
    infinity_code = None

    def decode(self, codes):
        """Return the values of ``codes`` as float64, exactly.

        ``codes`` are integers of any dtype in 0 .. 2**width - 1 and any shape. NaN codes give NaN.
        Raises ``UsageError`` for a code outside the range.
        """
        codes = self.check_codes(codes)
        if self.width <= tables.LARGEST_WIDTH:
            return tables.decode(self, codes)
        return self._decode_fields(codes.reshape(-1).astype(np.int64)).reshape(codes.shape)

    def encode(self, values, rounding="nearest-even", overflow="saturate", random=None):
        """Return the codes of ``values``, each rounded once.

        Parameters
        ----------
        values : array
            float16, float32, float64 or integers, of any shape.
        rounding : str
            A key of ``ROUNDINGS``; see ``divide_by_power_of_two`` for the stochastic rule.
        overflow : str
            ``"saturate"``: results beyond the largest finite value, infinities included, become
            it. ``"infinity"``: as IEEE 754 section 7.4, rounding as if the exponent had no limit;
            what is then too large becomes infinity, or NaN in a format with no infinity (of the
            same sign where NaN has both), or the largest finite value in a format with neither; a
            directed mode that points toward zero gives the largest finite value.
        random : unsigned array
            Random integers that broadcast to ``values``, for ``"stochastic"`` only. All bits of
            the dtype must be random.

        NaN becomes ``nan_code``; in a format without NaN it becomes the largest value, as RISC-V
        does in conversions to integers. -0 is kept where the format has it. A negative value in an
        unsigned format becomes 0 (with ``"infinity"``: NaN where the format has it).
        """
        rounding_rules.check_modes(rounding, overflow, random)
        values = _as_float_or_integer(values)
        if values.dtype.kind != "f":
            return self.round_scaled(values, 0, rounding, overflow, random)
        flat = np.ascontiguousarray(values).reshape(-1)
        codes = None if random is not None else self._encode_fast(flat, rounding, overflow)
        if codes is None:
            codes = self._encode_exactly(flat, rounding, overflow, _spread(random, values.shape))
        return codes.reshape(values.shape)

    def round_scaled(
        self, significand, exponent, rounding="nearest-even", overflow="saturate", random=None
    ):
        """Return the codes of the exact values ``significand * 2**exponent``, each rounded once.

        ``significand`` is an integer array (any NumPy integer dtype, or object holding Python
        integers of any size) and ``exponent`` an integer array; they broadcast. The other
        parameters are those of ``encode``.
        """
        rounding_rules.check_modes(rounding, overflow, random)
        significand, exponent = np.broadcast_arrays(significand, exponent)
        shape = significand.shape
        significand, exponent = significand.reshape(-1), exponent.reshape(-1)
        if significand.dtype.kind not in "biuO" or exponent.dtype.kind not in "biuO":
            raise UsageError(
                "significand and exponent must be integers, not "
                f"{significand.dtype} and {exponent.dtype}"
            )
        random = _spread(random, shape)
        codes = np.empty(significand.size, self.code_dtype)
        for part in _chunks(significand.size):
            negative, magnitude = _sign_and_magnitude(significand[part])
            # No format reaches beyond the limit, and int64 arithmetic on exponents stays exact.
            scale = np.clip(exponent[part], -_EXPONENT_LIMIT, _EXPONENT_LIMIT).astype(np.int64)
            codes[part] = self._round(
                negative,
                magnitude,
                scale,
                rounding,
                overflow,
                None if random is None else random[part],
            )
        return codes.reshape(shape)

    def finite_parts(self, codes):
        """Return ``(significand, lsb)``: each code as ``significand * 2**lsb``.

        ``significand`` is int64 (object where the format needs more bits), ``lsb`` is
        ``lsb_exponent``. NaN and infinity codes are read as if the format had no special codes.
        """
        codes = self.check_codes(codes)
        if self.width <= tables.LARGEST_WIDTH:
            return tables.significands(self)[codes.astype(np.intp)], self.lsb_exponent
        flat = codes.reshape(-1).astype(np.int64)
        return self._significands(flat).reshape(codes.shape), self.lsb_exponent

    def is_nan(self, codes):
        """Return a bool array: which codes are NaN."""
        return np.zeros(self.check_codes(codes).shape, bool)

    def is_infinite(self, codes):
        """Return a bool array: which codes are plus or minus infinity."""
        return np.zeros(self.check_codes(codes).shape, bool)

    def is_negative(self, codes):
        """Return a bool array: which codes have a negative sign (-0 has; NaN never has)."""
        codes = self.check_codes(codes).astype(np.uint64)
        return ((codes >> np.uint64(self.width - 1)) & np.uint64(self.signed)).astype(bool)

    def check_codes(self, codes):
        """Return ``codes`` as an array; raise ``UsageError`` unless all are codes of the format."""
        codes = np.asarray(codes)
        if codes.dtype.kind not in "ui":
            raise UsageError(f"codes of {self.name} must be integers, not {codes.dtype}")
        fits = codes.dtype.kind == "u" and codes.dtype.itemsize * 8 <= self.width
        if not fits and codes.size and (codes.min() < 0 or codes.max() >> self.width):
            raise UsageError(
                f"codes of {self.name} must be in 0..{2**self.width - 1}, not "
                f"{codes.min()}..{codes.max()}"
            )
        return codes

    @cached_property
    def code_dtype(self):
        return smallest_dtype(self.width)

    @property
    def max_value(self):
        """Largest finite value, as a float."""
        return float(self.decode(self.max_code))

    @property
    def min_value(self):
        """Smallest (most negative) finite value, as a float."""
        return float(self.decode(self.min_code))

    @property
    def max_exponent(self):
        """Largest e such that ``2**e`` is not above the largest value (emax of OCP MX v1.0)."""
        return int(np.frexp(self.max_value)[1]) - 1

    def __str__(self):
        return self.name

    def _encode_fast(self, values, rounding, overflow):
        """Return codes by a format's own short way, or ``None`` where it has none."""
        return None

    def _encode_exactly(self, values, rounding, overflow, random):
        codes = np.empty(values.size, self.code_dtype)
        for part in _chunks(values.size):
            bits = widen(values[part]).view(np.uint64)
            field = (bits >> np.uint64(52)).astype(np.int64) & 0x7FF
            fraction = bits & np.uint64((1 << 52) - 1)
            negative = (bits >> np.uint64(63)).astype(bool)
            special = field == 0x7FF
            magnitude = fraction | ((field > 0).astype(np.uint64) << np.uint64(52))
            magnitude[special] = 0
            result = self._round(
                negative,
                magnitude,
                np.maximum(field, 1) - 1075,
                rounding,
                overflow,
                None if random is None else random[part],
            )
            if special.any():
                infinite = self._beyond(negative, overflow)
                not_a_number = self.max_code if self.nan_code is None else self.nan_code
                result = np.where(special, np.where(fraction == 0, infinite, not_a_number), result)
            codes[part] = result
        return codes

    def _limit(self, code, negative, rounding, overflow):
        """Return magnitude codes with those beyond the largest finite one replaced."""
        beyond = self.max_code
        if overflow == "infinity":
            beyond = self._beyond(False, overflow)
            toward_zero = {"toward-zero": True, "up": negative, "down": ~negative}
            beyond = np.where(toward_zero.get(rounding, False), self.max_code, beyond)
        return np.where(code > self.max_code, beyond, code)

    def _beyond(self, negative, overflow):
        """Return the codes for plus or minus infinity as input, by sign."""
        raise NotImplementedError

    def _round(self, negative, magnitude, exponent, rounding, overflow, random):
        """Return codes (int64 or the code dtype) of (-1)**negative * magnitude * 2**exponent."""
        raise NotImplementedError

    def _decode_fields(self, codes):
        """Return the float64 values of int64 codes, without tables."""
        raise NotImplementedError

    def _significands(self, codes):
        """Return the significands of int64 codes, without tables."""
        raise NotImplementedError


def widen(values):
    """Return ``values`` as float64; signaling NaNs are NaNs like any other."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


def _chunks(size):
    return [slice(start, start + _CHUNK) for start in range(0, size, _CHUNK)]


def _spread(random, shape):
    return None if random is None else np.broadcast_to(random, shape).reshape(-1)


def _as_float_or_integer(values):
    values = np.asarray(values)
    if values.dtype in (np.float32, np.float64):
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype == np.float16:
        return values.astype(np.float32)
    if values.dtype.kind in "biuO":
        return values.astype(np.int64) if values.dtype.kind == "b" else values
    raise UsageError(f"values must be float16, float32, float64 or integers, not {values.dtype}")


def _sign_and_magnitude(significand):
    if significand.dtype == object:
        return (significand < 0).astype(bool), np.abs(significand)
    if significand.dtype.kind != "i":
        return np.zeros(significand.shape, bool), significand.astype(np.uint64)
    # The two's complement negation of -2**63 is itself, which reads as 2**63 without a sign.
    wide = significand.astype(np.int64)
    return wide < 0, np.abs(wide).view(np.uint64)
