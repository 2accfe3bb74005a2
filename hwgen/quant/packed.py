"""Codes of a quantized matrix, compressed without loss: the XOR code or a dictionary of trits.

What is stored takes the place of the array ``codes``; everything else of a format stays as it is.
"""

import itertools
import re
from dataclasses import dataclass, field, replace

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.codebook import Codebook
from hwgen.formats.trit_dictionary import LONGEST_ENTRY, PAIRS, TritDictionary
from hwgen.formats.weights import BlockedFormat, GroupedFormat
from hwgen.formats.xor_code import MOST_OUTPUTS, XorCode
from hwgen.golden.trit_decode import trit_decode
from hwgen.golden.xor_decode import xor_decode

from .trit_encode import build_dictionary, pair_counts, trit_encode
from .xor_encode import apply_corrections, xor_encode_all

__all__ = ["ARRAYS", "PACKINGS", "Packed", "pack", "parse_packing", "unpack"]

PACKINGS = {
    "f2f[-N]": "XOR code of codes that are not zero: 8 bits for N weight bits, with a mask",
    "dictionary[-N]": "N entries of frequent sequences of ternary weights, by default 1024",
}
ARRAYS = {
    "f2f": {"words": np.uint8, "mask": np.uint8, "corrections": np.uint32},
    "dictionary": {"words": np.uint16, "entries": np.uint8, "lengths": np.uint8},
}
_INPUTS, _HISTORY = 8, 1
# words that are encoded together; codes before them count as zero
_SEGMENT = 4096
_PAIR_BITS, _LENGTH_BITS = 4, 4
_ENTRIES = 1024


@dataclass(frozen=True)
class Packed:
    """What stands for the codes of a matrix.

    Parameters
    ----------
    facts : dict
        The kind and its parameters, as they are in the container's metadata.
    arrays : dict of str to numpy.ndarray
        Those of `ARRAYS` for the kind.
    bits : int
        All of it, each number in its width.
    """

    facts: dict
    arrays: dict = field(repr=False)
    bits: int


def parse_packing(name):
    """Return (kind, number or None) of a packing; raises ``UsageError`` for an unknown one."""
    found = re.fullmatch(r"(f2f|dictionary)(?:-(\d{1,6}))?", name)
    if found is None:
        raise UsageError(f"compression must be one of {', '.join(PACKINGS)}, not {name!r}")
    number = None if found[2] is None else int(found[2])
    low, high = (2, MOST_OUTPUTS) if found[1] == "f2f" else (PAIRS, 1 << 16)
    if number is not None and not low <= number <= high:
        raise UsageError(f"number of {name!r} must be {low} to {high}")
    return found[1], number


def pack(matrix, packing):
    """Return a quantized matrix with its codes packed, or as it is where that is not smaller.

    Parameters
    ----------
    matrix : QuantizedMatrix
    packing : (str, int or None)
        What `parse_packing` returns.

    Raises
    ------
    UsageError
        The packing is none for codes of this format.
    """
    kind, number = packing
    packer = {"f2f": _pack_xor, "dictionary": _pack_trits}[kind]
    packed = packer(matrix.form, matrix.arrays, matrix.stored_shape, number)
    smaller = replace(matrix, packed=packed)
    return smaller if smaller.bits_per_weight < matrix.bits_per_weight else matrix


def unpack(form, shape, facts, arrays, others):
    """Return (codes, `Packed`) of arrays that were read from a file.

    Parameters
    ----------
    form : WeightFormat
    shape : tuple of int
        Of the matrix that the arrays of the format hold.
    facts, arrays : dict
        As in `Packed`; nothing about them is trusted.
    others : dict
        The other arrays of the format.

    Raises
    ------
    UsageError
        They do not fit each other.
    """
    kind = facts["kind"]
    for name, dtype in ARRAYS[kind].items():
        if arrays[name].dtype != dtype:
            raise UsageError(f"{name} must be {np.dtype(dtype)}, not {arrays[name].dtype}")
    if kind == "dictionary":
        return _unpack_trits(form, shape, facts, arrays)
    return _unpack_xor(form, shape, facts, arrays, others)


