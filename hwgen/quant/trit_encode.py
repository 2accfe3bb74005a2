"""Encoder of trit dictionaries: frequent sequences get entries, rows become codes."""

import heapq

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.trit_dictionary import LONGEST_ENTRY, MOST_ENTRIES, PAIRS, TritDictionary

__all__ = ["build_dictionary", "pair_counts", "trit_encode"]

# rows and pairs of the sample that decides between two dictionaries
_SAMPLE = 64, 2048


def pair_counts(rows):
    """Return how often each of the nine pairs occurs: ``int64``, by ``first + 3 * second``.

    Raises
    ------
    UsageError
        Anything but rows of an even number of trits.
    """
    return np.bincount(_pairs_of(rows).ravel(), minlength=PAIRS)


def build_dictionary(counts, entries=1024, longest=LONGEST_ENTRY):
    """Return a dictionary for rows whose pairs occur independently, in proportion to ``counts``.

    Two are made, and the one that needs fewer codes for a random sample is returned. In one the
    likeliest sequence is replaced by its nine continuations until the dictionary is full
    (Tunstall's construction), so that no entry is spent on a sequence that a longer one always
    beats; single pairs and sequences of the ``longest`` length stay. The other one holds the
    likeliest sequences, beginnings of others among them: better where many entries have the
    ``longest`` length. Every pair counts once more than it was found: none is impossible.

    Parameters
    ----------
    counts : sequence of int
        One a pair, see :func:`pair_counts`.
    entries : int
        9 to 65536; fewer are made where there are no more sequences.
    longest : int
        Pairs of the longest entry, 1 to 14.

    Raises
    ------
    UsageError
        A number out of range.
    """
    counts = np.asarray(counts)
    if counts.shape != (PAIRS,) or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise UsageError(f"counts must be {PAIRS} integers of at least 0, not {counts!r}")
    if not PAIRS <= entries <= MOST_ENTRIES:
        raise UsageError(f"entries must be {PAIRS} to {MOST_ENTRIES}, not {entries!r}")
    if not 1 <= longest <= LONGEST_ENTRY:
        raise UsageError(f"longest must be 1 to {LONGEST_ENTRY}, not {longest!r}")
    shares = (counts + 1) / (counts + 1).sum()
    made = [
        TritDictionary(tuple(_likely(shares, entries, longest, replaced)))
        for replaced in (True, False)
    ]
    sample = np.random.default_rng(0).choice(PAIRS, _SAMPLE, p=shares)
    rows = np.stack([sample % 3, sample // 3], axis=2).reshape(_SAMPLE[0], -1)
    return min(made, key=lambda each: sum(map(len, trit_encode(each, rows))))


def _likely(shares, entries, longest, replaced):
    """Return likely sequences; ``replaced`` says whether longer ones take their beginning's place.

    Single pairs always stay.
    """
    singles = [bytes([pair]) for pair in range(PAIRS)]
    kept = dict.fromkeys(singles)
    growing = [(-shares[pair], single) for pair, single in enumerate(singles)] * (longest > 1)
    heapq.heapify(growing)
    while growing and len(kept) < entries:
        share, entry = heapq.heappop(growing)
        if replaced and len(entry) > 1:
            del kept[entry]
        continued = sorted(range(PAIRS), key=lambda pair: -shares[pair])
        if not replaced:
            kept[entry] = None
        for pair in continued if len(entry) < longest else ():
            longer = entry + bytes([pair])
            if replaced and len(kept) < entries:
                kept[longer] = None
            if len(longer) < longest or (not replaced and len(longer) == longest):
                heapq.heappush(growing, (share * shares[pair], longer))
    return kept


def trit_encode(dictionary, rows):
    """Return the codes of every row: the longest entry that fits, again and again.

    Parameters
    ----------
    dictionary : TritDictionary
    rows : integer array
        Trits, shape (rows, an even number).

    Returns
    -------
    list of numpy.ndarray
        ``int64`` codes, one array a row.

    Raises
    ------
    UsageError
        Anything but rows of an even number of trits.
    """
    pairs = _pairs_of(rows)
    following, code_at = _tree(dictionary)
    count, length = pairs.shape
    # beyond the end no entry goes on
    pairs = np.concatenate([pairs, np.full((count, LONGEST_ENTRY), PAIRS)], axis=1)
    position = np.zeros(count, np.int64)
    taken = []
    active = np.arange(count) if length else np.arange(0)
    while len(active):
        best, node = np.full(len(active), -1), np.zeros(len(active), np.int64)
        for depth in range(LONGEST_ENTRY):
            node = following[node, pairs[active, position[active] + depth]]
            best = np.where(code_at[node] >= 0, code_at[node], best)
        taken.append((active, best))
        position[active] += dictionary.lengths[best]
        active = active[position[active] < length]
    return _by_row(taken, count)


def _by_row(taken, count):
    """Return the codes of each row from (rows, their next code)."""
    if not taken:
        return [np.zeros(0, np.int64) for _ in range(count)]
    rows = np.concatenate([each for each, _ in taken])
    codes = np.concatenate([each for _, each in taken])
    order = np.argsort(rows, kind="stable")
    return np.split(codes[order], np.cumsum(np.bincount(rows, minlength=count))[:-1])


def _tree(dictionary):
    """Return (next node by node and pair, code of a node or -1); node 1 leads nowhere."""
    following, code_at = [[1] * (PAIRS + 1), [1] * (PAIRS + 1)], [-1, -1]
    for code, entry in enumerate(dictionary.entries):
        node = 0
        for pair in entry:
            if following[node][pair] == 1:
                following[node][pair] = len(following)
                following.append([1] * (PAIRS + 1))
                code_at.append(-1)
            node = following[node][pair]
        code_at[node] = code
    return np.array(following), np.array(code_at)


def _pairs_of(rows):
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.dtype.kind not in "iu" or rows.shape[1] % 2:
        raise UsageError(
            "rows must be integers in two dimensions with an even number of columns, not "
            f"{rows.dtype} of shape {rows.shape}"
        )
    wrong = np.argwhere((rows < 0) | (rows > 2))
    if len(wrong):
        row, column = wrong[0]
        raise UsageError(
            f"rows must hold 0, 1 and 2, and have {rows[row, column]} in row {row}, column {column}"
        )
    rows = rows.astype(np.int64)
    return rows[:, ::2] + 3 * rows[:, 1::2]
