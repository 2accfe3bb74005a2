"""How a matrix of weights lies in memory for a machine that streams it: block after block.

A block is 32 columns of a row; rows follow each other, padded with zeros to whole blocks. A block
is the headers of its groups (one, unless groups are smaller than 32 columns), then its codes,
densely, the first column in the lowest bits. A header has 32 bits (little endian):

    bits  0-11  significand of the group's unit
    bits 12-17  exponent
    bits 18-25  zero point, subtracted from every entry
    bits 26-28  selector of the special value (BitMoD, RaZeR)

and, of binary-coded weights, 32 bits more: the scales of up to four planes, eight bits each. A
weight is ``integer * significand * 2**(exponent + base)``, with one base for the matrix; nothing
else is needed to multiply by it in integers.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from hwgen.errors import UsageError

from .floating import FloatFormat
from .outlier_pairs import OutlierPairs
from .weights import BinaryCodedFormat, BlockedFormat, GroupedFormat, parse_weight_format

__all__ = ["GROUP", "Streamed", "WeightStream", "parse_weight_stream"]

GROUP = 32
_SIGNIFICAND, _EXPONENT = 12, 6
_LARGEST_EXPONENT = (1 << _EXPONENT) - 1
_PLANES = 4
# of rows and tensors
_OUTER_SCALE = FloatFormat(8, 23)


@dataclass(frozen=True)
class Streamed:
    """A matrix as bytes.

    Parameters
    ----------
    stream : WeightStream
    records : uint8 array, [rows, blocks, bytes of a block]
    base : int
        Exponent that all units share.
    exact : bool
        Whether every unit fitted into its significand and exponent.
    """

    stream: "WeightStream"
    records: np.ndarray
    base: int
    exact: bool

    def rows(self, chosen):
        """Return the matrix of some rows, by their numbers or a slice."""
        return replace(self, records=self.records[chosen])

    def blocks(self, chosen):
        """Return the matrix of some blocks of 32 columns, a slice."""
        return replace(self, records=self.records[:, chosen])

    @staticmethod
    def interleaved(matrices):
        """Return the matrix of the first rows of some of one base, then the second ones, ..."""
        records = np.stack([each.records for each in matrices], axis=1)
        exact = all(each.exact for each in matrices)
        records = records.reshape(-1, *records.shape[2:])
        return replace(matrices[0], records=records, exact=exact)


@dataclass(frozen=True)
class WeightStream:
    """The layout of one weight format.

    Parameters
    ----------
    form : WeightFormat
        Whose groups are of 1, 2, 4, ... 32 columns, a multiple of 32, or whole rows or matrices.

    Raises ``UsageError`` for a format that has no such layout.
    """

    form: GroupedFormat | BinaryCodedFormat | BlockedFormat

    def __post_init__(self):
        form = self.form
        if isinstance(getattr(form, "codebook", None), OutlierPairs):
            raise UsageError(f"weights to stream must not be pairs with outliers: {form.name}")
        if isinstance(form, BinaryCodedFormat) and not (form.two_level and form.planes <= _PLANES):
            raise UsageError(
                f"binary-coded weights to stream must have at most {_PLANES} planes and uint8 "
                f"scales, not {form.name}"
            )
        size = self._own_group
        if isinstance(size, int) and size % GROUP and GROUP % size:
            raise UsageError(
                f"groups of weights to stream must be a multiple of {GROUP} columns or divide it, "
                f"not {size}"
            )

    @property
    def name(self):
        """Name of the format."""
        return self.form.name

    @property
    def _own_group(self):
        form = self.form
        return form.block.block_size if isinstance(form, BlockedFormat) else form.group

    @property
    def group(self):
        """Columns that a header stands for."""
        return min(self._own_group, GROUP) if isinstance(self._own_group, int) else GROUP

    @property
    def width(self):
        """Bits of a code."""
        if isinstance(self.form, BinaryCodedFormat):
            return self.form.planes
        element = self.form.block.element if isinstance(self.form, BlockedFormat) else None
        return self.form.codebook.width if element is None else element.width

    @property
    def header_bytes(self):
        """Bytes of a group's header."""
        return 8 if isinstance(self.form, BinaryCodedFormat) else 4

    @property
    def block_bytes(self):
        """Bytes of a block of 32 columns."""
        return GROUP // self.group * self.header_bytes + GROUP * self.width // 8

    @cached_property
    def entries(self):
        """The integer of every code, int64; of binary-coded weights there is no such table."""
        return self._table[0]

    @cached_property
    def _table(self):
        """Return (integers of all codes, exponent of their unit)."""
        if isinstance(self.form, GroupedFormat):
            codebook = self.form.codebook
            return np.array(codebook.entries, np.int64), codebook.lsb_exponent
        element = self.form.block.element
        values = element.decode(np.arange(1 << element.width).astype(element.code_dtype))
        used = np.abs(values[np.isfinite(values) & (values != 0)])
        significands, exponents = np.frexp(used)
        # the lowest bit that any value has set
        integers = np.ldexp(significands, 53).astype(np.int64)
        trailing = np.log2((integers & -integers).astype(np.float64)).astype(np.int64)
        lowest = int((exponents - 53 + trailing).min())
        numbers = np.where(np.isfinite(values), values, 0)
        return np.ldexp(numbers, -lowest).astype(np.int64), lowest

    def pack(self, arrays, shape, base=None):
        """Return the `Streamed` matrix of arrays that the format's ``check`` accepts.

        Parameters
        ----------
        arrays : dict of str to numpy.ndarray
        shape : (rows, columns)
        base : int
            Exponent that all units are to share, at least that which the matrix would have; that
            one by default.

        Raises ``UsageError`` where a value is no finite number.
        """
        rows, columns = shape
        padded = -(-columns // GROUP) * GROUP
        codes = np.zeros((rows, padded), np.uint16)
        codes[:, :columns] = arrays["codes"][:, :columns]
        values = np.zeros((rows, padded))
        values[:, :columns] = self.form.dequantize(arrays, shape)
        units = self._units(arrays, shape)
        if not np.isfinite(units).all() or not np.isfinite(values).all():
            raise UsageError(f"weights of {self.name} to stream must be finite numbers")
        # groups of zeros need none, and theirs may be far below all others
        used = (values != 0).reshape(rows, -1, self.group).any(axis=-1)
        units = np.where(used, _padded(units, used.shape[1]), 0)
        significands, exponents, base, exact = _split(
            units, None if base is None else base - self._unit_exponent
        )
        words = significands | exponents << 12
        zero_points = self._spread_groups(arrays.get("zero_points"), shape)
        selectors = self._spread_groups(arrays.get("selectors"), shape)
        if zero_points is not None:
            # padded columns read an activation of 0, whatever they are
            words |= _padded(zero_points, padded // self.group) << 18
        if selectors is not None:
            words |= _padded(selectors, padded // self.group) << 26
        headers = words.astype("<u4")[..., None]
        if isinstance(self.form, BinaryCodedFormat):
            headers = np.concatenate([headers, self._plane_words(arrays, shape, padded)], axis=-1)
        blocks = padded // GROUP
        headers = np.ascontiguousarray(headers).view(np.uint8).reshape(rows, blocks, -1)
        bits = codes[..., None] >> np.arange(self.width, dtype=np.uint16) & 1
        bits = bits.astype(np.uint8).reshape(rows, blocks, -1)
        packed = np.packbits(bits, axis=-1, bitorder="little")
        records = np.concatenate([headers, packed], axis=-1)
        return Streamed(self, records, base + self._unit_exponent, exact)

    def unpack(self, records):
        """Return (integers, significands, exponents) of a matrix, all int64.

        Parameters
        ----------
        records : uint8 array, [rows, blocks, bytes of a block]

        Returns
        -------
        integers : [rows, columns padded to 32]
        significands, exponents : [rows, groups]
        """
        rows, blocks, _ = records.shape
        padded, place = blocks * GROUP, GROUP // self.group * self.header_bytes
        bits = np.unpackbits(np.ascontiguousarray(records[..., place:]), axis=-1, bitorder="little")
        bits = bits.reshape(rows, padded, self.width)
        found = (bits.astype(np.int64) << np.arange(self.width)).sum(axis=-1)
        words = np.ascontiguousarray(records[..., :place]).view("<u4").astype(np.int64)
        words = words.reshape(rows, padded // self.group, -1)
        first = words[..., 0]
        if isinstance(self.form, BinaryCodedFormat):
            integers = self._plane_sums(found, words[..., 1])
        else:
            integers = self.entries[found]
            codebook = getattr(self.form, "codebook", None)
            if codebook is not None and codebook.specials:
                specials = np.array(codebook.specials, np.int64)
                chosen = specials[(first >> 26 & 7) % len(specials)]
                special = np.repeat(chosen, self.group, axis=1)
                integers = np.where(found == codebook.special_code, special, integers)
            integers = integers - np.repeat(first >> 18 & 255, self.group, axis=1)
        return integers, first & (1 << _SIGNIFICAND) - 1, first >> 12 & _LARGEST_EXPONENT

    @property
    def _unit_exponent(self):
        return 0 if isinstance(self.form, BinaryCodedFormat) else self._table[1]

    def _units(self, arrays, shape):
        """Return the units of the groups of `group` columns, float64, [rows, groups]."""
        form = self.form
        if isinstance(form, BinaryCodedFormat):
            row = _OUTER_SCALE.decode(arrays["row_scales"])[:, None]
            return np.repeat(row, -(-shape[1] // GROUP), axis=1)
        if isinstance(form, BlockedFormat):
            units = form.block.scale.decode(arrays["scales"])
            if form.block.tensor_scale is not None:
                units = units * form.block.tensor_scale.decode(arrays["tensor_scale"])
        else:
            units = form.scale.decode(arrays["scales"])
            if form.two_level:
                units = units * _OUTER_SCALE.decode(arrays["row_scales"])[:, None]
            if form.tensor_scale:
                units = units * _OUTER_SCALE.decode(arrays["tensor_scale"])
        return self._spread_groups(units, shape)

    def _spread_groups(self, values, shape):
        """Return one value a group of the format as one a group of `group` columns."""
        if values is None:
            return None
        values = np.asarray(values)
        if values.dtype.kind == "u":
            values = values.astype(np.int64)
        rows, own = shape[0], self._own_group
        groups = -(-shape[1] // self.group)
        if own == "tensor":
            return np.broadcast_to(values, (rows, groups))
        times = groups if own == "row" else max(1, own // self.group)
        return np.repeat(values, times, axis=1)[:, :groups]

    def _plane_words(self, arrays, shape, padded):
        scales = arrays["scales"].astype(np.int64)
        found = np.zeros((shape[0], padded // self.group), np.int64)
        for plane in range(self.form.planes):
            spread = self._spread_groups(scales[..., plane], shape)
            found |= _padded(spread, padded // self.group) << 8 * plane
        return found.astype("<u4")[..., None]

    def _plane_sums(self, codes, words):
        total = np.zeros_like(codes)
        for plane in range(self.form.planes):
            scale = np.repeat(words >> 8 * plane & 255, self.group, axis=1)
            total += np.where(codes >> plane & 1, scale, -scale)
        return total


def _padded(values, groups):
    """Return values with zeros for the groups that only pad a row."""
    known = values.shape[1]
    return np.pad(values, ((0, 0), (0, groups - known))) if groups > known else values


def _split(units, base=None):
    """Return (significands, exponents, base, exact) of units that are not negative.

    A unit is ``significand * 2**(exponent + base)``, rounded to nearest, ties to even.
    """
    if (units < 0).any():
        raise UsageError("scales of weights to stream must not be negative")
    fractions, exponents = np.frexp(units)
    # those that are rounded up to the next power of two
    exponents = exponents + (np.rint(np.ldexp(fractions, _SIGNIFICAND)) == 1 << _SIGNIFICAND)
    largest = int(exponents.max(initial=-1000, where=units > 0))
    least = largest - _SIGNIFICAND - _LARGEST_EXPONENT
    if base is None:
        base = least
    elif base < least:
        raise UsageError(f"base must be at least {least}, not {base}")
    kept = np.where(units > 0, np.maximum(exponents - _SIGNIFICAND - base, 0), 0).astype(np.int64)
    significands = np.rint(np.ldexp(units, -(kept + base))).astype(np.int64)
    exact = np.ldexp(significands.astype(np.float64), kept + base) == units
    return significands, kept, base, bool(exact.all())


@lru_cache(maxsize=64)
def parse_weight_stream(name):
    """Return the `WeightStream` of a weight format's name; raises ``UsageError``."""
    return WeightStream(parse_weight_format(name))
