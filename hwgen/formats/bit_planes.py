"""Integers of few bits as planes of bits, and products of matrices as tokens of such planes."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

__all__ = [
    "ENCODINGS",
    "Operand",
    "Tiling",
    "plane_words",
    "product_matrix",
    "product_tokens",
    "words_of_bits",
]

ENCODINGS = ("unsigned", "signed", "bipolar", "ternary")
_LARGEST_SIDE = 1 << 12


@dataclass(frozen=True)
class Operand:
    """What the planes of an operand mean.

    Parameters
    ----------
    encoding : str
        ``"unsigned"``; ``"signed"``: two's complement; ``"bipolar"``: the sum of
        ``(2 x_i - 1) 2**i``, odd integers; ``"ternary"``: one plane of what is not 0, one of what
        is negative, the same as two's complement of two bits.
    bits : int
        Planes.
    """

    encoding: str
    bits: int

    def __post_init__(self):
        if self.encoding not in ENCODINGS:
            raise UsageError(
                f"encoding must be one of {', '.join(ENCODINGS)}, not {self.encoding!r}"
            )
        if not 1 <= self.bits <= 8 or (self.encoding == "ternary" and self.bits != 2):
            allowed = "2" if self.encoding == "ternary" else "1 to 8"
            raise UsageError(f"bits must be {allowed} for {self.encoding}, not {self.bits!r}")

    @property
    def bounds(self):
        """Least and greatest value."""
        top = (1 << self.bits) - 1
        half = 1 << self.bits - 1
        return {
            "unsigned": (0, top),
            "signed": (-half, half - 1),
            "bipolar": (-top, top),
            "ternary": (-1, 1),
        }[self.encoding]

    def codes(self, values):
        """Return the codes of integers: bit b belongs to plane b.

        Raises
        ------
        UsageError
            A value has no code.
        """
        values = np.asarray(values).astype(np.int64)
        low, high = self.bounds
        wrong = (values < low) | (values > high)
        if self.encoding == "bipolar":
            wrong |= values % 2 == 0
        if wrong.any():
            odd = "odd and " if self.encoding == "bipolar" else ""
            raise UsageError(
                f"values must be {odd}from {low} to {high} for {self.encoding} operands of "
                f"{self.bits} bits, not {int(values[wrong][0])}"
            )
        return (values + high) // 2 if self.encoding == "bipolar" else values & (1 << self.bits) - 1


@dataclass(frozen=True)
class Tiling:
    """Sizes of an array that multiplies tiles: see ``BitserialMatmulConfig``.

    Parameters
    ----------
    rows, columns : int
        Rows and columns of a tile.
    k : int
        Bits of a word.
    words : int
        Words of a token.
    buffer : int
        Most words of a row in all its planes.
    """

    rows: int
    columns: int
    k: int
    words: int
    buffer: int


def plane_words(codes, bits, k):
    """Return the words of all planes: element j of a row is bit j % k of word j // k.

    Parameters
    ----------
    codes : integer array
        Shape (rows, elements).
    bits, k : int
        Planes, bits of a word.

    Returns
    -------
    numpy.ndarray
        Python integers, shape (rows, planes, words); places beyond the last element are 0.
    """
    codes = np.asarray(codes)
    rows, elements = codes.shape
    count = -(-elements // k)
    padded = np.pad(codes, ((0, 0), (0, count * k - elements)))
    planes = padded[:, None, :] >> np.arange(bits)[:, None] & 1
    return words_of_bits(planes.reshape(rows, bits, count, k))


def words_of_bits(bits):
    """Return words whose bits, the lowest first, lie on the last axis, as Python integers."""
    bits = np.asarray(bits)
    words = np.zeros(bits.shape[:-1], dtype=object)
    for low in range(0, bits.shape[-1], 32):
        part = bits[..., low : low + 32].astype(np.uint64)
        weights = np.uint64(1) << np.arange(part.shape[-1], dtype=np.uint64)
        words += (part * weights).sum(axis=-1, dtype=np.uint64).astype(object) << low
    return words


def product_tokens(left, right, left_operand, right_operand, tiling):
    """Return the tokens of the product of two matrices of integers.

    Parameters
    ----------
    left, right : integer array
        Shapes (m, k) and (k, n).
    left_operand, right_operand : Operand
        How they are coded. A bipolar right operand takes a bipolar left one.
    tiling : Tiling
        Or any object with its attributes.

    Returns
    -------
    dict of str to numpy.ndarray
        One value a token of every field; ``data`` has shape (tokens, words). ``mode`` and
        ``padding`` are among them also where a configuration has no such fields.

    Raises
    ------
    UsageError
        The shapes do not fit each other or the buffers, or a value has no code.
    """
    left, right = np.asarray(left), np.asarray(right)
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0] or not left.size:
        raise UsageError(
            f"left and right must have shapes (m, k) and (k, n), not {left.shape} and {right.shape}"
        )
    elements = left.shape[1]
    words = -(-elements // tiling.k)
    widest = max(left_operand.bits, right_operand.bits)
    if words * widest > tiling.buffer:
        most = tiling.buffer // widest * tiling.k
        raise UsageError(f"k must be at most {most} with {widest} planes, not {elements}")
    sides = []
    for values, operand, side in (
        (left, left_operand, tiling.rows),
        (right.T, right_operand, tiling.columns),
    ):
        tiles = -(-len(values) // side)
        if tiles > _LARGEST_SIDE:
            raise UsageError(
                f"matrices must have at most {_LARGEST_SIDE} tiles of {side}, not {tiles}"
            )
        coded = plane_words(operand.codes(values), operand.bits, tiling.k)
        coded = np.pad(coded, ((0, tiles * side - len(values)), (0, 0), (0, 0)))
        groups = coded.reshape(tiles, side // tiling.words, tiling.words, operand.bits, words)
        sides.append(groups.transpose(0, 1, 3, 4, 2).reshape(tiles, -1, tiling.words))
    data = [np.zeros((1, tiling.words), dtype=object)]
    for tile in sides[1]:
        data += [tile, sides[0].reshape(-1, tiling.words)]
    data = np.concatenate(data)
    facts = {
        "start": 1,
        "row_tiles": len(sides[0]) - 1,
        "column_tiles": len(sides[1]) - 1,
        "k_words": words - 1,
        "bits_left": left_operand.bits - 1,
        "bits_right": right_operand.bits - 1,
        "signed_left": int(left_operand.encoding in ("signed", "ternary")),
        "signed_right": int(right_operand.encoding in ("signed", "ternary")),
        "mode": _mode(left_operand, right_operand),
        "padding": words * tiling.k - elements,
    }
    tokens = {"data": data if tiling.k > 64 else data.astype(np.uint64)}
    for name, value in facts.items():
        tokens[name] = np.zeros(len(data), np.uint64)
        tokens[name][0] = value
    return tokens


def _mode(left, right):
    """Return the code of the mode that two operands need."""
    if right.encoding != "bipolar":
        return 2 if left.encoding == "bipolar" else 0
    if left.encoding != "bipolar":
        raise UsageError(
            f"left must be bipolar where right is, not {left.encoding!r}; transpose the product"
        )
    return 1


def product_matrix(rows, shape, tiling):
    """Return the product from the rows of its tiles, in the order in which they leave.

    Parameters
    ----------
    rows : array
        Shape (tokens, columns of a tile).
    shape : (int, int)
        Of the product.
    tiling : Tiling
        Or any object with its attributes.
    """
    row_tiles, column_tiles = -(-shape[0] // tiling.rows), -(-shape[1] // tiling.columns)
    tiles = np.asarray(rows).reshape(column_tiles, row_tiles * tiling.rows, tiling.columns)
    return tiles.transpose(1, 0, 2).reshape(row_tiles * tiling.rows, -1)[: shape[0], : shape[1]]
