"""Packed weights -1, 0 and +1 (trits): the byte layouts ``two-bit``, ``tl2`` and ``tq1_0``.

``two-bit`` is ``I2_S`` of BitNet b1.58's inference library bitnet.cpp: 128 weights in 32 bytes.
Byte p holds weights p, p + 32, p + 64 and p + 96 of its block in bits 7:6, 5:4, 3:2 and 1:0, as
the weight plus 1.

``tl2`` has the codes of bitnet.cpp's kernel of that name: three weights a, b, c are the magnitude
``|9a + 3b + c|`` in four bits and a sign bit, 1 for a negative number. There the order of codes in
memory follows the tile sizes of a kernel, the first of two magnitudes in the high half of a byte
and all signs behind all magnitudes; here it is ours, one for all shapes: 24 weights in 5 bytes,
code g of weights 3g to 3g + 2 with its magnitude in byte g / 2, even codes in the low half, and its
sign in bit g of the last byte.

``tq1_0`` is ``block_tq1_0`` of ggml: 256 weights in 54 bytes. Digits 0, 1, 2 (the weight plus 1)
of a number to base 3 are a byte, the first digit the most significant. Bytes 0 to 31 hold five
weights each, byte m weights m + 32n; bytes 32 to 47 five, byte 32 + m weights 160 + m + 16n; bytes
48 to 51 four, byte 48 + m weights 240 + m + 4n, and a last digit 0. The last two bytes are the
scale in fp16, little-endian. A number v is stored as ``ceil(256 v / 243)``, so that digit n is the
integer part of three times the byte ``3**n * stored modulo 256`` divided by 256.

Sources: S. Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764; J. Wang et al., "Bitnet.cpp:
Efficient Edge Inference for Ternary LLMs", arXiv:2502.11880; the layout of ggml in its
``ggml-common.h`` and ``ggml-quants.c`` (llama.cpp pull request 8151); the layout of bitnet.cpp's
TL2 in its ``utils/convert-hf-to-gguf-bitnet.py``.
"""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError, nearest

__all__ = ["PACKINGS", "Packing", "columns_of_slots", "pack", "packing", "scales", "unpack"]


@dataclass(frozen=True)
class Packing:
    """One layout.

    Parameters
    ----------
    name : str
    weights, size : int
        Weights and bytes of a block; a row is a whole number of blocks.
    word : int
        Bytes that are decoded together: 1, or a whole block.
    slots : int
        Weights that a word can hold.
    """

    name: str
    weights: int
    size: int
    word: int
    slots: int


PACKINGS = {
    each.name: each
    for each in (
        Packing("two-bit", 128, 32, 1, 4),
        Packing("tl2", 24, 5, 5, 24),
        Packing("tq1_0", 256, 54, 1, 5),
    )
}
_NONE = -1


def packing(name):
    """Return the layout of that name; raise ``UsageError`` if there is none."""
    if name not in PACKINGS:
        known = ", ".join(PACKINGS)
        raise UsageError(f"packing must be one of {known}, not {name!r}{nearest(name, PACKINGS)}")
    return PACKINGS[name]


def pack(trits, name, scale=1.0):
    """Return weights as bytes.

    Parameters
    ----------
    trits : integer array
        Values -1, 0, 1, shape (..., n), n a multiple of the layout's block.
    name : str
        Layout.
    scale : float
        Scale that ``tq1_0`` keeps in every block; the other layouts have none.

    Returns
    -------
    numpy.ndarray
        ``uint8``, shape (..., bytes).

    Raises
    ------
    UsageError
        The layout is unknown, the length is wrong, or a value is not a trit.
    """
    layout, trits = packing(name), np.asarray(trits)
    if trits.ndim == 0 or trits.shape[-1] % layout.weights:
        found = trits.shape[-1] if trits.ndim else "a single number"
        raise UsageError(f"weights must be a multiple of {layout.weights} for {name}, not {found}")
    if not np.isin(trits, (-1, 0, 1)).all():
        wrong = trits[~np.isin(trits, (-1, 0, 1))].flat[0]
        raise UsageError(f"weights must be -1, 0 or 1, not {wrong}")
    blocks = trits.reshape(*trits.shape[:-1], -1, layout.weights).astype(np.int64)
    if name == "two-bit":
        packed = _joined(blocks.reshape(*blocks.shape[:-1], 4, 32) + 1, (64, 16, 4, 1))
    elif name == "tl2":
        packed = _pack_tl2(blocks)
    else:
        packed = _pack_tq1_0(blocks + 1, scale)
    return packed.astype(np.uint8).reshape(*trits.shape[:-1], -1)


def _joined(digits, weights):
    """Return the sums of digits (..., n, m) with ``weights`` along n."""
    return (digits * np.array(weights)[:, None]).sum(axis=-2)


def _pack_tl2(blocks):
    numbers = blocks.reshape(*blocks.shape[:-1], 8, 3) @ np.array([9, 3, 1])
    magnitudes = np.abs(numbers)
    signs = ((numbers < 0) << np.arange(8)).sum(axis=-1, keepdims=True)
    return np.concatenate([magnitudes[..., 0::2] | magnitudes[..., 1::2] << 4, signs], axis=-1)


