"""Golden model of ``float-convert``: a number of one format becomes one of another."""

import numpy as np

from hwgen.formats import FloatFormat
from hwgen.formats.rounding import divide_by_power_of_two

from .float_accumulate import terms_of
from .float_round import round_exact

__all__ = ["convert"]


def convert(
    value,
    *,
    fmt,
    out,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Return the codes of ``value`` in ``out``, and the exception flags.

    Parameters
    ----------
    value : integer array
        Codes of ``fmt``, of any shape.
    fmt, out : ScalarFormat
        Float, integer or fixed-point formats.
    rounding, overflow : str
        As for ``encode``. NaN becomes the canonical NaN, or the largest number where there is
        none; an infinity what ``encode`` makes of it.
    subnormals : str
        ``"flush"`` reads and writes subnormal floats as zeros of their sign.
    random : unsigned array
        Random integers, for ``"stochastic"``.

    Returns
    -------
    dict
        ``result``, ``invalid``, ``inexact``; with a float ``out`` also ``overflow`` and
        ``underflow``. ``invalid`` (clause 7.2): a signaling NaN; a NaN that ``out`` does not have;
        an infinity that does not become one; a number beyond the range of an integer or
        fixed-point format after rounding.
    """
    codes = np.asarray(value).astype(np.uint64)
    if not isinstance(fmt, FloatFormat):
        significand, exponent = fmt.finite_parts(codes)
        nothing = np.zeros(codes.shape, bool)
        parts = significand.astype(object), exponent, (significand < 0).astype(bool)
        special = nothing, nothing, nothing
    else:
        terms = terms_of(codes, fmt, subnormals)
        parts = terms.significand, terms.exponent, terms.negative
        special = terms.nan, terms.infinite, terms.invalid
    if isinstance(out, FloatFormat):
        return _to_float(*parts, *special, out, rounding, overflow, subnormals, random)
    return _to_fixed(*parts, *special[:2], out, rounding, random)


def _to_float(
    significand, exponent, negative, nan, infinite, signaling, out, rounding, overflow, sub, random
):
    magnitude = np.abs(significand)
    rounded = round_exact(negative, magnitude, exponent, out, rounding, overflow, sub, random)
    limits = out.encode(np.array([np.inf, -np.inf, np.nan]), overflow=overflow).astype(np.uint64)
    result = np.where(infinite, np.where(negative, limits[1], limits[0]), rounded.codes)
    result = np.where(nan, limits[2], result)
    special = nan | infinite
    lost = infinite & ~out.is_infinite(limits[:1]) | nan & ~out.is_nan(limits[2:])
    flags = {name: getattr(rounded, name) & ~special for name in _FLOAT_FLAGS}
    return {"result": result, "invalid": signaling | lost} | flags


_FLOAT_FLAGS = ("overflow", "underflow", "inexact")


def _to_fixed(significand, exponent, negative, nan, infinite, out, rounding, random):
    magnitude = np.abs(significand)
    shift = np.full(magnitude.shape, out.lsb_exponent - exponent, np.int64)
    kept = divide_by_power_of_two(magnitude, shift, negative, rounding, random)
    lowest = -(1 << out.width - 1) if out.signed else 0
    highest = (1 << out.width - out.signed) - 1
    units = np.where(negative, -kept, kept)
    beyond = infinite | (units < lowest) | (units > highest)
    units = np.clip(units, lowest, highest)
    units = np.where(infinite, np.where(negative, lowest, highest), units)
    units = np.where(nan, highest, units)
    invalid = nan | beyond
    scaled = kept.astype(object) << np.maximum(shift, 0).astype(object)
    exact = magnitude << np.maximum(-shift, 0).astype(object)
    inexact = (scaled != exact).astype(bool) & ~invalid
    codes = units.astype(np.int64).astype(np.uint64) & np.uint64((1 << out.width) - 1)
    return {"result": codes, "invalid": invalid, "inexact": inexact}
