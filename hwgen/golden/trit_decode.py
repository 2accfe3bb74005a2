"""What ``trit-decode`` computes: trits from the codes of a dictionary."""

import numpy as np

from hwgen.errors import UsageError

__all__ = ["steady_words", "trit_decode", "trit_decode_tokens", "two_bit_words"]


def trit_decode(dictionary, codes):
    """Return the trits of one row of codes.

    Parameters
    ----------
    dictionary : TritDictionary
    codes : integer array
        Numbers of entries.

    Returns
    -------
    numpy.ndarray
        ``uint8``, 0, 1 or 2 each.

    Raises
    ------
    UsageError
        A code without an entry.
    """
    codes = np.asarray(codes)
    if codes.ndim != 1 or (len(codes) and codes.dtype.kind not in "iu"):
        raise UsageError(f"codes must be one row of integers, not {codes.dtype} {codes.shape}")
    codes = codes.astype(np.int64)
    wrong = np.flatnonzero((codes < 0) | (codes >= len(dictionary.entries)))
    if len(wrong):
        first = wrong[0]
        raise UsageError(
            f"code {first} must be below {len(dictionary.entries)}, not {codes[first]}"
        )
    sequences = dictionary.trits[codes]
    held = np.arange(sequences.shape[1]) < 2 * dictionary.lengths[codes, None]
    return sequences[held]


def trit_decode_tokens(depth, code, load, trits, pairs):
    """Return what comes out for a stream of tokens that load entries and read them.

    Parameters
    ----------
    depth : int
        Entries that there is room for.
    code : integer array
        Number of the entry that is loaded or read; below ``depth``.
    load : integer array
        1 where the token writes an entry and gives nothing.
    trits, pairs : integer arrays
        The entry that is written: shape (tokens, trits) and (tokens,).

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Trits and pairs of the entries that were read, as they had been written last; zeros before
        the first time.
    """
    trits, pairs = np.asarray(trits), np.asarray(pairs)
    written = {}
    read = []
    for token, number in enumerate(np.asarray(code).tolist()):
        if number >= depth:
            raise UsageError(f"code {token} must be below {depth}, not {number}")
        if load[token]:
            written[number] = token
        else:
            read.append(written.get(number, -1))
    read = np.array(read, np.int64)
    known = read >= 0
    return trits[read] * known[:, None].astype(trits.dtype), pairs[read] * known


def steady_words(trits, pairs, lanes):
    """Return sequences, one behind the other, as words of ``lanes`` trits.

    Parameters
    ----------
    trits, pairs : integer arrays
        Sequences as `trit_decode_tokens` returns them.
    lanes : int
        Trits of a word.

    Returns
    -------
    numpy.ndarray
        Shape (words, lanes); what does not fill a word at the end is missing.
    """
    trits = np.asarray(trits)
    held = np.arange(trits.shape[1]) < 2 * np.asarray(pairs).astype(np.int64)[:, None]
    stream = trits[held]
    return stream[: len(stream) // lanes * lanes].reshape(-1, lanes)


def two_bit_words(words):
    """Return trits 0, 1 and 2 as weights 0, -1 and +1 in bytes of the packing ``two-bit``."""
    codes = np.array([1, 0, 2, 2], np.uint64)[np.asarray(words).astype(np.int64)]
    fours = codes.reshape(len(codes), codes.shape[1] // 4, 4)
    return (fours << np.array([6, 4, 2, 0], np.uint64)).sum(axis=2).astype(np.uint64)
