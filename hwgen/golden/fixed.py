"""What the fixed-point cores compute: exact integers, rounded once, brought into range once."""

import numpy as np

__all__ = ["add", "convert", "dot", "finish", "multiply", "significands"]


def significands(codes, fmt):
    """Return the values of codes in units of the format's lowest bit, as Python integers."""
    codes = np.asarray(codes)
    return fmt.finite_parts(codes.astype(np.uint64))[0].astype(object)


def finish(exact, exponent, out, rounding, overflow, random=None, random_bits=0):
    """Round ``exact * 2**exponent`` to the format ``out``; return (codes, overflow bits).

    The value is rounded as if the format had no limits. Where the rounded value is not in the
    format, the overflow bit is 1, and the code is that of the nearest limit (``saturate``) or the
    low bits of the two's complement rounded value (``wrap``).

    Parameters
    ----------
    exact : array
        Python integers.
    exponent : int
        Exponent of 2 of their unit.
    out : IntFormat or FixedFormat
    rounding : str
        A key of ``hwgen.formats.rounding.ROUNDINGS``.
    overflow : str
        ``"saturate"`` or ``"wrap"``.
    random : integer array, optional
        For ``stochastic``: ``random_bits`` random bits each. With F the first ``random_bits`` bits
        of the discarded fraction, the magnitude is rounded up where
        ``F + random >= 2**random_bits``.
    random_bits : int
    """
    if random is None:
        random = np.zeros(len(exact), dtype=object)
    shift = out.lsb_exponent - exponent

    def rounded(value, noise):
        return _rounded(value, shift, rounding, int(noise), random_bits)

    lowest = -(1 << out.width - 1) if out.signed else 0
    highest = lowest + (1 << out.width) - 1
    codes, flags = np.zeros(len(exact), np.uint64), np.zeros(len(exact), np.uint64)
    for index, (value, noise) in enumerate(zip(exact.tolist(), random.tolist(), strict=True)):
        whole = rounded(value, noise)
        flags[index] = not lowest <= whole <= highest
        if overflow == "saturate":
            whole = min(max(whole, lowest), highest)
        codes[index] = whole & (1 << out.width) - 1
    return codes, flags


def _rounded(value, shift, rounding, random, random_bits):
    """Return ``value / 2**shift`` as an integer, rounded once."""
    if shift <= 0:
        return value << -shift
    magnitude, negative = abs(value), value < 0
    kept = magnitude >> shift
    twice_fraction = (magnitude - (kept << shift)) * 2
    unit = 1 << shift
    if rounding == "nearest-even":
        away = twice_fraction > unit or (twice_fraction == unit and kept % 2 == 1)
    elif rounding == "nearest-away":
        away = twice_fraction >= unit
    elif rounding == "up":
        away = twice_fraction > 0 and not negative
    elif rounding == "down":
        away = twice_fraction > 0 and negative
    elif rounding == "stochastic":
        leading = (twice_fraction << random_bits) // (2 * unit)
        away = leading + random >= 1 << random_bits
    else:
        away = False
    whole = kept + away
    return -whole if negative else whole


def add(a, b, format_a, format_b, subtract):
    """Return (exact sums or differences, exponent of their unit).

    ``subtract`` is an array of truth values: 1 takes ``b`` away.
    """
    exponent = min(format_a.lsb_exponent, format_b.lsb_exponent)
    x = significands(a, format_a) * (1 << format_a.lsb_exponent - exponent)
    y = significands(b, format_b) * (1 << format_b.lsb_exponent - exponent)
    return np.where(np.asarray(subtract).astype(bool), x - y, x + y), exponent


def multiply(a, b, format_a, format_b):
    """Return (exact products, exponent of their unit)."""
    product = significands(a, format_a) * significands(b, format_b)
    return product, format_a.lsb_exponent + format_b.lsb_exponent


def dot(a, b, format_a, format_b):
    """Return (exact sums of the products of each row, exponent of their unit)."""
    products, exponent = multiply(a, b, format_a, format_b)
    return products.sum(axis=1), exponent


def convert(a, format_a):
    """Return (exact values, exponent of their unit)."""
    return significands(a, format_a), format_a.lsb_exponent
