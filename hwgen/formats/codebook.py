"""Codebooks: codes that stand for entries of a small table of integers, as weight-only formats do.

One code may stand for a special value that each group of weights chooses for itself (BitMoD).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from hwgen.errors import UsageError, nearest

from .floating import FloatFormat
from .integer import FixedFormat, IntFormat

__all__ = ["CODEBOOK_GRAMMAR", "CODEBOOK_NAMES", "Codebook", "parse_codebook"]

LARGEST_WIDTH = 8

CODEBOOK_NAMES = ("bitmod-fp3", "bitmod-fp4", "razer4", "flint4", "pot4", "nf4", "ternary")
CODEBOOK_GRAMMAR = {
    "intN, uintN, qI.F, eXmY": "any integer, fixed-point or float format of 1 to 8 bits whose "
    "codes are all numbers",
    "logN": "powers of two with a sign and no zero, 2 to 6 bits: the sign, then the exponent",
    "bipolarN": "odd integers: bit i of the code stands for 2**i where it is 1, else for -2**i",
}


@dataclass(frozen=True)
class Codebook:
    """A table of ``2**width`` integers, in units of ``2**lsb_exponent``.

    Parameters
    ----------
    name : str
        ``parse_codebook(name)`` gives an equal codebook.
    entries : tuple of int
        The integer of every code; their number is a power of two.
    lsb_exponent : int
        A value is ``entry * 2**lsb_exponent``.
    special_code : int or None
        The code whose entry every group chooses among ``specials``.
    specials : tuple of int
        What it may stand for, in the order of the groups' selectors, which is also the order in
        which a quantizer tries them.
    unused_codes : tuple of int
        Codes that no quantizer writes, such as the most negative one of two's complement.

    Raises ``UsageError`` for a table that is no power of two or a special code outside of it.
    """

    name: str
    entries: tuple[int, ...]
    lsb_exponent: int = 0
    special_code: int | None = None
    specials: tuple[int, ...] = ()
    unused_codes: tuple[int, ...] = ()

    def __post_init__(self):
        count = len(self.entries)
        if not 2 <= count <= 1 << LARGEST_WIDTH or count & (count - 1):
            raise UsageError(
                f"entries of {self.name} must be 2, 4, ... {1 << LARGEST_WIDTH} in number, "
                f"not {count}"
            )
        if (self.special_code is None) != (not self.specials):
            raise UsageError(f"special_code of {self.name} must be given with specials, or neither")
        if self.special_code is not None and not 0 <= self.special_code < count:
            raise UsageError(
                f"special_code of {self.name} must be in 0..{count - 1}, not {self.special_code}"
            )

    def __str__(self):
        return self.name

    @property
    def width(self):
        """Bits of a code."""
        return (len(self.entries) - 1).bit_length()

    @property
    def selector_width(self):
        """Bits with which a group chooses its special value; 0 where there is none."""
        return (len(self.specials) - 1).bit_length() if self.specials else 0

    @property
    def largest(self):
        """Largest magnitude that any code stands for, special values included."""
        used = [self.entries[code] for code in self._usable_codes]
        return max(abs(each) for each in (*used, *self.specials))

    @property
    def _usable_codes(self):
        skipped = {self.special_code, *self.unused_codes}
        return [code for code in range(len(self.entries)) if code not in skipped]

    def check_codes(self, codes):
        """Return ``codes`` as an array; raise ``UsageError`` unless all are codes of the table."""
        codes = np.asarray(codes)
        if codes.dtype.kind not in "ui":
            raise UsageError(f"codes of {self.name} must be integers, not {codes.dtype}")
        if codes.size and (codes.min() < 0 or codes.max() >= len(self.entries)):
            raise UsageError(
                f"codes of {self.name} must be in 0..{len(self.entries) - 1}, not "
                f"{codes.min()}..{codes.max()}"
            )
        return codes

    def significands(self, codes, selectors=None):
        """Return the integer of every code, int64.

        Parameters
        ----------
        codes : integer array
            Any shape.
        selectors : integer array
            Index into ``specials``, broadcast to ``codes``; needed where the table has specials.
        """
        codes = self.check_codes(codes)
        found = np.array(self.entries, np.int64)[codes]
        if not self.specials:
            if selectors is not None:
                raise UsageError(f"{self.name} has no special values; leave the selectors out")
            return found
        selectors = np.asarray(selectors if selectors is not None else -1)
        if selectors.size and (selectors.min() < 0 or selectors.max() >= len(self.specials)):
            raise UsageError(f"selectors of {self.name} must be in 0..{len(self.specials) - 1}")
        return np.where(
            codes == self.special_code, np.array(self.specials, np.int64)[selectors], found
        )

    def decode(self, codes, selectors=None):
        """Return the values of ``codes`` as float64, exactly."""
        return np.ldexp(self.significands(codes, selectors).astype(np.float64), self.lsb_exponent)

    def grid(self, selector=None):
        """Return (integers in ascending order, their codes): what a quantizer chooses from.

        Of codes with the same integer the lowest is taken. ``selector`` adds one special value.
        """
        code_of = {}
        if selector is not None:
            code_of[self.specials[selector]] = self.special_code
        for code in reversed(self._usable_codes):
            code_of[self.entries[code]] = code
        integers = sorted(code_of)
        codes = [code_of[each] for each in integers]
        return np.array(integers, np.int64), np.array(codes, np.uint8)

    def encode(self, values, unit, selector=None):
        """Return the codes of the table's values nearest to ``values / unit``; ties go down.

        Parameters
        ----------
        values : float array
            At most 24 significant bits (float32), so that all comparisons are exact.
        unit : float array
            Positive, float32 precision too, broadcast to ``values``: the value of the integer 1.
        selector : int or None
            Special value that takes part.
        """
        integers, codes = self.grid(selector)
        values = np.asarray(values, np.float64)
        unit = np.asarray(unit, np.float64)
        position = np.zeros(np.broadcast_shapes(values.shape, unit.shape), np.uint8)
        for double_middle in integers[:-1] + integers[1:]:
            position += values > double_middle / 2 * unit
        return codes[position]


def _sign_and_magnitude(magnitudes):
    """Return the entries of codes with a sign bit before the magnitude's code."""
    return (*magnitudes, *(-each for each in magnitudes))


