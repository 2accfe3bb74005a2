"""Codes of a float format as exact values: sign, integer significand, power of two, and kind."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Parts", "parts"]


@dataclass(frozen=True)
class Parts:
    """What codes stand for, one entry a code.

    Parameters
    ----------
    negative : bool array
        Sign bits, those of NaN as well.
    significand, exponent : int64 array
        A finite number is ``significand * 2**exponent``; NaN and infinity have significand 0.
    nan, signaling, infinite : bool array
        Which codes are NaN, signaling NaN (``ieee`` formats: top fraction bit 0), infinite.
    """

    negative: np.ndarray
    significand: np.ndarray
    exponent: np.ndarray
    nan: np.ndarray
    signaling: np.ndarray
    infinite: np.ndarray

    @property
    def zero(self):
        """Which codes are zero."""
        return (self.significand == 0) & ~self.nan & ~self.infinite


def parts(codes, format, subnormals="full"):
    """Take codes apart; with ``subnormals="flush"`` subnormal numbers are zeros of their sign."""
    codes = format.check_codes(codes).astype(np.int64)
    fraction_bits = format.significand_bits
    fraction = codes & ((1 << fraction_bits) - 1)
    field = codes >> fraction_bits & ((1 << format.exponent_bits) - 1)
    nan, infinite = format.is_nan(codes), format.is_infinite(codes)
    significand = np.where(field > 0, fraction | 1 << fraction_bits, fraction)
    if subnormals == "flush" or not format.subnormals:
        significand = np.where(field > 0, significand, 0)
    quiet = fraction >> max(fraction_bits - 1, 0) & 1 == 1
    return Parts(
        negative=(codes >> (format.width - 1) & 1 == 1) & format.signed,
        significand=np.where(nan | infinite, 0, significand),
        exponent=np.maximum(field, 1) + format.lsb_exponent - 1,
        nan=nan,
        signaling=nan & ~quiet & (format.specials == "ieee"),
        infinite=infinite,
    )
