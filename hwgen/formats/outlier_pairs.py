"""OliVe's pairs of codes: an outlier takes the place of its neighbor, which becomes zero."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

from .codebook import Codebook

__all__ = ["OutlierPairs", "parse_outlier_pairs"]


@dataclass(frozen=True)
class OutlierPairs:
    """Codes of 4 bits in pairs: two integers, or an outlier and its victim.

    OliVe (Guo et al., ISCA 2023), sections 3.2 and 4.1: integers are two's complement; the code of
    the most negative one marks the victim, which is zero, and the code beside it is then a float
    with a bias (abfloat), whose magnitudes go on where those of the integers end. Two marks are two
    zeros. Pairs are columns 2i and 2i + 1; a last column without a neighbor is an integer.

    Members
    -------
    outliers : tuple of int
        Magnitude of abfloat code 0 to 7; its sign stands before.
    """

    name = "olive4"
    width = 4
    lsb_exponent = 0
    specials = ()
    selector_width = 0
    victim_code = 8
    largest_integer = 7
    outliers = (0, 12, 16, 24, 32, 48, 64, 96)
    largest = outliers[-1]

    def __str__(self):
        return self.name

    def significands(self, codes, selectors=None):
        """Return the integer of every code, int64; pairs run along the last axis."""
        codes = np.asarray(codes)
        if codes.dtype.kind not in "ui" or (codes.size and codes.max() > 15):
            raise UsageError(f"codes of {self.name} must be integers in 0..15")
        if selectors is not None:
            raise UsageError(f"{self.name} has no special values; leave the selectors out")
        codes = codes.astype(np.int64)
        integers = np.where(codes >= 8, codes - 16, codes)
        magnitudes = np.array(self.outliers, np.int64)[codes & 7]
        outliers = np.where(codes >= 8, -magnitudes, magnitudes)
        victim = codes == self.victim_code
        paired = codes.shape[-1] // 2 * 2
        beside = np.zeros(codes.shape, bool)
        beside[..., 0:paired:2] = victim[..., 1:paired:2]
        beside[..., 1:paired:2] = victim[..., 0:paired:2]
        return np.where(victim, 0, np.where(beside, outliers, integers))

    def encode(self, values, unit, outlier):
        """Return the codes of ``values / unit``, to the nearest, ties down.

        Parameters
        ----------
        values, unit : float array
            As those of `Codebook.encode`; the last axis of ``values`` holds the pairs.
        outlier : bool array
            Values that become abfloat; where both of a pair are, the larger does (of equals the
            first), and its neighbor is the victim. One without a neighbor stays an integer.
        """
        integers = Codebook("int4", (*range(8), *range(-8, 0)), unused_codes=(8,))
        signed = (*self.outliers, *(-each for each in self.outliers))
        floats = Codebook("abfloat", signed, unused_codes=(0, 8))
        codes = integers.encode(values, unit)
        beyond = floats.encode(values, unit)
        size = np.abs(values)
        paired = values.shape[-1] // 2 * 2
        even, odd = (np.s_[..., 0:paired:2], np.s_[..., 1:paired:2])
        first = outlier[even] & ~(outlier[odd] & (size[odd] > size[even]))
        second = outlier[odd] & ~first
        for here, there, chosen in ((even, odd, first), (odd, even, second)):
            codes[here] = np.where(chosen, beyond[here], codes[here])
            codes[there] = np.where(chosen, self.victim_code, codes[there])
        return codes


def parse_outlier_pairs(name):
    """Return the format of pairs called ``name``, or ``None``."""
    return OutlierPairs() if name == OutlierPairs.name else None
