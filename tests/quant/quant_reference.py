"""Quantizers written out weight by weight in exact fractions, from their definitions."""

from fractions import Fraction

__all__ = ["asymmetric_codes", "best_special", "nearest", "ternary_trits"]


def half_even(value):
    """Return a fraction rounded to an integer, ties to even."""
    return round(Fraction(value))


def nearest(weight, grid, unit):
    """Return the integer of ``grid`` nearest to ``weight / unit``; a tie goes down."""
    return min(grid, key=lambda each: (abs(each * Fraction(unit) - Fraction(weight)), each))


def asymmetric_codes(weights, unit, bits):
    """Return (zero point, codes) of one group."""
    most = 2**bits - 1
    zero = min(max(half_even(-Fraction(min(0.0, *weights)) / Fraction(unit)), 0), most)
    quotients = [half_even(Fraction(each) / Fraction(unit)) + zero for each in weights]
    return zero, [min(max(each, 0), most) for each in quotients]


def ternary_trits(weights, unit):
    """Return -1, 0 or 1 for every weight."""
    return [min(max(half_even(Fraction(each) / Fraction(unit)), -1), 1) for each in weights]


def best_special(weights, base, specials, unit_of):
    """Return (index of the special value, integers): the first with the least squared error."""
    best = None
    for index, special in enumerate(specials):
        grid = [*base, special]
        unit = unit_of(max(map(abs, weights)), max(map(abs, grid)))
        found = [nearest(each, grid, unit) for each in weights]
        error = sum(
            (value * Fraction(unit) - Fraction(each)) ** 2
            for value, each in zip(found, weights, strict=True)
        )
        if best is None or error < best[0]:
            best = (error, index, found)
    return best[1:]
