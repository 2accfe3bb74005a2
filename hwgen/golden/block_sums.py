"""Exact sums of products of element codes, and what NaN and infinity codes make of them."""

import numpy as np

__all__ = ["block_sums", "special_flags", "sum_range"]

_CHUNK_ELEMENTS = 1 << 15
_DIGIT_BITS = 24


def sum_range(element_a, element_b, count, specials="ignore"):
    """Return ``(lowest, highest)`` of a sum of ``count`` products, as Python integers.

    With ``specials="ignore"`` special codes count as the ordinary numbers that their bits would
    be, with ``"ieee"`` not at all. The unit is
    ``2**(element_a.lsb_exponent + element_b.lsb_exponent)``.
    """
    first, second = (
        _significand_table(each)[~_is_special(each) | (specials == "ignore")]
        for each in (element_a, element_b)
    )
    corners = [int(x) * int(y) for x in _extremes(first) for y in _extremes(second)]
    return count * min(corners), count * max(corners)


def block_sums(a, b, element_a, element_b):
    """Return the exact sum over the last axis of the products of two (n, k) arrays of codes.

    The unit is that of ``sum_range``. The result is int64 where the worst case stays below 2**62,
    else an object array of Python integers.
    """
    first, second = _significand_table(element_a), _significand_table(element_b)
    largest = max(map(abs, sum_range(element_a, element_b, a.shape[1])))
    for limit, dtype in ((2**24, np.float32), (2**53, np.float64), (2**62, np.int64)):
        if largest < limit:
            # Integers below the limit are exact in the dtype, in whatever order they are added.
            return _sums(a, b, first.astype(dtype), second.astype(dtype)).astype(np.int64)
    return _digit_sums(a, b, _digits(first), _digits(second))


def special_flags(a, b, element_a, element_b):
    """Return bool arrays ``(nan, positive_infinity, negative_infinity)``, one entry a block.

    A block is NaN if a lane has a NaN code, or infinity times zero, or if products of both
    infinite signs meet; else it is infinite if a product is. At most one flag is set.
    """
    tables = [_special_tables(element) for element in (element_a, element_b)]
    flags = np.zeros((3, len(a)), bool)
    if not any(special.any() for special, *_ in tables):
        return tuple(flags)
    rows = _rows_with_special_codes(a, tables[0][0]) | _rows_with_special_codes(b, tables[1][0])
    rows = np.flatnonzero(rows)
    (_, nan_a, infinite_a, zero_a, negative_a), (_, nan_b, infinite_b, zero_b, negative_b) = (
        [table[codes[rows].astype(np.intp)] for table in each]
        for codes, each in zip((a, b), tables, strict=True)
    )
    nan = nan_a | nan_b | (infinite_a & zero_b) | (zero_a & infinite_b)
    infinite = (infinite_a | infinite_b) & ~nan
    negative = negative_a ^ negative_b
    positive_infinity = (infinite & ~negative).any(axis=1)
    negative_infinity = (infinite & negative).any(axis=1)
    block_nan = nan.any(axis=1) | (positive_infinity & negative_infinity)
    flags[0, rows] = block_nan
    flags[1, rows] = positive_infinity & ~block_nan
    flags[2, rows] = negative_infinity & ~block_nan
    return tuple(flags)


def _codes_of(element):
    return np.arange(2**element.width)


def _significand_table(element):
    return element.finite_parts(_codes_of(element))[0]


def _is_special(element):
    codes = _codes_of(element)
    return element.is_nan(codes) | element.is_infinite(codes)


def _extremes(table):
    return min(table.tolist()), max(table.tolist())


def _special_tables(element):
    codes = _codes_of(element)
    nan, infinite = element.is_nan(codes), element.is_infinite(codes)
    zero = element.decode(codes) == 0
    return nan | infinite, nan, infinite, zero, element.is_negative(codes)


def _chunks(codes):
    rows = max(1, _CHUNK_ELEMENTS // max(1, codes.shape[1]))
    return [slice(start, start + rows) for start in range(0, len(codes), rows)]


def _rows_with_special_codes(codes, special):
    result = np.zeros(len(codes), bool)
    if special.any():
        for part in _chunks(codes):
            result[part] = special[codes[part].astype(np.intp)].any(axis=1)
    return result


def _sums(a, b, first, second):
    sums = np.empty(len(a), first.dtype)
    for part in _chunks(a):
        left = np.take(first, a[part].astype(np.intp), mode="clip")
        right = np.take(second, b[part].astype(np.intp), mode="clip")
        sums[part] = np.einsum("nk,nk->n", left, right)
    return sums


def _digits(table):
    """Return int64 tables whose weighted sum (weights 2**24, ...) is ``table``."""
    sign = np.array([-1 if value < 0 else 1 for value in table.tolist()], np.int64)
    magnitudes = [abs(value) for value in table.tolist()]
    count = -(-max(magnitudes).bit_length() // _DIGIT_BITS)
    mask = 2**_DIGIT_BITS - 1
    return [
        sign * np.array([value >> (_DIGIT_BITS * place) & mask for value in magnitudes], np.int64)
        for place in range(max(count, 1))
    ]


def _digit_sums(a, b, first, second):
    """Long multiplication: each pair of digits is summed over the lanes in int64.

    A digit product is below 2**48, so that up to 2**14 lanes stay below 2**62.
    """
    total = np.zeros(len(a), dtype=object)
    for place_a, digit_a in enumerate(first):
        for place_b, digit_b in enumerate(second):
            partial = _sums(a, b, digit_a, digit_b)
            total += partial.astype(object) << _DIGIT_BITS * (place_a + place_b)
    return total
