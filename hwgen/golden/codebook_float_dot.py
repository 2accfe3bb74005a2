"""What ``codebook-dot`` computes where elements are floats, or where its sums are rounded.

Written from the definition: finite products are exact, and so are their sums, Python integers in
units of the elements' smallest number; an element that is NaN makes its row NaN, an infinite one
makes it infinite unless a weight or a scale of zero, or the other infinity, makes it NaN; one
rounding at the end.
"""

import numpy as np

from hwgen.formats import FloatFormat

from .codebook_dot import codebook_dot
from .float_accumulate import rounded_sums, terms_of

__all__ = ["codebook_float_dot"]


def codebook_float_dot(
    x, fmt, integers, exponent, beats, scale=None, first=None, last=None, *, out, rounding
):
    """Return the fields of the rows that are complete.

    Parameters
    ----------
    x : integer array
        Codes of the elements, shape (tokens, lanes).
    fmt : ScalarFormat
        Their format, of floats or fixed-point numbers.
    integers : integer array
        Integers of the weights that they meet, same shape.
    exponent : int
        Weights are integers times 2 to this power.
    beats, scale, first, last
        As in ``codebook_dot``.
    out : FloatFormat or int
        Format of the result, or the width of an exact one in two's complement.
    rounding : str
        As for ``round_exact``.

    Returns
    -------
    dict
        ``result``; or ``sum``, ``nan``, ``inf_positive``, ``inf_negative``.
    """
    integers = np.asarray(integers)
    if isinstance(fmt, FloatFormat):
        terms = terms_of(x, fmt)
        significands, unit = terms.significand, terms.exponent
        nan = terms.nan | (terms.infinite & (integers == 0))
        minus = terms.negative ^ (integers < 0)
        kinds = [nan, terms.infinite & ~minus, terms.infinite & minus]
    else:
        significands, unit = fmt.finite_parts(x)
        kinds = [np.zeros(integers.shape, bool)] * 3
    significands = np.asarray(significands).astype(object)
    totals = codebook_dot(significands, integers, beats, scale, first, last)
    specials = _specials(kinds, beats, scale, first, last)
    rows = [
        (total, (False, False), nan or (positive and negative), positive, negative, False)
        for total, (nan, positive, negative) in zip(totals, specials, strict=True)
    ]
    fields = rounded_sums(rows, unit + exponent, out, rounding, "infinity", "full", None)
    names = {"result": "result", "significand": "sum"}
    names |= {name: name for name in ("nan", "inf_positive", "inf_negative")}
    return {name: fields[key] for key, name in names.items() if key in fields}


def _specials(kinds, beats, scale, first, last):
    """Return (NaN, +infinity, -infinity) of every row: which of them its products come to."""
    groups = len(kinds[0]) // beats
    found = [each[: groups * beats].reshape(groups, -1).any(axis=1) for each in kinds]
    rows, row = [], (False, False, False)
    for number in range(groups):
        nan, positive, negative = (bool(each[number]) for each in found)
        end = (number + 1) * beats - 1
        if scale is not None and scale[end] == 0:
            nan |= positive or negative
        here = nan, positive, negative
        fresh = first is None or first[end]
        row = here if fresh else tuple(a or b for a, b in zip(row, here, strict=True))
        if last is None or last[end]:
            rows.append(row)
    return rows