def _normal_float(bits):
    """Return NF4's values times 127, rounded: quantiles of the normal distribution.

    QLoRA (Dettmers et al. 2023), equation 4 and appendix E: ``2**(bits-1)`` quantiles from 1/2 to
    the offset of its published table for positive values, one fewer for negative ones.
    """
    half = 1 << bits - 1
    offset, normal = 0.9677083, NormalDist()
    upper = [normal.inv_cdf(offset + (0.5 - offset) * i / half) for i in range(half)]
    lower = [-normal.inv_cdf(offset + (0.5 - offset) * i / (half - 1)) for i in range(half - 1)]
    values = sorted([*upper, 0.0, *lower])
    return tuple(round(127 * each / values[-1]) for each in values)


_TABLES = {
    # BitMoD (HPCA 2025), section 3: the code of minus zero is the special one; FP4 in halves
    "bitmod-fp3": {
        "entries": _sign_and_magnitude((0, 1, 2, 4)),
        "special_code": 4,
        "specials": (3, -3, 6, -6),
    },
    "bitmod-fp4": {
        "entries": _sign_and_magnitude((0, 1, 2, 3, 4, 6, 8, 12)),
        "lsb_exponent": -1,
        "special_code": 8,
        "specials": (10, -10, 16, -16),
    },
    # RaZeR (Chen et al., arXiv:2501.04052): FP4's minus zero becomes +-2.5, +-5 or +-8
    "razer4": {
        "entries": _sign_and_magnitude((0, 1, 2, 3, 4, 6, 8, 12)),
        "lsb_exponent": -1,
        "special_code": 8,
        "specials": (5, -5, 10, -10, 16, -16),
    },
    # ANT (MICRO 2022): flint and power-of-two magnitudes, in ascending order behind the sign
    "flint4": {"entries": _sign_and_magnitude((0, 1, 2, 3, 4, 6, 8, 16))},
    "pot4": {"entries": _sign_and_magnitude((0, 1, 2, 4, 8, 16, 32, 64))},
    "nf4": {"entries": _normal_float(4)},
    # BitNet b1.58: the 2-bit packing's codes; the fourth is never written
    "ternary": {"entries": (-1, 0, 1, 0), "unused_codes": (3,)},
}


@lru_cache(maxsize=256)
def parse_codebook(name):
    """Return the codebook called ``name``: one of ``CODEBOOK_NAMES`` or of ``CODEBOOK_GRAMMAR``.

    Raises ``UsageError`` for other names, and for formats with infinities, NaN or over 8 bits.
    """
    if name in _TABLES:
        return Codebook(name, **_TABLES[name])
    if found := re.fullmatch(r"bipolar([1-8])", name):
        count = 1 << int(found[1])
        return Codebook(name, tuple(2 * code - (count - 1) for code in range(count)))
    if found := re.fullmatch(r"log([2-6])", name):
        powers = tuple(1 << exponent for exponent in range(1 << int(found[1]) - 1))
        return Codebook(name, _sign_and_magnitude(powers))
    from .names import parse

    try:
        scalar = parse(name)
    except UsageError:
        raise UsageError(
            f"codebook must be one of {', '.join(CODEBOOK_NAMES)}, bipolarN, logN, or a format of "
            f"at most {LARGEST_WIDTH} bits, not {name!r}{nearest(name, CODEBOOK_NAMES)}"
        ) from None
    return _of_scalar(scalar)


def _of_scalar(scalar):
    if not isinstance(scalar, FloatFormat | IntFormat | FixedFormat):
        raise UsageError(f"codebook must be made of single numbers, not of {scalar.name!r}")
    if scalar.width > LARGEST_WIDTH:
        raise UsageError(
            f"codebook must have at most {LARGEST_WIDTH} bits, and {scalar.name} has {scalar.width}"
        )
    if scalar.nan_code is not None or scalar.infinity_code is not None:
        raise UsageError(
            f"codebook must hold numbers only, and {scalar.name} has special codes; "
            f"did you mean '{scalar.name}none'?"
        )
    integers, lsb_exponent = scalar.finite_parts(np.arange(1 << scalar.width))
    unused = (scalar.min_code,) if scalar.signed and not isinstance(scalar, FloatFormat) else ()
    return Codebook(scalar.name, tuple(map(int, integers)), lsb_exponent, unused_codes=unused)
