"""Products of the GPT machine: a streamed matrix times blocks of codes."""

import numpy as np

from hwgen.formats.weight_stream import GROUP, parse_weight_stream

from .integers import clipped, rounded, saturated

__all__ = ["FRACTION", "Matrix", "scaled", "turned_pairs"]

# fraction bits of sums; those of values are 16
FRACTION = 24
# bits of a sum before it is multiplied by 17 bits
_SUM_BITS = 45
_EXACT = 1 << 53
# a product of a group is moved to the left by no more
_MOST_LEFT = 16


class Matrix:
    """A matrix of weights, unpacked.

    Parameters
    ----------
    format : str
        Weight format.
    records : uint8 array, [rows, blocks, bytes of a block]
    base : int
        Exponent that all units share.
    """

    def __init__(self, format, records, base):
        stream = parse_weight_stream(format)
        integers, self.significands, self.exponents = stream.unpack(records)
        rows = len(records)
        # exact: products of such integers and their sums have fewer than 53 bits
        self._integers = integers.reshape(rows, -1, stream.group).astype(np.float64)
        if np.abs(self._integers).max(initial=0) * stream.group * (1 << 16) >= _EXACT:
            raise ValueError(f"integers of {format} are too large")
        self._group, self._base = stream.group, base

    def sums(self, codes, exponents):
        """Return sums over groups with `FRACTION` fraction bits, int64 [tokens, rows].

        Parameters
        ----------
        codes : int64 array, [tokens, blocks, 32]
        exponents : int64 array, [tokens, blocks]
        """
        tokens, blocks, _ = codes.shape
        parts = codes.reshape(tokens, -1, self._group).astype(np.float64)
        times = GROUP // self._group
        total = np.zeros((tokens, len(self.significands)), np.int64)
        for group in range(blocks * times):
            products = (parts[:, group] @ self._integers[:, group].T).astype(np.int64)
            shift = (
                -(self.exponents[:, group] + self._base + FRACTION)
                - exponents[:, group // times, None]
            )
            total += self._term(products * self.significands[:, group], shift)
        return clipped(total, _SUM_BITS)

    def _term(self, products, shift):
        return clipped(rounded(products, np.maximum(shift, -_MOST_LEFT)), _SUM_BITS + 1)

    def row(self, number):
        """Return the weights of some rows as values, int64 [rows asked for, columns].

        They are products with vectors of one 1 and zeros.
        """
        integers = self._integers[number].astype(np.int64)
        units = self.significands[number][..., None]
        shift = -(self.exponents[number] + self._base + FRACTION)[..., None]
        found = clipped(self._term(integers * units, shift), _SUM_BITS)
        found = saturated(rounded(found, FRACTION - 16))
        return found.reshape(*np.shape(number), -1)


def scaled(sums, significands, shifts):
    """Return sums times ``significand * 2**-shift``, limited like sums."""
    return clipped(rounded(sums * significands, shifts), _SUM_BITS)


def turned_pairs(values, cosines, sines):
    """Return values whose pairs 2 i and 2 i + 1 are turned by angles.

    Parameters
    ----------
    values : int64 array, [tokens, rows]
    cosines, sines : int64 array, [tokens, pairs]
        16 fraction bits; they repeat for every head.
    """
    tokens, pairs = cosines.shape
    heads = values.reshape(tokens, -1, pairs, 2)
    cosines, sines = cosines[:, None], sines[:, None]
    one, other = heads[..., 0], heads[..., 1]
    turned = np.stack([one * cosines - other * sines, one * sines + other * cosines], axis=-1)
    return saturated(rounded(turned, 16)).reshape(values.shape)
