"""Formats of weight matrices: which arrays hold one, and the numbers that they stand for.

Every format says which arrays it needs for a matrix of a shape, checks them, and gives their exact
values. Rows are outputs; groups and blocks run along a row, the axis that a product sums over.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwgen.errors import UsageError

from .block import BlockFormat
from .codebook import CODEBOOK_NAMES, Codebook, parse_codebook
from .floating import FloatFormat
from .integer import IntFormat
from .names import parse, parse_block
from .outlier_pairs import OutlierPairs, parse_outlier_pairs
from .scalar import ScalarFormat

__all__ = [
    "WEIGHT_GRAMMAR",
    "BinaryCodedFormat",
    "BlockedFormat",
    "GroupedFormat",
    "WeightFormat",
    "parse_weight_format",
]

WEIGHT_GRAMMAR = {
    "group-CODEBOOK[-zero]-SCALE/G": "codes of a codebook in groups of G, row or tensor; zero: "
    "with zero points; SCALE: a float format, e8m0, e4m3-fp32 (e4m3 with one fp32 for the matrix, "
    "as NVFP4), or uint8 with one fp32 a row",
    "CODEBOOK": f"{', '.join(CODEBOOK_NAMES)}, olive4, bipolarN, logN, intN, uintN or a float "
    "format",
    "binary-N-SCALE/G": "N planes of +1 and -1 in groups of G, each with a scale of its own; "
    "SCALE: fp32, fp16, bf16, or uint8 with one fp32 a row",
    "a block format": "MX, NVFP4 and others, see `hwgen list formats`",
}
_GROUPED = re.compile(r"group-(.+?)(-zero)?-(uint8|fp32|fp16|bf16|e4m3-fp32|e\d+m\d+\w*)/(\w+)")
_BINARY = re.compile(r"binary-([1-8])-(uint8|fp32|fp16|bf16)/(\w+)")
_ROW_SCALE = FloatFormat(8, 23)


class WeightFormat:
    """How a matrix of weights is stored.

    Members
    -------
    name : str
        ``parse_weight_format(name)`` gives an equal format.
    """

    def array_limits(self, shape):
        """Return {name: (dtype, shape, largest code)} of the arrays for a matrix of ``shape``."""
        raise NotImplementedError

    def dequantize(self, arrays, shape):
        """Return the exact float64 values, of ``shape``, of arrays that `check` accepts."""
        raise NotImplementedError

    def bits_per_weight(self, shape):
        """Return the storage per weight in bits, all arrays included, each code in its width."""
        limits = self.array_limits(shape).values()
        bits = sum(int(np.prod(each[1])) * int(each[2]).bit_length() for each in limits)
        return bits / (shape[0] * shape[1])

    def check(self, arrays, shape, without=()):
        """Raise ``UsageError`` unless ``arrays`` are what a matrix of ``shape`` needs.

        Arrays named in ``without`` are neither needed nor allowed.
        """
        limits = self.array_limits(shape)
        limits = {name: each for name, each in limits.items() if name not in without}
        if set(arrays) != set(limits):
            raise UsageError(
                f"arrays of {self.name} must be {', '.join(sorted(limits))}, "
                f"not {', '.join(sorted(arrays)) or 'none'}"
            )
        for name, (dtype, wanted, largest) in limits.items():
            array = arrays[name]
            if array.dtype != dtype or array.shape != wanted:
                raise UsageError(
                    f"{name} of {self.name} must be {np.dtype(dtype)} of shape {wanted}, "
                    f"not {array.dtype} of shape {array.shape}"
                )
            if array.size and array.max() > largest:
                raise UsageError(
                    f"{name} of {self.name} must be at most {largest}, not {array.max()}"
                )

    def __str__(self):
        return self.name


def _group_size(group, shape):
    """Return the columns of a group; ``None`` where the whole matrix is one."""
    return {"row": shape[1], "tensor": None}.get(group, group)


@dataclass(frozen=True)
class GroupedFormat(WeightFormat):
    """Codes of a codebook in groups along a row that share a scale.

    A value is ``(entry - zero point) * scale [* row scale]``. The last group of a row is shorter
    where the columns are no multiple of the group.

    Parameters
    ----------
    codebook : Codebook or OutlierPairs
        What the codes stand for.
    group : int or str
        Columns of a group, or ``"row"`` or ``"tensor"``.
    scale : FloatFormat, PowerOfTwoFormat or IntFormat
        Format of the groups' scales. With integers there is one fp32 scale a row besides, the
        second level of BitMoD (section 4.3) and VS-Quant.
    zero_points : bool
        Whether every group has a zero point, a code of the codebook.
    tensor_scale : bool
        Whether all values are multiplied by an fp32 scale of the matrix, as in NVFP4.
    """

    codebook: Codebook | OutlierPairs
    group: int | str
    scale: ScalarFormat
    zero_points: bool = False
    tensor_scale: bool = False

    @property
    def name(self):
        zero = "-zero" if self.zero_points else ""
        outer = "-fp32" if self.tensor_scale else ""
        return f"group-{self.codebook.name}{zero}-{self.scale.name}{outer}/{self.group}"

    @property
    def two_level(self):
        """Whether scales are integers, with one float scale a row."""
        return isinstance(self.scale, IntFormat)

    def groups(self, shape):
        """Return the shape of the array of scales."""
        size = _group_size(self.group, shape)
        return (1, 1) if size is None else (shape[0], -(-shape[1] // size))

    def array_limits(self, shape):
        groups, entries = self.groups(shape), 1 << self.codebook.width
        limits = {
            "codes": (np.uint8, tuple(shape), entries - 1),
            "scales": (self.scale.code_dtype, groups, 2**self.scale.width - 1),
        }
        if self.codebook.specials:
            limits["selectors"] = (np.uint8, groups, len(self.codebook.specials) - 1)
        if self.zero_points:
            limits["zero_points"] = (np.uint8, groups, entries - 1)
        if self.two_level:
            rows = (groups[0],)
            limits["row_scales"] = (_ROW_SCALE.code_dtype, rows, 2**_ROW_SCALE.width - 1)
        if self.tensor_scale:
            limits["tensor_scale"] = (_ROW_SCALE.code_dtype, (1,), 2**_ROW_SCALE.width - 1)
        return limits

    def spread(self, values, shape):
        """Return one value a group as one value a weight."""
        size = _group_size(self.group, shape)
        if size is None:
            return np.broadcast_to(values, shape)
        return np.repeat(values, size, axis=1)[:, : shape[1]]

    def significands(self, arrays, shape):
        """Return the integers that products are made with: entries less their zero points."""
        selectors = arrays.get("selectors")
        if selectors is not None:
            selectors = self.spread(selectors, shape)
        integers = self.codebook.significands(arrays["codes"], selectors)
        if self.zero_points:
            integers = integers - self.spread(arrays["zero_points"].astype(np.int64), shape)
        return integers

    def dequantize(self, arrays, shape):
        units = self.scale.decode(arrays["scales"])
        if self.two_level:
            units = units * _ROW_SCALE.decode(arrays["row_scales"])[:, None]
        if self.tensor_scale:
            units = units * _ROW_SCALE.decode(arrays["tensor_scale"])
        units = self.spread(np.ldexp(units, self.codebook.lsb_exponent), shape)
        return self.significands(arrays, shape) * units


@dataclass(frozen=True)
class BinaryCodedFormat(WeightFormat):
    """Sums of planes of +1 and -1, each times a scale of its group.

    LUT-GEMM (Park et al. 2024), equation 2; bit b of a code is 1 where plane b holds +1.

    Parameters
    ----------
    planes : int
        1 to 8.
    group : int or str
        Columns of a group, or ``"row"``.
    scale : FloatFormat or IntFormat
        Format of the scales. With integers there is one fp32 scale a row besides, so that all else
        of a product is integers, as ``lut-gemm`` takes them.
    """

    planes: int
    group: int | str
    scale: ScalarFormat

    @property
    def name(self):
        return f"binary-{self.planes}-{self.scale.name}/{self.group}"

    @property
    def two_level(self):
        """Whether scales are integers, with one float scale a row."""
        return not isinstance(self.scale, FloatFormat)

    def array_limits(self, shape):
        size = _group_size(self.group, shape)
        groups = (shape[0], -(-shape[1] // size), self.planes)
        limits = {
            "codes": (np.uint8, tuple(shape), 2**self.planes - 1),
            "scales": (self.scale.code_dtype, groups, 2**self.scale.width - 1),
        }
        if self.two_level:
            limits["row_scales"] = (_ROW_SCALE.code_dtype, shape[:1], 2**_ROW_SCALE.width - 1)
        return limits

    def dequantize(self, arrays, shape):
        sums = self._sums(arrays, shape, self.scale.decode(arrays["scales"]))
        if self.two_level:
            sums = sums * _ROW_SCALE.decode(arrays["row_scales"])[:, None]
        return sums

    def significands(self, arrays, shape):
        """Return the integers that weights are, in units of their row's scale; in two levels."""
        return self._sums(arrays, shape, arrays["scales"].astype(np.int64))

    def _sums(self, arrays, shape, scales):
        """Return the sum over planes of signs times scales, in the type of the scales."""
        size = _group_size(self.group, shape)
        units = np.repeat(scales, size, axis=1)[:, : shape[1]]
        ones = arrays["codes"][..., None] >> np.arange(self.planes) & 1
        return ((2 * ones.astype(np.int64) - 1) * units).sum(axis=-1)


