"""The XOR code: its definition, its best encoding, and that nothing is lost."""

import hashlib
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hwgen.errors import UsageError
from hwgen.formats.xor_code import XorCode
from hwgen.golden.xor_decode import xor_decode, xor_decode_tokens
from hwgen.quant.xor_encode import apply_corrections, xor_encode, xor_encode_all

ROWS_OF_SEED_7 = (37189, 27535, 28774, 35449)


def parity_of(code, words, time, output):
    """Return an output bit by counting, from the rows as integers."""
    window = 0
    for age in range(code.history + 1):
        window |= (words[time - age] if time >= age else 0) << age * code.inputs
    return (code.rows[output] & window).bit_count() % 2


@pytest.mark.parametrize("history", [0, 1, 2])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_no_row_is_zero_and_none_is_repeated(history, seed):
    code = XorCode(inputs=8, outputs=80, history=history, seed=seed)
    assert len(set(code.rows)) == 80
    assert all(0 < row < 1 << 8 * (history + 1) for row in code.rows)


def test_every_parity_that_there_is_can_be_a_row():
    assert sorted(XorCode(inputs=2, outputs=15, history=1).rows) == list(range(1, 16))


def test_the_matrix_of_a_seed_stays_what_it_was():
    # a stored model is worthless once these change
    assert XorCode(inputs=8, outputs=4, history=1, seed=7).rows == ROWS_OF_SEED_7
    assert XorCode(inputs=8, outputs=4, history=1, seed=8).rows != ROWS_OF_SEED_7


@settings(deadline=None)
@given(some.integers(1, 4), some.integers(0, 3), some.integers(2, 9), some.data())
def test_an_output_bit_is_the_parity_that_its_row_names(inputs, history, outputs, data):
    outputs = min(outputs, (1 << inputs * (history + 1)) - 1)
    code = XorCode(inputs=inputs, outputs=outputs, history=history)
    words = data.draw(some.lists(some.integers(0, (1 << inputs) - 1), max_size=6))
    decoded = xor_decode(code, np.array(words, np.int64))
    expected = [[parity_of(code, words, t, j) for j in range(outputs)] for t in range(len(words))]
    assert decoded.tolist() == expected


@pytest.mark.parametrize(
    ("inputs", "outputs", "history"),
    [(2, 3, 0), (2, 5, 1), (2, 6, 2), (1, 5, 2), (1, 7, 4), (3, 8, 1), (4, 15, 0)],
)
def test_no_sequence_of_codes_is_better_than_the_encoders(inputs, outputs, history):
    code = XorCode(inputs=inputs, outputs=outputs, history=history)
    random = np.random.default_rng(inputs + 10 * history)
    for trial in range(4):
        length = (1, 2, 4, 4)[trial]
        bits = random.integers(0, 2, (length, outputs))
        mask = random.integers(0, 2, (length, outputs))
        wrong = min(
            int(((xor_decode(code, np.array(words)) ^ bits) & mask).sum())
            for words in product(range(1 << inputs), repeat=length)
        )
        assert len(xor_encode(code, bits, mask).corrections) == wrong


@settings(max_examples=40, deadline=None)
@given(some.integers(1, 6), some.integers(0, 2), some.integers(1, 12), some.data())
def test_decoded_and_corrected_bits_are_the_weights_where_the_mask_says_so(
    inputs, history, length, data
):
    outputs = data.draw(some.integers(2, 100))
    outputs = min(outputs, (1 << inputs * (history + 1)) - 1)
    code = XorCode(inputs=inputs, outputs=outputs, history=history, seed=5)
    random = np.random.default_rng(data.draw(some.integers(0, 2**32)))
    bits = random.integers(0, 2, (length, outputs))
    mask = (random.random((length, outputs)) < data.draw(some.floats(0, 1))).astype(int)
    encoded = xor_encode(code, bits, mask)
    restored = apply_corrections(xor_decode(code, encoded.words), encoded.corrections)
    assert (restored & mask).tolist() == (bits & mask).tolist()
    assert encoded.wanted == mask.sum()


def test_words_of_several_machine_words_are_encoded():
    code = XorCode(inputs=4, outputs=150, history=1)
    words = np.random.default_rng(1).integers(0, 16, 20)
    encoded = xor_encode(code, xor_decode(code, words).ravel())
    assert encoded.efficiency == 1.0
    assert encoded.words.tolist() == words.tolist()