def _pack_trits(form, arrays, shape, number):
    _check_ternary(form)
    trits = _TRIT_OF[arrays["codes"]]
    trits = np.pad(trits, ((0, 0), (0, shape[1] % 2)))
    dictionary = build_dictionary(pair_counts(trits), number or _ENTRIES)
    words = np.concatenate(trit_encode(dictionary, trits)).astype(np.uint16)
    entries = np.zeros((len(dictionary.entries), LONGEST_ENTRY), np.uint8)
    for place, entry in enumerate(dictionary.entries):
        entries[place, : len(entry)] = np.frombuffer(entry, np.uint8)
    made = {
        "words": words,
        "entries": entries,
        "lengths": dictionary.lengths.astype(np.uint8),
    }
    return Packed({"kind": "dictionary"}, made, _trit_bits(dictionary, words))


# the code of 0 is trit 0, those of -1 and 1, the least and the greatest value, are 1 and 2
_TRIT_OF = np.array([1, 0, 2, 0], np.uint8)
_CODE_OF = np.array([1, 0, 2], np.uint8)


def _check_ternary(form):
    if not isinstance(form, GroupedFormat) or form.codebook.name != "ternary":
        raise UsageError(f"dictionary must go with ternary codes, not with {form.name}")


def _trit_bits(dictionary, words):
    entries = len(dictionary.entries) * (LONGEST_ENTRY * _PAIR_BITS + _LENGTH_BITS)
    return len(words) * dictionary.code_bits + entries


def _unpack_trits(form, shape, facts, arrays):
    _check_ternary(form)
    words, entries, lengths = (arrays[name] for name in ("words", "entries", "lengths"))
    if entries.ndim != 2 or entries.shape[1] != LONGEST_ENTRY or lengths.shape != entries.shape[:1]:
        raise UsageError(
            f"entries and lengths must have shapes (N, {LONGEST_ENTRY}) and (N,), not "
            f"{entries.shape} and {lengths.shape}"
        )
    rows = zip(entries, lengths, strict=True)
    dictionary = TritDictionary(tuple(entry[:length].tobytes() for entry, length in rows))
    columns = shape[1] + shape[1] % 2
    # the sum first: a few words can stand for very many trits
    known = words.ndim == 1 and (not len(words) or words.max() < len(lengths))
    if not known or 2 * int(dictionary.lengths[words].sum()) != shape[0] * columns:
        raise UsageError(f"words must be entries that hold {shape[0]} x {columns} trits")
    trits = trit_decode(dictionary, words).reshape(shape[0], columns)
    packed = Packed(facts, arrays, _trit_bits(dictionary, words))
    return _CODE_OF[trits[:, : shape[1]]], packed


def _code_bits(form):
    """Return the bits of a code; raises ``UsageError`` where no code is zero."""
    if isinstance(form, BlockedFormat) and form.block.element.width <= 8:
        return form.block.element.width
    coded = isinstance(form, GroupedFormat) and isinstance(form.codebook, Codebook)
    if coded and (form.zero_points or 0 in form.codebook.grid()[0]):
        return form.codebook.width
    raise UsageError(f"f2f must go with codes of at most 8 bits that have a zero, not {form.name}")


def _zero_codes(form, arrays, shape):
    """Return the code of zero, of all weights or of each."""
    if isinstance(form, BlockedFormat):
        return np.uint8(0)
    if form.zero_points:
        return form.spread(arrays["zero_points"], shape)
    integers, codes = form.codebook.grid()
    return codes[integers == 0][0]


