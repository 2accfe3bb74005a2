"""Exact values become a block: section 6.3 of OCP MX v1.0 on integers, for values beyond float64.

The choices that the standard leaves open, and what a scale is that is no power of two, are those
of ``hwgen.formats.Quantization``.
"""

from fractions import Fraction

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats import FloatFormat, PowerOfTwoFormat

__all__ = ["Exact", "answer", "as_blocks", "block_scales", "exact_elements", "requantise"]

_ONE_CODE = 127
_LARGEST_SCALE = 254
# first bits of a quotient: more than any rounding, stochastic ones included, can ask for
_QUOTIENT_BITS = 160


class Exact:
    """Arrays of exact values ``significand * 2**exponent`` with signs and flags, all (blocks, k).

    Parameters
    ----------
    significand : object array
        Python integers; those of flagged values do not count.
    exponent : int64 array
        Powers of two.
    negative : bool array
        Signs, those of zeros included.
    nan, infinite : bool array
        At most one of both is set.
    broken : bool array
        Which blocks are NaN as a whole, shape (blocks,): an operand's scale is NaN.
    """

    def __init__(self, significand, exponent, negative, nan, infinite, broken):
        self.significand = np.asarray(significand, dtype=object)
        self.exponent = np.broadcast_to(exponent, self.significand.shape).astype(np.int64)
        self.negative = np.asarray(negative, bool)
        self.nan = np.asarray(nan, bool)
        self.infinite = np.asarray(infinite, bool)
        self.broken = np.asarray(broken, bool)


def as_blocks(field, codes, block):
    """Return element codes of beats as (blocks, block_size)."""
    codes = block.element.check_codes(codes)
    size = block.block_size
    if codes.size % size:
        raise UsageError(f"{field} must hold whole blocks of {size} elements, not {codes.size}")
    return codes.reshape(-1, size)


def block_scales(field, scales, blocks):
    """Return one scale code a block, as int64, of an array with one a beat.

    Raises ``UsageError`` unless all beats of a block have the same.
    """
    scales = np.asarray(scales).astype(np.int64)
    if blocks == 0:
        return scales
    beats = scales.reshape(blocks, -1)
    if (beats != beats[:, :1]).any():
        raise UsageError(f"{field} must be the same in all beats of a block")
    return beats[:, 0]


def exact_elements(codes, scales, block):
    """Return blocks of element codes, one scale code a block, as ``Exact`` values.

    Zero times infinity is NaN.
    """
    element, scale = block.element, block.scale
    significand, lsb = element.finite_parts(codes)
    nan, infinite = element.is_nan(codes), element.is_infinite(codes)
    negative = element.is_negative(codes)
    factor, exponent = _scale_parts(scale, scales)
    product = significand.astype(object) * factor[:, None]
    if not isinstance(scale, PowerOfTwoFormat):
        endless = scale.is_infinite(scales)[:, None]
        zero = (significand == 0) & ~nan & ~infinite
        nan = nan | (zero & endless) | (infinite & (factor == 0)[:, None])
        infinite = (infinite | endless) & ~nan
        negative = negative ^ scale.is_negative(scales)[:, None]
    return Exact(product, (exponent + lsb)[:, None], negative, nan, infinite, scale.is_nan(scales))


def _scale_parts(scale, codes):
    """Return (significands, exponents): each scale code as ``significand * 2**exponent``."""
    if isinstance(scale, PowerOfTwoFormat):
        return np.ones(len(codes), object), codes - _ONE_CODE
    significand, lsb = scale.finite_parts(codes)
    return significand.astype(object), np.full(len(codes), lsb)


