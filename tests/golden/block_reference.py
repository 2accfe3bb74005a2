"""Blocks from exact values by definition: OCP MX v1.0 section 6.3 in fractions, one at a time."""

from fractions import Fraction
from functools import lru_cache

from dot_reference import is_float, lsb, ordinary_value
from exact_reference import (
    INFINITY,
    NAN,
    floor_log2,
    largest_magnitude,
    limit,
    power,
    rounds_away,
    value_of,
)


def element_value(element, code):
    """Return (negative, magnitude) of an element code; magnitude may be ``NAN``, ``INFINITY``."""
    if is_float(element):
        return value_of(element, code)
    value = ordinary_value(element, code)
    return value < 0, abs(value)


def largest_element(element):
    if is_float(element):
        return largest_magnitude(element)
    return (2 ** (element.width - 1) - 1) * power(lsb(element))


def rounded(element, magnitude, negative, rules, random_bits):
    """Return (negative, magnitude) of a quotient as an element."""
    if not magnitude:
        return negative, Fraction(0)
    place = lsb(element)
    if is_float(element):
        place = max(floor_log2(magnitude) - element.significand_bits, place)
    kept, rest = divmod(magnitude / power(place), 1)
    away = rounds_away(rest, negative, kept % 2 == 1, rules.rounding, random_bits)
    result = (kept + away) * power(place)
    if is_float(element):
        negative, result = limit(element, negative, result, rules.rounding, rules.overflow)
        if rules.flush_subnormals and result not in (NAN, INFINITY):
            result = Fraction(0) if result < power(1 - element.bias) else result
        return negative, result
    largest = largest_element(element)
    if negative and not rules.symmetric:
        largest += power(lsb(element))
    return negative, min(result, largest)


def scale_code(magnitudes, element, rules):
    """Return the scale code of a block whose numbers have these magnitudes."""
    largest = max(magnitudes, default=Fraction(0))
    if not largest:
        return 127 if rules.zero_scale == "one" else 0
    exponent = floor_log2(largest)
    if rules.scale_rule == "ceil" and largest > power(exponent):
        exponent += 1
    if rules.scale_rule == "even":
        digits = element.significand_bits if is_float(element) else element.width - 2
        exponent = floor_log2(round(largest / power(exponent - digits)) * power(exponent - digits))
    shared = exponent - floor_log2(largest_element(element))
    if rules.scale_rule == "fit":
        shared = floor_log2(largest / largest_element(element))
        shared += power(shared) * largest_element(element) < largest
    return min(max(shared + 127, 0), 254)


@lru_cache
def positive_values(scale):
    return [value_of(scale, code)[1] for code in range(scale.max_code + 1)]


def float_scale_code(magnitudes, element, scale, rules):
    """Return the code of a float scale: the largest magnitude over the largest element, rounded."""
    largest = max(magnitudes, default=Fraction(0))
    ratio = largest / largest_element(element)
    if not largest:
        ratio = Fraction(rules.zero_scale == "one")
    values = positive_values(scale)
    # of two neighbors at the same distance the one with an even code
    return min(range(len(values)), key=lambda code: (abs(values[code] - ratio), code % 2))


def block(values, element, rules, broken=False, random=None, scale_format=None):
    """Return (scale code, [(negative, magnitude)]) of values as ``element_value`` gives them.

    ``random`` is None or (number of bits, [integers]); ``scale_format`` a float, or None for e8m0.
    """
    nan_scale = 255 if scale_format is None else scale_format.nan_code
    nothing = nan_scale, [(False, Fraction(0))] * len(values)
    if broken:
        return nothing
    kinds = []
    for _, magnitude in values:
        kind = magnitude if magnitude in (NAN, INFINITY) else None
        kinds.append(NAN if kind == INFINITY and rules.infinity == "nan" else kind)
    has_nan = is_float(element) and element.specials != "none"
    if NAN in kinds and not (rules.nan == "element" and has_nan):
        return nothing
    numbers = [value[1] for value, kind in zip(values, kinds, strict=True) if kind is None]
    if scale_format is None:
        scale = scale_code(numbers, element, rules)
        factor = power(scale - 127)
    else:
        scale = float_scale_code(numbers, element, scale_format, rules)
        factor = value_of(scale_format, scale)[1]
        if not factor:
            return scale, nothing[1]
    elements = []
    for index, ((negative, magnitude), kind) in enumerate(zip(values, kinds, strict=True)):
        if kind == NAN:
            elements.append((None, NAN))
        elif kind == INFINITY:
            elements.append(infinite(element, negative, rules))
        else:
            bits = None if random is None else (random[0], random[1][index])
            quotient = magnitude / factor
            elements.append(rounded(element, quotient, negative, rules, bits))
    return scale, elements


def infinite(element, negative, rules):
    if not is_float(element):
        extra = power(lsb(element)) if negative and not rules.symmetric else 0
        return negative, largest_element(element) + extra
    if rules.overflow == "saturate" or element.specials == "none":
        return negative, largest_element(element)
    if element.specials == "ieee":
        return negative, INFINITY
    return negative, NAN


def assert_block(element, codes, expected):
    """Compare element codes with (negative, magnitude) pairs; the sign of an integer 0 is free."""
    for code, (negative, magnitude) in zip(codes, expected, strict=True):
        found_negative, found = element_value(element, int(code))
        assert found == magnitude, (code, negative, magnitude)
        if negative is None:
            assert code == element.nan_code
        elif magnitude or (is_float(element) and element.specials != "fnuz"):
            assert magnitude == NAN or found_negative == negative, (code, negative, magnitude)
