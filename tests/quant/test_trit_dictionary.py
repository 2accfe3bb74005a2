"""Trit dictionaries: what they hold, how rows are encoded, and that nothing is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hwgen.errors import UsageError
from hwgen.formats.trit_dictionary import TritDictionary
from hwgen.golden.trit_decode import trit_decode, trit_decode_tokens
from hwgen.quant.trit_encode import build_dictionary, pair_counts, trit_encode

SINGLES = [bytes([pair]) for pair in range(9)]


def greedy(dictionary, row):
    """Return the codes of one row by looking for slices of it."""
    numbers = {entry: code for code, entry in enumerate(dictionary.entries)}
    pairs = bytes(int(a) + 3 * int(b) for a, b in zip(row[::2], row[1::2], strict=True))
    codes = []
    while pairs:
        length = max(n for n in range(1, 15) if pairs[:n] in numbers and n <= len(pairs))
        codes.append(numbers[pairs[:length]])
        pairs = pairs[length:]
    return codes


def random_rows(random, shape, zeros):
    return random.choice(3, shape, p=[zeros, (1 - zeros) / 2, (1 - zeros) / 2])


@settings(max_examples=40, deadline=None)
@given(some.integers(9, 700), some.integers(1, 14), some.integers(0, 2**32))
def test_rows_come_back_and_each_code_is_the_longest_match(entries, longest, seed):
    random = np.random.default_rng(seed)
    rows = random_rows(random, (5, 2 * random.integers(0, 60)), random.random())
    dictionary = build_dictionary(pair_counts(rows[:2]), entries, longest)
    codes = trit_encode(dictionary, rows)
    assert len(codes) == len(rows)
    for row, found in zip(rows, codes, strict=True):
        assert trit_decode(dictionary, found).tolist() == row.tolist()
        assert found.tolist() == greedy(dictionary, row)


def test_an_entry_whose_beginning_is_none_is_found():
    dictionary = TritDictionary((*SINGLES, b"\0\0\0\1"))
    row = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert trit_encode(dictionary, np.array([row]))[0].tolist() == [9, 0, 0, 0]


@pytest.mark.parametrize("entries", [9, 10, 17, 18, 256, 1000, 1024, 4096])
def test_a_dictionary_has_the_size_asked_for_and_all_single_pairs(entries):
    dictionary = build_dictionary([700, 60, 50, 70, 9, 8, 65, 5, 7], entries)
    assert len(dictionary.entries) == entries
    assert set(SINGLES) <= set(dictionary.entries)
    assert dictionary.code_bits == (entries - 1).bit_length()


def test_a_dictionary_of_short_entries_stops_where_there_are_no_more():
    assert len(build_dictionary([1] * 9, 1024, longest=1).entries) == 9
    assert len(build_dictionary([1] * 9, 1024, longest=2).entries) == 9 + 81


def test_entries_are_spent_on_likely_sequences():
    dictionary = build_dictionary([10**6] + [0] * 8, 114)
    assert bytes(14) in dictionary.entries
    assert max(entry.count(pair) for entry in dictionary.entries for pair in range(1, 9)) == 1


def test_entries_read_as_they_were_written_last():
    trits = np.array([[1, 2], [0, 1], [0, 0], [2, 2], [0, 0], [0, 0]])
    out, pairs = trit_decode_tokens(4, [3, 1, 3, 3, 3, 0], [1, 1, 0, 1, 0, 0], trits, [1] * 6)
    assert out.tolist() == [[1, 2], [2, 2], [0, 0]]
    assert pairs.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (SINGLES[:8], "must have 9 to 65536 entries, not 8"),
        ([*SINGLES[:8], b"\0\0"], r"lacks \[8\]"),
        ([*SINGLES, b""], "entry 9 must be 1 to 14 bytes"),
        ([*SINGLES, bytes(15)], "entry 9 must be 1 to 14 bytes"),
        ([*SINGLES, b"\0\11"], "entry 9 must hold pairs below 9, not 9"),
        ([*SINGLES, b"\3"], "entry 9 must differ from all others, and is entry 3"),
        ([*SINGLES, 4], "entry 9 must be 1 to 14 bytes, not 4"),
    ],
)
def test_a_corrupt_dictionary_is_refused(entries, message):
    with pytest.raises(UsageError, match=message):
        TritDictionary(tuple(entries))


@pytest.mark.parametrize("codes", [[9], [-1], [0.5], [[0]]])
def test_a_code_without_an_entry_is_refused(codes):
    with pytest.raises(UsageError, match="code"):
        trit_decode(TritDictionary(tuple(SINGLES)), np.array(codes))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0, 1, 2]], "even number of columns"),
        ([0, 1], "two dimensions"),
        ([[0.0, 1.0]], "integers"),
        ([[0, 3]], "have 3 in row 0, column 1"),
        ([[0, 0], [-1, 0]], "have -1 in row 1, column 0"),
    ],
)
def test_rows_of_anything_but_trits_are_refused(rows, message):
    with pytest.raises(UsageError, match=message):
        trit_encode(TritDictionary(tuple(SINGLES)), np.array(rows))


@pytest.mark.parametrize(
    ("counts", "entries", "longest", "message"),
    [
        ([1] * 8, 1024, 14, "counts must be 9 integers"),
        ([-1] * 9, 1024, 14, "counts must be 9 integers"),
        ([1] * 9, 8, 14, "entries must be 9 to 65536, not 8"),
        ([1] * 9, 9, 15, "longest must be 1 to 14, not 15"),
    ],
)
def test_a_dictionary_that_cannot_be_built_is_refused(counts, entries, longest, message):
    with pytest.raises(UsageError, match=message):
        build_dictionary(counts, entries, longest)