def _pack_xor(form, arrays, shape, number):
    width, codes = _code_bits(form), arrays["codes"]
    mask = (codes != _zero_codes(form, arrays, shape)).ravel()
    # a plane that is the same for all weights that matter needs no code
    constant = [_constant(_plane(codes, plane)[mask]) for plane in range(width)]
    share = mask.mean()
    outputs = number or int(min(MOST_OUTPUTS, max(2, _INPUTS / share if share else MOST_OUTPUTS)))
    code = XorCode(inputs=_INPUTS, outputs=outputs, history=_HISTORY)
    coded = [plane for plane in range(width) if constant[plane] is None]
    starts, segments = _segments(code, (_plane(codes, plane) for plane in coded), mask)
    words, corrections = [], []
    for start, encoded in zip(starts, xor_encode_all(code, segments), strict=False):
        words.append(encoded.words)
        corrections.append(start + encoded.corrections)
    made = {
        "words": np.concatenate([np.zeros(0, np.int64), *words]).astype(np.uint8),
        "mask": np.packbits(mask, bitorder="little"),
        "corrections": np.concatenate([np.zeros(0, np.int64), *corrections]).astype(np.uint32),
    }
    facts = {"kind": "f2f", "outputs": outputs, "constant": constant}
    return Packed(facts, made, _xor_bits(made, mask.size, len(coded) * mask.size))


def _constant(bits):
    """Return the value that all bits have, 0 for none, or ``None``."""
    if not len(bits):
        return 0
    return int(bits[0]) if (bits == bits[0]).all() else None


def _xor_bits(arrays, weights, coded):
    position = max(1, coded - 1).bit_length()
    return _INPUTS * len(arrays["words"]) + weights + position * len(arrays["corrections"])


def _plane(codes, plane):
    return codes.ravel() >> np.uint8(plane) & np.uint8(1)


def _segments(code, planes, mask):
    """Return iterators over the first weight of every segment, counted over all planes, and its
    (bits, mask)."""
    missing = -len(mask) % code.outputs
    wanted = np.pad(mask, (0, missing)).reshape(-1, code.outputs)
    first = range(0, len(wanted), _SEGMENT)
    starts = (
        plane * len(mask) + each * code.outputs for plane in itertools.count() for each in first
    )

    def pieces():
        for bits in planes:
            bits = np.pad(bits, (0, missing)).reshape(-1, code.outputs)
            for each in first:
                yield bits[each : each + _SEGMENT], wanted[each : each + _SEGMENT]

    return starts, pieces()


def _unpack_xor(form, shape, facts, arrays, others):
    width, weights, constant = _code_bits(form), shape[0] * shape[1], facts["constant"]
    code = XorCode(inputs=_INPUTS, outputs=facts["outputs"], history=_HISTORY)
    words, mask, corrections = (arrays[name] for name in ("words", "mask", "corrections"))
    if len(constant) != width:
        raise UsageError(f"constant must have {width} planes, not {len(constant)}")
    coded = [plane for plane in range(width) if constant[plane] is None]
    each = -(-weights // code.outputs)
    for name, count in (("words", each * len(coded)), ("mask", -(-weights // 8))):
        if arrays[name].shape != (count,):
            raise UsageError(f"{name} must have shape ({count},), not {arrays[name].shape}")
    if corrections.ndim != 1:
        raise UsageError(f"corrections must have one dimension, not {corrections.ndim}")
    bits = [
        _decode_plane(code, words[place * each : (place + 1) * each])[:weights]
        for place in range(len(coded))
    ]
    flat = apply_corrections(np.concatenate([np.zeros(0, np.uint8), *bits]), corrections)
    values = np.zeros(weights, np.uint8)
    for plane in range(width):
        value = constant[plane]
        if value is None:
            place = coded.index(plane) * weights
            value = flat[place : place + weights]
        values |= np.asarray(value, np.uint8) << np.uint8(plane)
    matters = np.unpackbits(mask, count=weights, bitorder="little").astype(bool).reshape(shape)
    zero = _zero_codes(form, others, shape)
    codes = np.where(matters, values.reshape(shape), zero).astype(np.uint8)
    return codes, Packed(facts, arrays, _xor_bits(arrays, weights, len(coded) * weights))


def _decode_plane(code, words):
    """Return the bits of a plane, segment by segment."""
    parts = [
        xor_decode(code, words[start : start + _SEGMENT]).ravel()
        for start in range(0, len(words), _SEGMENT)
    ]
    return np.concatenate([np.zeros(0, np.uint8), *parts])