@pytest.mark.parametrize(
    ("inputs", "outputs", "history"), [(8, 32, 1), (8, 20, 0), (4, 60, 1), (3, 12, 2), (10, 90, 1)]
)
def test_segments_of_any_length_are_encoded_together_as_they_are_alone(inputs, outputs, history):
    code, random = XorCode(inputs=inputs, outputs=outputs, history=history), _random()
    segments = []
    for length in (3, 20, 0, 20, 7):
        bits = random.integers(0, 2, (length, outputs))
        # few bits that matter in some words, all in others
        mask = random.random(bits.shape) < random.choice([0.1, 0.3, 1], (length, 1))
        segments.append((bits, mask))
    together = list(xor_encode_all(code, segments))
    assert len(together) == len(segments)
    for (bits, mask), each in zip(segments, together, strict=True):
        alone = xor_encode(code, bits, mask)
        assert each.words.tolist() == alone.words.tolist()
        assert each.corrections.tolist() == alone.corrections.tolist()


def _random():
    return np.random.default_rng(5)


def test_of_codes_that_are_as_good_the_encoder_takes_those_that_it_always_took():
    # a container stays the same byte by byte
    random, segments = _random(), []
    for _ in range(4):
        bits = random.integers(0, 2, (64, 40))
        segments.append((bits, random.random(bits.shape) < 0.2))
    words = [each.words for each in xor_encode_all(XorCode(outputs=40), segments)]
    digest = hashlib.sha256(np.concatenate(words).astype("<u8").tobytes()).hexdigest()
    assert digest == "dfb16df6718e28b7ba26fc77268346839a7fa1a1cf3dcdce403a1902a7834181"


def test_nothing_to_encode_gives_nothing():
    encoded = xor_encode(XorCode(), np.zeros(0, int))
    assert len(encoded.words) == len(encoded.corrections) == 0
    assert encoded.efficiency == 1.0


def test_corrections_before_a_code_and_its_mask_reach_its_word_only():
    code = XorCode(inputs=3, outputs=6, history=1)
    plain = xor_decode(code, np.array([5, 2]))
    ones = np.ones((5, 6), int)
    decoded = xor_decode_tokens(
        code, [5, 4, 0, 7, 2], [1, 0, 0, 0, 0], [0, 1, 1, 1, 0], ones * [[1], [0], [0], [0], [1]]
    )
    assert (decoded ^ plain).tolist() == [[0] * 6, [1, 0, 0, 0, 1, 0]]
    halves = ones * [1, 0, 1, 0, 1, 0]
    decoded = xor_decode_tokens(code, [5, 4, 0, 7, 2], [1, 0, 0, 0, 0], [0, 1, 1, 1, 0], halves)
    assert not decoded[:, 1::2].any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": 0}, "inputs must be an integer from 1 to 12, not 0"),
        ({"inputs": 8.0}, "inputs must be an integer from 1 to 12, not 8.0"),
        ({"history": 3}, "history must be an integer from 0 to 2, not 3"),
        ({"inputs": 2, "outputs": 16}, "outputs must be an integer from 2 to 15, not 16"),
        ({"seed": -1}, "seed must be an integer from 0 to 4294967295, not -1"),
    ],
)
def test_a_code_that_cannot_be_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        XorCode(**options)


@pytest.mark.parametrize(
    ("bits", "mask", "message"),
    [
        (np.full(80, 2), None, "bits must be zeros and ones"),
        (np.zeros(80), None, "bits must be zeros and ones"),
        (np.zeros(81, int), None, "bits must fill words of 80 bits, and 81 do not"),
        (np.zeros((2, 40), int), None, "bits must be flat or have 80 columns"),
        (np.zeros(80, int), np.ones(160, int), "mask must have 1 words like bits, not 2"),
    ],
)
def test_weights_that_cannot_be_encoded_are_refused(bits, mask, message):
    with pytest.raises(UsageError, match=message):
        xor_encode(XorCode(), bits, mask)


@pytest.mark.parametrize(
    ("corrections", "message"),
    [([160], "below 160, not 160"), ([-1], "below 160, not -1"), ([3, 3], "every bit once")],
)
def test_corrupt_corrections_are_refused(corrections, message):
    with pytest.raises(UsageError, match=message):
        apply_corrections(np.zeros((2, 80), np.uint8), corrections)


@pytest.mark.parametrize("words", [[256], [-1], [0.5], [[1]]])
def test_corrupt_codes_are_refused(words):
    with pytest.raises(UsageError, match="code"):
        xor_decode(XorCode(), np.array(words))
