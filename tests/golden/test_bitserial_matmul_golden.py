"""The golden model of bit-plane products against NumPy's products of plain integers."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.formats.bit_planes import Operand, plane_words, product_matrix, product_tokens
from hwgen.golden.bitserial_matmul import decode, product_stream

KINDS = ("unsigned", "signed", "bipolar")


def all_values(operand):
    """Return every value of an operand, from its definition."""
    if operand.encoding == "bipolar":
        signs = product((-1, 1), repeat=operand.bits)
        return np.array(sorted(sum(s << i for i, s in enumerate(each)) for each in signs))
    low, high = operand.bounds
    return np.arange(low, high + 1)


def through_tokens(left, right, operands, tiling):
    """Return the product that the golden model makes of the tokens of two matrices."""
    tokens = product_tokens(left, right, *operands, tiling)
    sizes = {name: getattr(tiling, name) for name in ("rows", "columns", "k", "words")}
    rows = product_stream(tokens, **sizes)
    return product_matrix(rows, (left.shape[0], right.shape[1]), tiling)


SMALL = SimpleNamespace(rows=2, columns=2, k=4, words=2, buffer=64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", range(1, 9))
def test_every_code_means_what_its_digits_add_up_to(kind, bits):
    operand = Operand(kind, bits)
    values = all_values(operand)
    assert len(set(values.tolist())) == 1 << bits
    codes = operand.codes(values)
    assert sorted(codes.tolist()) == list(range(1 << bits))
    planes = codes >> np.arange(bits)[:, None] & 1
    np.testing.assert_array_equal(decode(planes, kind), values)


def test_ternary_planes_are_what_is_not_zero_and_what_is_negative():
    codes = Operand("ternary", 2).codes([-1, 0, 1])
    assert (codes & 1).tolist() == [1, 0, 1]
    assert (codes >> 1).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    "kinds",
    [each for each in product(KINDS, repeat=2) if each[1] != "bipolar"] + [("bipolar", "bipolar")],
)
@pytest.mark.parametrize("bits", [(1, 1), (1, 3), (2, 2), (3, 2)])
def test_every_pair_of_values_is_multiplied(kinds, bits):
    operands = [Operand(*each) for each in zip(kinds, bits, strict=True)]
    left, right = (all_values(each) for each in operands)
    found = through_tokens(left[:, None], right[None, :], operands, SMALL)
    np.testing.assert_array_equal(found, np.outer(left, right))


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 20), st.integers(1, 7)),
    kinds=st.sampled_from(
        [
            (a, b)
            for a in (*KINDS, "ternary")
            for b in (*KINDS, "ternary")
            if b != "bipolar" or a == "bipolar"
        ]
    ),
    bits=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
    words=st.integers(1, 2),
    k=st.sampled_from([4, 7, 66]),
)
def test_tokens_give_numpys_product(seed, shape, kinds, bits, rows, columns, words, k):
    tiling = SimpleNamespace(
        rows=rows * words, columns=columns * words, k=k, words=words, buffer=64
    )
    operands = [
        Operand(kind, 2 if kind == "ternary" else width)
        for kind, width in zip(kinds, bits, strict=True)
    ]
    random = np.random.default_rng(seed)
    left = random.choice(all_values(operands[0]), shape[:2])
    right = random.choice(all_values(operands[1]), shape[1:])
    np.testing.assert_array_equal(through_tokens(left, right, operands, tiling), left @ right)


def test_a_plane_lies_in_words_from_the_first_element_up():
    words = plane_words([[1, 2, 3, 0, 1]], 2, 4)
    assert words.tolist() == [[[0b0101, 0b1], [0b0110, 0]]]


def test_tokens_outside_of_products_are_nothing_and_marks_inside_are_not_seen():
    operands = [Operand("signed", 3), Operand("unsigned", 2)]
    random = np.random.default_rng(2)
    left, right = random.integers(-4, 4, (3, 6)), random.integers(0, 4, (6, 3))
    tokens = product_tokens(left, right, *operands, SMALL)
    tokens["start"][1:] = random.integers(0, 2, len(tokens["start"]) - 1)
    noise = {name: np.ones_like(each[:3]) for name, each in tokens.items()}
    noise["start"][:] = 0
    stream = {
        name: np.concatenate([noise[name], tokens[name], noise[name], tokens[name], noise[name]])
        for name in tokens
    }
    rows = product_stream(stream, rows=2, columns=2, k=4, words=2)
    once = product_stream(tokens, rows=2, columns=2, k=4, words=2)
    np.testing.assert_array_equal(rows, np.concatenate([once, once]))
    np.testing.assert_array_equal(product_matrix(once, (3, 3), SMALL), left @ right)


@pytest.mark.parametrize("cut", [1, 5, 12, 19])
def test_a_sequence_that_ends_early_gives_the_tiles_that_are_complete(cut):
    operands = [Operand("signed", 2), Operand("signed", 2)]
    random = np.random.default_rng(3)
    left, right = random.integers(-2, 2, (4, 8)), random.integers(-2, 2, (8, 4))
    tokens = product_tokens(left, right, *operands, SMALL)
    whole = product_stream(tokens, rows=2, columns=2, k=4, words=2)
    part = product_stream(
        {name: each[:-cut] for name, each in tokens.items()}, rows=2, columns=2, k=4, words=2
    )
    # a left tile is 4 tokens, a right tile as well
    lost = -(-cut // 4) - (cut > 8)
    assert len(part) == len(whole) - 2 * lost
    np.testing.assert_array_equal(part, whole[: len(part)])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: Operand("octal", 3), "encoding must be one of unsigned, .* not 'octal'"),
        (lambda: Operand("signed", 9), "bits must be 1 to 8 for signed, not 9"),
        (lambda: Operand("ternary", 3), "bits must be 2 for ternary, not 3"),
        (lambda: Operand("signed", 3).codes([4]), "from -4 to 3 for signed .* 3 bits, not 4"),
        (lambda: Operand("bipolar", 2).codes([1, 2]), "odd and from -3 to 3 .* not 2"),
        (
            lambda: product_tokens(
                np.ones((2, 4)), np.ones((5, 2)), Operand("signed", 2), Operand("signed", 2), SMALL
            ),
            r"shapes \(m, k\) and \(k, n\), not \(2, 4\) and \(5, 2\)",
        ),
        (
            lambda: product_tokens(
                np.ones((1, 99)),
                np.ones((99, 1)),
                Operand("signed", 4),
                Operand("signed", 2),
                SMALL,
            ),
            "k must be at most 64 with 4 planes, not 99",
        ),
        (
            lambda: product_tokens(
                np.ones((1, 4)), np.ones((4, 1)), Operand("signed", 2), Operand("bipolar", 1), SMALL
            ),
            "left must be bipolar where right is, not 'signed'; transpose the product",
        ),
    ],
)
def test_what_cannot_be_coded_is_named(action, message):
    with pytest.raises(UsageError, match=message) as raised:
        action()
    assert "\n" not in str(raised.value)
