"""``mx-dot`` by definition: one number at a time, in fractions, sharing no code with the model."""

import math
from fractions import Fraction
from itertools import product

from exact_reference import INFINITY, NAN, limit, power, round_magnitude, value_of

from hwgen.formats import FloatFormat


def is_float(element):
    return isinstance(element, FloatFormat)


def ordinary_value(element, code):
    """Return the number that the bits would be if the format had no special codes."""
    if not is_float(element):
        wraps = element.signed and code >= 2 ** (element.width - 1)
        return (code - wraps * 2**element.width) * power(lsb(element))
    without = FloatFormat(element.exponent_bits, element.significand_bits, element.bias, "none")
    negative, magnitude = value_of(without, code)
    return -magnitude if negative else magnitude


def lsb(element):
    if not is_float(element):
        return -getattr(element, "fraction_bits", 0)
    return 1 - element.bias - element.significand_bits


def lane_kind(element_a, element_b, code_a, code_b):
    """Return ``NAN``, ``INFINITY``, ``"-inf"`` or ``None`` for one product."""
    signs, magnitudes = [], []
    for element, code in ((element_a, code_a), (element_b, code_b)):
        negative, magnitude = False, abs(ordinary_value(element, code))
        if is_float(element):
            negative, magnitude = value_of(element, code)
        else:
            negative = ordinary_value(element, code) < 0
        signs.append(negative)
        magnitudes.append(magnitude)
    if NAN in magnitudes or (INFINITY in magnitudes and 0 in magnitudes):
        return NAN
    if INFINITY in magnitudes:
        return INFINITY if signs[0] == signs[1] else "-inf"
    return None


def merge(kinds):
    if NAN in kinds or {INFINITY, "-inf"} <= set(kinds):
        return NAN
    return next((kind for kind in kinds if kind), None)


def scale_unit(scale):
    return lsb(scale) - 1 if is_float(scale) else -127


def scale_parts(scale, code):
    """Return (significand, exponent, whether it is NaN) of a scale code, in ``scale_unit``s."""
    if not is_float(scale):
        return 1, code, code == 255
    negative, magnitude = value_of(scale, code)
    number = abs(ordinary_value(scale, code)) / power(scale_unit(scale))
    exponent = 1
    while number / power(exponent) >= 2 ** (scale.significand_bits + 1):
        exponent += 1
    return int(number / power(exponent)) * (-1 if negative else 1), exponent, magnitude == NAN


def block(format_a, format_b, a, b, scale_a, scale_b):
    """Return (S, T, kind) of one block; S an int in units of the two lowest bits."""
    pair = format_a.element, format_b.element
    lanes = list(zip(a, b, strict=True))
    total = sum(ordinary_value(pair[0], x) * ordinary_value(pair[1], y) for x, y in lanes)
    in_units = total / power(lsb(pair[0]) + lsb(pair[1]))
    assert in_units.denominator == 1
    kind = merge([lane_kind(*pair, x, y) for x, y in lanes])
    scale_pair = ((format_a.scale, scale_a), (format_b.scale, scale_b))
    (m, s, nan_a), (n, t, nan_b) = (scale_parts(*each) for each in scale_pair)
    if nan_a or nan_b:
        kind = NAN
    return in_units.numerator * m * n, s + t, kind


def unit(format_a, format_b):
    blocks = (format_a, format_b)
    return sum(lsb(each.element) + scale_unit(each.scale) for each in blocks)


def width_of_sum(format_a, format_b, only_numbers=False):
    """Return the two's complement width of the worst block sum, by trying every pair of codes."""
    pair = format_a.element, format_b.element
    values = [
        [
            ordinary_value(each, code)
            for code in range(2**each.width)
            if not only_numbers
            or not is_float(each)
            or value_of(each, code)[1] not in (NAN, INFINITY)
        ]
        for each in pair
    ]
    products = [x * y / power(lsb(pair[0]) + lsb(pair[1])) for x, y in product(*map(set, values))]
    low, high = min(products) * format_a.block_size, max(products) * format_a.block_size
    for scale in (format_a.scale, format_b.scale):
        if is_float(scale):
            most = 2 ** (scale.significand_bits + 1) - 1
            factors = (most, -most) if scale.signed else (most,)
            corners = [each * factor for each in (low, high) for factor in factors]
            low, high = min(corners), max(corners)
    width = 1
    while not (-(2 ** (width - 1)) <= low and high < 2 ** (width - 1)):
        width += 1
    return width


def accumulated(blocks, step, guard, width):
    """Return (A, exponent of A's unit above ``unit``) after a dot's blocks, as (S, T, kind)."""
    position, register = None, 0
    for total, scale, _ in blocks:
        coarse, fine = divmod(scale, step)
        addend = total * power(fine + guard)
        if position is None:
            position, register = coarse, Fraction(addend)
            continue
        target = max(position, coarse)
        register = math.floor(register / power(step * (target - position))) + math.floor(
            addend / power(step * (target - coarse))
        )
        register = (register + 2 ** (width - 1)) % 2**width - 2 ** (width - 1)
        position = target
    assert Fraction(register).denominator == 1
    return int(register), step * position - guard


def rounded(value, kind, output, rounding, overflow):
    """Return (negative, magnitude) of the output code, as ``value_of`` shows codes."""
    if kind == NAN:
        return None, NAN
    if kind:
        negative = kind == "-inf"
        # Beyond everything, and not for a directed mode to bring back.
        return limit(output, negative, power(2000), "nearest-even", overflow)
    if value == 0:
        return False, Fraction(0)
    magnitude = round_magnitude(output, abs(value), value < 0, rounding)
    return limit(output, value < 0, magnitude, rounding, overflow)