def requantise(values, block, random=None, units=None):
    """Return ``(scale codes, element codes)`` of exact values, shapes (blocks,) and (blocks, k).

    ``units`` are tensor scales, one a block, as positive ``Fraction``, that all is divided by.
    The scale of a broken block is NaN, whatever the choices are. Where the scale is NaN or zero,
    all element codes are 0.
    """
    rules, element = block.quantization, block.element
    nan, infinite = values.nan, values.infinite
    if rules.infinity == "nan":
        nan, infinite = nan | infinite, np.zeros_like(infinite)
    number = ~(nan | infinite)
    element_takes_nan = rules.nan == "element" and element.nan_code is not None
    broken = values.broken if element_takes_nan else values.broken | nan.any(axis=1)
    magnitude = np.where(number, np.abs(values.significand), 0)
    if units is None:
        units = np.full(len(nan), Fraction(1), object)
    scales = np.array(
        [
            _scale_code(row.tolist(), exponents.tolist(), block, unit)
            for row, exponents, unit in zip(magnitude, values.exponent, units, strict=True)
        ],
        dtype=np.int64,
    ).reshape(len(nan))
    scales[broken] = block.scale.nan_code
    divisor, exponent = _scale_parts(block.scale, scales)
    holds_numbers = (~broken & (divisor != 0).astype(bool))[:, None]
    signed = np.where(values.negative, -magnitude, magnitude)
    signed = np.where(holds_numbers, signed, 0)
    exponent = values.exponent - exponent[:, None]
    if not isinstance(block.scale, PowerOfTwoFormat):
        above, below = (
            np.array([getattr(each, part) for each in units], object).reshape(len(nan), 1)
            for part in ("numerator", "denominator")
        )
        divisor = np.where(divisor == 0, 1, divisor)[:, None]
        signed, lsb = _quotients(signed * below, divisor * above)
        exponent = exponent + lsb
    codes = element.round_scaled(signed, exponent, rules.rounding, rules.overflow, random)
    codes = codes.astype(np.int64)
    has_minus_zero = isinstance(element, FloatFormat) and element.specials != "fnuz"
    if has_minus_zero:
        minus_zero = values.negative & (magnitude == 0) & number
        codes[minus_zero & holds_numbers] = 1 << element.width - 1
    codes = _tidy(codes, element, rules)
    for sign, value in ((False, np.inf), (True, -np.inf)):
        beyond = _tidy(element.encode(np.float64(value), overflow=rules.overflow), element, rules)
        codes[infinite & (values.negative == sign) & holds_numbers] = beyond
    if element_takes_nan:
        codes[nan & holds_numbers] = element.nan_code
    return scales.astype(block.scale.code_dtype), codes.astype(element.code_dtype)


def _quotients(dividend, divisor):
    """Return (significands, exponent) of quotients; the last bit stands for all below it."""
    bits = _QUOTIENT_BITS + max((each.bit_length() for each in divisor.flat), default=0)
    wide = np.abs(dividend) << bits
    quotient = wide // divisor | (wide % divisor != 0).astype(object)
    return np.where(dividend < 0, -quotient, quotient), -bits


def answer(values, shape, block, random, units=None):
    """Return the beats of the blocks that ``requantise`` makes, as the golden functions do.

    ``shape`` is that of the element codes in beats; the other parameters are its own.
    """
    random = None if random is None else np.asarray(random).reshape(values.nan.shape)
    scales, codes = requantise(values, block, random, units)
    beats = shape[0] // len(codes) if len(codes) else 1
    return {"elements": codes.reshape(shape), "scale": np.repeat(scales, beats)}


def _scale_code(magnitudes, exponents, block, unit):
    numbers = [
        (magnitude.bit_length() + exponent - 1, magnitude)
        for magnitude, exponent in zip(magnitudes, exponents, strict=True)
        if magnitude
    ]
    if not numbers:
        one = block.quantization.zero_scale == "one"
        return int(block.scale.encode(1.0)) if one else 0
    binade = max(numbers)[0]
    # between 1 and 2: the largest values without their exponent
    leading = max(
        Fraction(magnitude, 1 << magnitude.bit_length() - 1)
        for place, magnitude in numbers
        if place == binade
    )
    if isinstance(block.scale, PowerOfTwoFormat):
        return _power_code(leading, binade, block)
    ratio = leading / Fraction(block.element.max_value) / unit
    parts = (np.array([part], object) for part in ratio.as_integer_ratio())
    significand, lsb = _quotients(*parts)
    return int(block.scale.round_scaled(significand, binade + lsb)[0])


def _power_code(leading, binade, block):
    element = block.element
    raised = _raised(leading, element, block.quantization.scale_rule)
    return min(max(binade - element.max_exponent + raised + _ONE_CODE, 0), _LARGEST_SCALE)


def _raised(leading, element, rule):
    """Return whether a rule takes a scale twice that of ``floor``."""
    if rule == "ceil":
        return leading > 1
    if rule == "even":
        places = element.significand_bits if isinstance(element, FloatFormat) else element.width - 2
        # Fraction rounds ties to even
        return round(leading * 2**places) == 2 ** (places + 1)
    if rule == "fit":
        return leading > Fraction(element.max_value) / Fraction(2) ** element.max_exponent
    return 0


def _tidy(codes, element, rules):
    """Apply the choices about single element codes."""
    codes = np.array(codes, dtype=np.int64)
    if not isinstance(element, FloatFormat):
        if rules.symmetric:
            codes[codes == element.min_code] += 1
        return codes
    if rules.flush_subnormals:
        field = codes >> element.significand_bits & (1 << element.exponent_bits) - 1
        small = (field == 0) & ~element.is_nan(codes)
        sign = codes & (1 << element.width - 1) if element.specials != "fnuz" else 0
        codes = np.where(small, sign, codes)
    return codes