@dataclass(frozen=True)
class BlockedFormat(WeightFormat):
    """A block format over the rows of a matrix, padded with zeros to whole blocks.

    Parameters
    ----------
    block : BlockFormat
        Elements, scale and, for NVFP4, the scale of the tensor.
    """

    block: BlockFormat

    @property
    def name(self):
        return self.block.name

    @cached_property
    def _formats(self):
        return self.block.element, self.block.scale, self.block.tensor_scale

    def array_limits(self, shape):
        element, scale, tensor_scale = self._formats
        blocks = -(-shape[1] // self.block.block_size)
        columns = blocks * self.block.block_size
        limits = {
            "codes": (element.code_dtype, (shape[0], columns), 2**element.width - 1),
            "scales": (scale.code_dtype, (shape[0], blocks), 2**scale.width - 1),
        }
        if tensor_scale is not None:
            limits["tensor_scale"] = (tensor_scale.code_dtype, (1,), 2**tensor_scale.width - 1)
        return limits

    def dequantize(self, arrays, shape):
        outer = arrays.get("tensor_scale")
        outer = None if outer is None else outer[0]
        return self.block.dequantize(arrays["scales"], arrays["codes"], outer)[:, : shape[1]]


@lru_cache(maxsize=256)
def parse_weight_format(name):
    """Return the weight format called ``name``; ``WEIGHT_GRAMMAR`` has the forms.

    Raises ``UsageError`` for any other name.
    """
    if not isinstance(name, str):
        raise UsageError(f"weight format must be a name, not {name!r}")
    if found := _GROUPED.fullmatch(name):
        codebook = parse_outlier_pairs(found[1]) or parse_codebook(found[1])
        scale, _, outer = found[3].partition("-")
        group, zero_points = _group(found[4], name), bool(found[2])
        return GroupedFormat(codebook, group, parse(scale), zero_points, bool(outer))
    if found := _BINARY.fullmatch(name):
        group = _group(found[3], name)
        if group == "tensor":
            raise UsageError(f"group of {name!r} must be a number or 'row'")
        return BinaryCodedFormat(int(found[1]), group, parse(found[2]))
    if name.startswith(("group-", "binary-")):
        form = next(each for each in WEIGHT_GRAMMAR if each.startswith(name.partition("-")[0]))
        raise UsageError(f"weight format must have the form {form}, not {name!r}")
    return BlockedFormat(parse_block(name))


def _group(text, name):
    if text in ("row", "tensor"):
        return text
    if not text.isdecimal() or not 1 <= int(text) <= 65536:
        raise UsageError(f"group of {name!r} must be 1..65536, 'row' or 'tensor', not {text!r}")
    return int(text)
