"""What ``f2f-decode`` computes: words of weight bits from codes, over GF(2)."""

from itertools import pairwise

import numpy as np

from hwgen.errors import UsageError

__all__ = ["xor_decode", "xor_decode_tokens"]


def xor_decode(code, words):
    """Return the weight bits of one segment of codes.

    Parameters
    ----------
    code : XorCode
        The matrix.
    words : integer array
        Codes in order, below ``2**code.inputs``.

    Returns
    -------
    numpy.ndarray
        ``uint8`` zeros and ones, shape (codes, ``code.outputs``).

    Raises
    ------
    UsageError
        A code out of range.
    """
    words = np.asarray(words)
    if words.ndim != 1 or words.dtype.kind not in "iu":
        raise UsageError(f"codes must be one row of integers, not {words.dtype} {words.shape}")
    wrong = np.flatnonzero((words < 0) | (words >= 1 << code.inputs))
    if len(wrong):
        first = wrong[0]
        raise UsageError(f"code {first} must be below {1 << code.inputs}, not {words[first]}")
    bits = words[:, None] >> np.arange(code.inputs, dtype=words.dtype) & words.dtype.type(1)
    padded = np.zeros((code.history + len(words), code.inputs), np.uint8)
    padded[code.history :] = bits
    window = [padded[code.history - age :][: len(words)] for age in range(code.history + 1)]
    # at most 32 ones are added
    return np.concatenate(window, axis=1) @ code.matrix.T % 2


def xor_decode_tokens(code, words, first, correction=None, mask=None):
    """Return the words of a token stream.

    Parameters
    ----------
    code : XorCode
        The matrix.
    words : integer array
        One a token: a code in its lowest ``code.inputs`` bits, or the position of a correction.
    first : integer array
        1 with a code before which all codes count as zero.
    correction : integer array or None
        1 where the token toggles a bit of the next word; a position that no bit has toggles none.
    mask : integer array or None
        Zeros and ones, shape (tokens, outputs), of the tokens with codes: bits that are kept.

    Returns
    -------
    numpy.ndarray
        ``uint8``, one row of zeros and ones for every token with a code.
    """
    words = np.asarray(words).astype(np.int64)
    is_code = np.ones(len(words), bool)
    if correction is not None:
        is_code = np.asarray(correction) == 0
    codes = words[is_code] & ((1 << code.inputs) - 1)
    starts = np.flatnonzero(np.asarray(first)[is_code])
    edges = np.unique([0, *starts, len(codes)])
    decoded = [xor_decode(code, codes[low:high]) for low, high in pairwise(edges)]
    bits = np.concatenate([np.zeros((0, code.outputs), np.uint8), *decoded])
    # the number of codes before a correction is the number of the word that it belongs to
    word, position = (np.cumsum(is_code) - is_code)[~is_code], words[~is_code]
    meant = (word < len(bits)) & (position < code.outputs)
    np.bitwise_xor.at(bits, (word[meant], position[meant]), np.uint8(1))
    return bits if mask is None else bits & np.asarray(mask, np.uint8)[is_code]
