"""The golden model of mx-matmul against matrix products in exact fractions."""

import dot_reference as reference
import numpy as np
import pytest
from exact_reference import NAN, power, value_of

from hwgen import formats
from hwgen.errors import UsageError
from hwgen.golden import default_accumulator_width, dot_general, guard_bits
from hwgen.golden.mx_matmul import output_stationary, weight_stationary

BF16, FP32 = (formats.parse(name) for name in ("bf16", "fp32"))
PAIRS = [
    ("mxfp4", "mxfp4"),
    ("mxint8", "mxint8"),
    ("mxfp8-e5m2", "mxfp8-e4m3"),
    ("mxint5", "mxfp6-e3m2"),
]


def block_formats(names, size):
    return tuple(formats.parse_block(f"{name}/{size}") for name in names)


def random_matrix(random, block_format, vectors, blocks):
    """Return codes, shape (vectors, blocks, k), and scales, shape (vectors, blocks)."""
    codes = random.integers(
        0, 2**block_format.element.width, (vectors, blocks, block_format.block_size)
    )
    return codes, random.integers(100, 150, (vectors, blocks))


def assert_rounds_to(code, value, kind, output=BF16):
    negative, magnitude = reference.rounded(value, kind, output, "nearest-even", "infinity")
    found_negative, found = value_of(output, code)
    assert found == magnitude
    if magnitude != NAN:
        assert found_negative == negative


def tokens_of_product(a, b, scale_a, scale_b):
    """Return the tokens of one product by the definition: one inner index after another."""
    rows, blocks, size = a.shape
    tokens = []
    for block in range(blocks):
        for element in range(size):
            tokens.append(
                {
                    "a": a[:, block, element],
                    "b": b[:, block, element],
                    "scale_a": scale_a[:, block] if element == size - 1 else np.full(rows, 255),
                    "scale_b": scale_b[:, block] if element == size - 1 else scale_b[:, 0] * 0,
                    "first": block == 0,
                    "last": block == blocks - 1,
                }
            )
    return tokens


