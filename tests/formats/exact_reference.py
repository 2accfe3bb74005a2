"""Formats by definition, in exact fractions and one number at a time: what the tests trust."""

from fractions import Fraction
from functools import lru_cache

NAN, INFINITY = "nan", "inf"


def power(exponent):
    return Fraction(2) ** exponent


def value_of(format, code):
    """Return (negative, magnitude) of a float code; magnitude may be ``NAN`` or ``INFINITY``."""
    digits = format.significand_bits
    fraction = code % 2**digits
    field = code // 2**digits % 2**format.exponent_bits
    negative = format.signed and code // 2 ** (digits + format.exponent_bits) == 1
    highest = field == 2**format.exponent_bits - 1
    if format.specials == "ieee" and highest:
        return negative, INFINITY if fraction == 0 else NAN
    if format.specials == "fn" and highest and fraction == 2**digits - 1:
        return negative, NAN
    if format.specials == "fnuz" and negative and field == fraction == 0:
        return negative, NAN
    if field == 0:
        scale = power(1 - format.bias)
        return negative, Fraction(fraction, 2**digits) * scale if format.subnormals else Fraction(0)
    return negative, (1 + Fraction(fraction, 2**digits)) * power(field - format.bias)


def floor_log2(value):
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    return exponent if power(exponent) <= value else exponent - 1


def rounds_away(rest, negative, odd, rounding, random_bits=None):
    """Decide from the discarded part ``rest`` (in units of the last place) alone."""
    half = Fraction(1, 2)
    if rounding == "stochastic":
        count, random = random_bits
        return int(rest * 2**count) + random >= 2**count
    return {
        "nearest-even": rest > half or (rest == half and odd),
        "nearest-away": rest >= half,
        "toward-zero": False,
        "up": rest > 0 and not negative,
        "down": rest > 0 and negative,
    }[rounding]


def round_magnitude(format, magnitude, negative, rounding, random_bits=None):
    """Round a positive Fraction as if the exponent had no upper limit."""
    exponent = floor_log2(magnitude)
    smallest = 1 - format.bias
    place = max(exponent, smallest) - format.significand_bits
    if exponent < smallest and not format.subnormals:
        place = smallest
    kept, rest = divmod(magnitude / power(place), 1)
    away = rounds_away(rest, negative, kept % 2 == 1, rounding, random_bits)
    return (kept + away) * power(place)


def encode(format, value, rounding="nearest-even", overflow="saturate", negative_zero=False):
    """Return (negative, magnitude) that a finite value encodes to, as ``value_of`` shows codes."""
    negative = value < 0 or negative_zero
    magnitude = round_magnitude(format, abs(value), negative, rounding) if value else Fraction(0)
    return limit(format, negative, magnitude, rounding, overflow)


@lru_cache
def largest_magnitude(format):
    codes = range(2 ** (format.exponent_bits + format.significand_bits))
    magnitudes = [value_of(format, code)[1] for code in codes]
    return max(each for each in magnitudes if each not in (NAN, INFINITY))


def limit(format, negative, magnitude, rounding, overflow):
    if not format.signed and negative:
        negative = False
        if magnitude:
            broken = overflow == "infinity" and format.specials != "none"
            magnitude = NAN if broken else Fraction(0)
            return negative, magnitude
    largest = largest_magnitude(format)
    if magnitude > largest:
        toward_zero = {"toward-zero": True, "up": negative, "down": not negative}
        if overflow == "saturate" or toward_zero.get(rounding, False) or format.specials == "none":
            magnitude = largest
        else:
            magnitude = INFINITY if format.specials == "ieee" else NAN
    if format.specials == "fnuz" and magnitude in (0, NAN):
        negative = magnitude == NAN
    return negative, magnitude