def _pack_tq1_0(digits, scale):
    parts = [
        _joined(digits[..., :160].reshape(*digits.shape[:-1], 5, 32), (81, 27, 9, 3, 1)),
        _joined(digits[..., 160:240].reshape(*digits.shape[:-1], 5, 16), (81, 27, 9, 3, 1)),
        _joined(digits[..., 240:].reshape(*digits.shape[:-1], 4, 4), (81, 27, 9, 3)),
    ]
    codes = -(-np.concatenate(parts, axis=-1) * 256 // 243)
    ending = np.frombuffer(np.array(scale, "<f2").tobytes(), np.uint8)
    return np.concatenate([codes, np.broadcast_to(ending, (*codes.shape[:-1], 2))], axis=-1)


def unpack(data, name, strict=True):
    """Return packed weights as values -1, 0, 1 of type ``int8``, in their natural order.

    Parameters
    ----------
    data : array of uint8
        Shape (..., bytes), a whole number of blocks.
    name : str
        Layout.
    strict : bool
        Refuse codes that stand for no weights: 3 in ``two-bit``, magnitudes 14 and 15 in ``tl2``.
        Else they count as zeros. Every byte of ``tq1_0`` stands for digits.

    Raises
    ------
    UsageError
        The layout is unknown, the length is wrong, or, if ``strict``, a code is.
    """
    layout, data = packing(name), np.asarray(data, np.uint8)
    if data.ndim == 0 or data.shape[-1] % layout.size:
        found = data.shape[-1] if data.ndim else "a single number"
        raise UsageError(f"bytes must be a multiple of {layout.size} for {name}, not {found}")
    blocks = data.reshape(*data.shape[:-1], -1, layout.size).astype(np.int64)
    if name == "two-bit":
        trits = _unpack_two_bit(blocks, strict)
    elif name == "tl2":
        trits = _unpack_tl2(blocks, strict)
    else:
        trits = _unpack_tq1_0(blocks)
    return trits.astype(np.int8).reshape(*data.shape[:-1], -1)


def _unpack_two_bit(blocks, strict):
    codes = blocks[..., None, :] >> np.array([6, 4, 2, 0])[:, None] & 3
    if strict and (codes == 3).any():
        raise UsageError("two-bit codes must be 0, 1 or 2, not 3")
    return np.where(codes == 3, 0, codes - 1)


def _unpack_tl2(blocks, strict):
    magnitudes = np.stack([blocks[..., :4] & 15, blocks[..., :4] >> 4], axis=-1)
    magnitudes = magnitudes.reshape(*blocks.shape[:-1], 8)
    if strict and (magnitudes > 13).any():
        wrong = magnitudes[magnitudes > 13].flat[0]
        raise UsageError(f"tl2 magnitudes must be at most 13, not {wrong}")
    magnitudes = np.where(magnitudes > 13, 0, magnitudes)
    signs = 1 - 2 * (blocks[..., 4:] >> np.arange(8) & 1)
    # 13 is three digits 1 to base 3, so that digits from -1 to 1 become digits from 0 to 2
    numbers = signs * magnitudes + 13
    return numbers[..., None] // np.array([9, 3, 1]) % 3 - 1


def _unpack_tq1_0(blocks):
    powers = np.array([1, 3, 9, 27, 81])[:, None]

    def digits(codes, count):
        found = (codes[..., None, :] * powers[:count] & 255) * 3 >> 8
        return found.reshape(*codes.shape[:-1], -1)

    parts = (blocks[..., :32], 5), (blocks[..., 32:48], 5), (blocks[..., 48:52], 4)
    return np.concatenate([digits(*each) for each in parts], axis=-1) - 1


def scales(data):
    """Return the scales of ``tq1_0`` blocks as ``float16``, shape (..., blocks)."""
    data = np.ascontiguousarray(data, np.uint8)
    blocks = data.reshape(*data.shape[:-1], -1, PACKINGS["tq1_0"].size)
    return np.ascontiguousarray(blocks[..., 52:]).view("<f2")[..., 0]


def columns_of_slots(name, columns):
    """Return which weights of a row the bytes hold, in the order of the bytes.

    Parameters
    ----------
    name : str
        Layout.
    columns : int
        Weights of a row, a multiple of the layout's block.

    Returns
    -------
    numpy.ndarray
        Shape (words, slots): the number of the weight in each slot of each word, -1 where a slot
        holds none. Slots of a byte are in the order of its weights.
    """
    layout = packing(name)
    if columns % layout.weights:
        raise UsageError(f"columns must be a multiple of {layout.weights} for {name}")
    if name == "tl2":
        slots = np.arange(24)[None]
    elif name == "two-bit":
        slots = np.arange(32)[:, None] + 32 * np.arange(4)
    else:
        slots = np.full((54, 5), _NONE)
        slots[:32] = np.arange(32)[:, None] + 32 * np.arange(5)
        slots[32:48] = 160 + np.arange(16)[:, None] + 16 * np.arange(5)
        slots[48:52, :4] = 240 + np.arange(4)[:, None] + 4 * np.arange(4)
    starts = np.arange(0, columns, layout.weights)[:, None, None]
    return np.where(slots == _NONE, _NONE, slots + starts).reshape(-1, layout.slots)