def as_fields(tokens):
    return {name: np.array([each[name] for each in tokens]) for name in tokens[0]}


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
@pytest.mark.parametrize("lanes", [1, 2, 4])
def test_products_of_any_length_equal_matrix_products_in_fractions(names, lanes):
    pair = block_formats(names, 4)
    rows, columns, most = 4, 3, 5
    random = np.random.default_rng(1)
    products = []
    for blocks in (1, 3, 5, 2):
        a, scale_a = random_matrix(random, pair[0], rows, blocks)
        b, scale_b = random_matrix(random, pair[1], columns, blocks)
        products.append((a, b, scale_a, scale_b))
    fields = as_fields([token for each in products for token in tokens_of_product(*each)])
    shape = {"format_a": pair[0], "format_b": pair[1], "max_blocks": most}
    got = output_stationary(**fields, block_size=4, lanes=lanes, output=BF16, **shape)["result"]
    assert got.shape == (len(products) * rows * columns // lanes, lanes)
    width = default_accumulator_width(*pair, most)
    guard = guard_bits(*pair, most, width)
    got = got.reshape(len(products), rows // lanes, columns, lanes)
    for index, (a, b, scale_a, scale_b) in enumerate(products):
        for row in range(rows):
            for column in range(columns):
                blocks = [
                    reference.block(
                        *pair,
                        a[row, each].tolist(),
                        b[column, each].tolist(),
                        int(scale_a[row, each]),
                        int(scale_b[column, each]),
                    )
                    for each in range(a.shape[1])
                ]
                total, exponent = reference.accumulated(blocks, 16, guard, width)
                lane, place = divmod(row, rows // lanes)
                assert_rounds_to(
                    int(got[index, place, column, lane]),
                    total * power(exponent + reference.unit(*pair)),
                    reference.merge([kind for _, _, kind in blocks]),
                )


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_rows_meet_the_weights_that_were_complete_before_them(names):
    pair = block_formats(names, 3)
    rows, columns, tokens = 3, 4, 200
    random = np.random.default_rng(2)
    fields = {
        "a": random.integers(0, 2 ** pair[0].element.width, (tokens, rows)),
        "b": random.integers(0, 2 ** pair[1].element.width, (tokens, columns)),
        "scale_a": random.integers(100, 150, tokens),
        "scale_b": random.integers(100, 150, (tokens, columns)),
        "compute": random.random(tokens) < 0.6,
        "load": random.random(tokens) < 0.5,
    }
    got = weight_stationary(**fields, format_a=pair[0], format_b=pair[1], output=BF16)["result"]
    loading, weights, expected = [], None, []
    for token in range(tokens):
        if fields["compute"][token] and weights is not None:
            codes, scales = weights
            for column in range(columns):
                expected.append(
                    reference.block(
                        *pair,
                        fields["a"][token].tolist(),
                        [int(row[column]) for row in codes],
                        int(fields["scale_a"][token]),
                        int(scales[column]),
                    )
                )
        if fields["load"][token]:
            loading.append(fields["b"][token])
            if len(loading) == rows:
                weights, loading = (loading, fields["scale_b"][token]), []
    assert len(expected) == got.size > 100
    for code, (total, scale, kind) in zip(got.ravel().tolist(), expected, strict=True):
        assert_rounds_to(code, total * power(scale + reference.unit(*pair)), kind)


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_a_single_block_is_the_dot_product_of_mx_dot(names):
    pair = block_formats(names, 32)
    random = np.random.default_rng(3)
    a, scale_a = random_matrix(random, pair[0], 4, 1)
    b, scale_b = random_matrix(random, pair[1], 4, 1)
    options = {"format_a": pair[0], "format_b": pair[1], "output": FP32}
    fields = as_fields(tokens_of_product(a, b, scale_a, scale_b))
    got = output_stationary(**fields, block_size=32, lanes=4, **options)["result"]
    for row in range(4):
        alone = dot_general(
            np.repeat(a[row], 4, axis=0),
            b[:, 0],
            np.repeat(scale_a[row], 4),
            scale_b[:, 0],
            **options,
        )
        assert got[:, row].tolist() == alone["result"].tolist()


def pass_tokens(random, pair, a, scale_a, b, scale_b, marks):
    """Return the tokens that load the weights of one block, and then those that use them."""
    rows, columns = a.shape[1], b.shape[1]
    idle = {
        "a": np.zeros(rows, int),
        "b": random.integers(0, 2 ** pair[1].element.width, columns),
        "scale_a": 255,
        "scale_b": np.full(columns, 255),
        "compute": False,
        "load": False,
        "first": random.random() < 0.5,
        "last": random.random() < 0.5,
    }
    tokens = [{**idle, "b": row, "scale_b": scale_b, "load": True} for row in b]
    for row, scale, (first, last) in zip(a, scale_a, marks, strict=True):
        use = {"a": row, "scale_a": scale, "compute": True, "first": first, "last": last}
        tokens.append({**idle, **use})
    return tokens


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_products_pass_by_pass_equal_matrix_products_in_fractions(names):
    pair = block_formats(names, 3)
    columns, most = 2, 4
    random = np.random.default_rng(4)
    width = default_accumulator_width(*pair, most)
    guard = guard_bits(*pair, most, width)
    tokens, expected = [], []
    for rows, blocks in ((5, 4), (1, 3), (4, 1), (2, 2)):
        a, scale_a = random_matrix(random, pair[0], rows, blocks)
        b, scale_b = random_matrix(random, pair[1], columns, blocks)
        for block in range(blocks):
            operands = a[:, block], scale_a[:, block], b[:, block].T, scale_b[:, block]
            marks = [(block == 0, block == blocks - 1)] * rows
            tokens += pass_tokens(random, pair, *operands, marks)
        for row, column in np.ndindex(rows, columns):
            parts = [
                reference.block(
                    *pair,
                    a[row, each].tolist(),
                    b[column, each].tolist(),
                    int(scale_a[row, each]),
                    int(scale_b[column, each]),
                )
                for each in range(blocks)
            ]
            total, exponent = reference.accumulated(parts, 16, guard, width)
            kind = reference.merge([each for _, _, each in parts])
            expected.append((total * power(exponent + reference.unit(*pair)), kind))
    shape = {"format_a": pair[0], "format_b": pair[1], "max_blocks": most}
    fields = as_fields(tokens)
    got = weight_stationary(**fields, accumulators=5, output=BF16, **shape)["result"]
    assert got.shape == (12, columns)
    for code, (value, kind) in zip(got.ravel().tolist(), expected, strict=True):
        assert_rounds_to(code, value, kind)


def test_more_rows_than_accumulators_share_them_in_turn():
    pair = block_formats(PAIRS[0], size := 2)
    random = np.random.default_rng(5)
    a, scale_a = random_matrix(random, pair[0], 4, 1)
    b, scale_b = random_matrix(random, pair[1], 3, 1)
    # rows 0 and 2 are two blocks of one sum, rows 1 and 3 of another
    marks = [(True, False), (True, False), (False, True), (False, True)]
    tokens = pass_tokens(random, pair, a[:, 0], scale_a[:, 0], b[:, 0].T, scale_b[:, 0], marks)
    options = {"format_a": pair[0], "format_b": pair[1], "output": FP32, "max_blocks": 2}
    got = weight_stationary(**as_fields(tokens), accumulators=2, **options)["result"]
    for row, column in np.ndindex(2, 3):
        alone = dot_general(
            a[[row, row + 2], 0].reshape(-1, size),
            b[[column, column], 0],
            scale_a[[row, row + 2], 0],
            scale_b[[column, column], 0],
            [1, 0],
            [0, 1],
            **options,
        )
        assert got[row, column] == alone["result"][0]


def test_a_row_that_nothing_began_is_refused():
    pair = block_formats(PAIRS[0], 1)
    random = np.random.default_rng(6)
    a, scale_a = random_matrix(random, pair[0], 2, 1)
    b, scale_b = random_matrix(random, pair[1], 1, 1)
    marks = [(True, True), (False, True)]
    tokens = pass_tokens(random, pair, a[:, 0], scale_a[:, 0], b[:, 0].T, scale_b[:, 0], marks)
    options = {"format_a": pair[0], "format_b": pair[1], "max_blocks": 2}
    with pytest.raises(UsageError, match="first must be 1 in the first block of accumulator 1"):
        weight_stationary(**as_fields(tokens), accumulators=2, **options)
