"""Golden models of ``float-add``, ``float-mul`` and ``float-fma``: exact, then rounded once.

The definition is IEEE 754-2019: clauses 5.4.1 (operations), 6.1 and 6.2 (infinity, NaN), 6.3 (sign
of zero) and 7 (exceptions). What it leaves open is settled here: a NaN result is the canonical
quiet NaN, tininess is detected after rounding, and infinity times zero plus a quiet NaN is invalid.
"""

from dataclasses import dataclass

import numpy as np

from .float_parts import Parts, parts
from .float_round import Rounded, round_exact, signed_zero

__all__ = ["Result", "add", "fused_multiply_add", "multiply"]


@dataclass(frozen=True)
class Result:
    """Results of an operation, one entry a token.

    Parameters
    ----------
    codes : uint64 array
        Codes of the output format.
    invalid, overflow, underflow, inexact : bool array
        Exception flags of IEEE 754-2019, clause 7.
    """

    codes: np.ndarray
    invalid: np.ndarray
    overflow: np.ndarray
    underflow: np.ndarray
    inexact: np.ndarray


def add(
    a,
    b,
    *,
    format,
    subtract=False,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Return ``a + b``, or ``a - b`` where ``subtract``.

    Parameters
    ----------
    a, b : integer array
        Codes of ``format``.
    format : FloatFormat
        Of operands and result.
    subtract : bool or bool array
        Where to negate ``b``.
    rounding, overflow, subnormals, random
        See ``round_exact``; flushed subnormal operands are zeros of their sign. With
        ``overflow="saturate"`` an infinite result becomes the largest finite number as well.

    Returns
    -------
    Result
    """
    x, y = parts(a, format, subnormals), parts(b, format, subnormals)
    y = _negated(y, np.asarray(subtract, bool))
    return _sum(x, y, False, format, rounding, overflow, subnormals, random)


def multiply(
    a,
    b,
    *,
    format_a,
    format_b,
    output,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Return ``a * b``; the parameters are those of `add`, with a format for every operand."""
    product, invalid = _product(parts(a, format_a, subnormals), parts(b, format_b, subnormals))
    rounded = round_exact(
        product.negative,
        product.significand,
        product.exponent,
        output,
        rounding,
        overflow,
        subnormals,
        random,
    )
    return _with_specials(
        rounded, product.nan, product.infinite, product.negative, invalid, output, overflow
    )


def fused_multiply_add(
    a,
    b,
    c,
    *,
    format_a,
    format_b,
    format_c,
    output,
    negate_product=False,
    negate_addend=False,
    rounding="nearest-even",
    overflow="infinity",
    subnormals="full",
    random=None,
):
    """Return ``a * b + c`` with one rounding, either term negated where asked for.

    The parameters are those of `add`, with a format for every operand.
    """
    product, invalid = _product(parts(a, format_a, subnormals), parts(b, format_b, subnormals))
    product = _negated(product, np.asarray(negate_product, bool))
    addend = _negated(parts(c, format_c, subnormals), np.asarray(negate_addend, bool))
    return _sum(product, addend, invalid, output, rounding, overflow, subnormals, random)


def _negated(value, where):
    fields = {**vars(value), "negative": value.negative ^ where}
    return Parts(**fields)


def _product(x, y):
    """Return the exact product as `Parts`, and where the operation is invalid."""
    impossible = (x.infinite & y.zero) | (x.zero & y.infinite)
    nan = x.nan | y.nan | impossible
    product = Parts(
        negative=x.negative ^ y.negative,
        significand=x.significand * y.significand,
        exponent=x.exponent + y.exponent,
        nan=nan,
        signaling=np.zeros_like(nan),
        infinite=(x.infinite | y.infinite) & ~nan,
    )
    return product, impossible | x.signaling | y.signaling


def _sum(x, y, invalid, output, rounding, overflow, subnormals, random):
    opposite = x.negative != y.negative
    impossible = x.infinite & y.infinite & opposite
    nan = x.nan | y.nan | impossible
    invalid = invalid | x.signaling | y.signaling | impossible
    infinite = (x.infinite | y.infinite) & ~nan
    infinite_negative = np.where(x.infinite, x.negative, y.negative)
    # IEEE 754, 6.3: equal signs keep theirs; a difference of zero is +0, rounding down -0
    zero_sign = np.where(opposite, rounding == "down", x.negative)

    def rounded_sum(rows, kind):
        left, right = _rows(x, rows), _rows(y, rows)
        negative, significand, exponent = _exact_sum(left, right, kind)
        negative = np.where(significand == 0, zero_sign[rows], negative).astype(bool)
        noise = None if random is None else random[rows]
        rest = output, rounding, overflow, subnormals, noise
        return round_exact(negative, significand, exponent, *rest)

    # terms far apart need integers of any size, which are slow
    most = max(int(each.significand.max(initial=0)).bit_length() for each in (x, y))
    near = np.abs(x.exponent - y.exponent) <= 61 - most
    parted = [rounded_sum(near, np.int64), rounded_sum(~near, object)]
    rounded = Rounded(*(_merged(near, *each) for each in zip(*map(_fields, parted), strict=True)))
    return _with_specials(rounded, nan, infinite, infinite_negative, invalid, output, overflow)


def _fields(value):
    return vars(value).values()


def _rows(value, rows):
    return Parts(*(each[rows] for each in _fields(value)))


def _merged(rows, inside, outside):
    whole = np.empty(rows.shape, inside.dtype)
    whole[rows], whole[~rows] = inside, outside
    return whole


def _exact_sum(x, y, kind):
    """Return sign, magnitude and power of two of the exact sum of finite numbers."""
    exponent = np.minimum(x.exponent, y.exponent)

    def aligned(value):
        signed = np.where(value.negative, -value.significand, value.significand)
        return signed.astype(kind) << (value.exponent - exponent).astype(kind)

    total = aligned(x) + aligned(y)
    return (total < 0).astype(bool), np.abs(total), exponent


def _with_specials(rounded, nan, infinite, infinite_negative, invalid, output, overflow):
    """Return the result with NaN and infinities in their places."""
    infinities = [output.encode(np.float64(sign), overflow=overflow) for sign in (np.inf, -np.inf)]
    codes = np.where(infinite, np.where(infinite_negative, *infinities[::-1]), rounded.codes)
    canonical = signed_zero(output, False) if output.nan_code is None else output.nan_code
    finite = ~(nan | infinite)
    return Result(
        codes=np.where(nan, canonical, codes).astype(np.uint64),
        invalid=np.broadcast_to(invalid, nan.shape),
        overflow=rounded.overflow & finite,
        underflow=rounded.underflow & finite,
        inexact=rounded.inexact & finite,
    )
