"""Golden model of ``float-compare``: relations of IEEE 754-2019, clauses 5.10, 5.11 and 9.6."""

import numpy as np

__all__ = ["compare", "is_signaling", "select", "total_order"]


def is_signaling(codes, fmt):
    """Return which codes are signaling NaNs: top fraction bit 0, in formats with IEEE specials."""
    codes = np.asarray(codes).astype(np.int64)
    if fmt.specials != "ieee":
        return np.zeros(codes.shape, bool)
    return fmt.is_nan(codes) & (codes >> (fmt.significand_bits - 1) & 1 == 0)


def compare(a, b, fmt, subnormals="full"):
    """Return the four relations of clause 5.11 as bool arrays by name.

    Parameters
    ----------
    a, b : integer array
        Codes of ``fmt``.
    fmt : FloatFormat
    subnormals : str
        ``"flush"`` reads subnormal operands as zeros.

    Returns
    -------
    dict
        ``less``, ``equal``, ``greater``, ``unordered``: one of them is true for each pair.
    """
    x, y = (fmt.decode(_read(each, fmt, subnormals)) for each in (a, b))
    return {
        "less": x < y,
        "equal": x == y,
        "greater": x > y,
        "unordered": np.isnan(x) | np.isnan(y),
    }


def total_order(a, b, fmt, subnormals="full"):
    """Return the relations of the predicate totalOrder (clause 5.10); ``unordered`` never holds.

    NaNs of one sign order signaling below quiet, then by payload.
    """
    ranks = [_rank(_read(each, fmt, subnormals), fmt) for each in (a, b)]
    less, greater, equal = np.zeros((3, *ranks[0][0].shape), bool)
    equal |= True
    for x, y in zip(*ranks, strict=True):
        less |= equal & (x < y)
        greater |= equal & (x > y)
        equal &= x == y
    return {"less": less, "equal": equal, "greater": greater, "unordered": np.zeros_like(less)}


def select(a, b, fmt, operation, subnormals="full"):
    """Return the codes of ``minimum``, ``maximum``, ``minimum-number`` or ``maximum-number``.

    Clause 9.6: -0 is below +0; a NaN operand makes the result of the first two the canonical NaN;
    the other two answer the operand that is a number, and the canonical NaN if there is none.
    """
    a, b = (_read(each, fmt, subnormals) for each in (a, b))
    relations = compare(a, b, fmt)
    minus = fmt.is_negative(a) & ~fmt.is_negative(b)
    below = relations["less"] | (relations["equal"] & minus)
    first = below if operation.startswith("minimum") else ~below
    result = np.where(first, a, b)
    nan_a, nan_b = fmt.is_nan(a), fmt.is_nan(b)
    nan = nan_a | nan_b
    if operation.endswith("number"):
        result = np.where(nan_a, b, np.where(nan_b, a, result))
        nan = nan_a & nan_b
    return result if fmt.nan_code is None else np.where(nan, fmt.nan_code, result)


def _read(codes, fmt, subnormals):
    """Return codes as they are read: without subnormals, an exponent field of 0 is a zero.

    It has the sign of the code where the format has zeros of both signs.
    """
    codes = np.asarray(codes).astype(np.int64)
    if subnormals == "full" and fmt.subnormals:
        return codes
    field = codes >> fmt.significand_bits & (1 << fmt.exponent_bits) - 1
    nan = fmt.is_nan(codes)
    sign = np.zeros_like(codes)
    if fmt.signed and fmt.specials != "fnuz":
        sign = codes >> (fmt.width - 1) << (fmt.width - 1)
    return np.where((field == 0) & ~nan, sign, codes)


def _rank(codes, fmt):
    """Return keys of decreasing weight whose order, one after the other, is totalOrder."""
    sign = np.where(codes >> (fmt.width - 1) & int(fmt.signed), -1, 1)
    nan = fmt.is_nan(codes)
    value = np.where(nan, 0.0, fmt.decode(codes))
    payload = codes & (1 << fmt.significand_bits) - 1
    quiet = nan & ~is_signaling(codes, fmt)
    return sign * nan, value, sign * ~nan, sign * quiet, sign * nan * payload
