"""The golden model of table-lookup products against weights that are written out one by one."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import formats
from hwgen.errors import UsageError
from hwgen.formats.binary_coding import binary_planes, uniform_coefficients
from hwgen.golden.held_tiles import HeldTiles
from hwgen.golden.lut_gemm import lut_gemm, product_stream

INT8 = formats.parse("int8")


def test_a_product_worked_out_by_hand():
    # weights 3 - 1 + 5, -3 + 1 + 5 and 3 + 1 - 2, -3 - 1 - 2 of the two groups
    planes = [[[1, -1, 1, -1]], [[-1, 1, 1, -1]]]
    alpha, bias = [[[3], [1]], [[3], [1]]], [[5], [-2]]
    assert lut_gemm([1, 10, 100, -100], planes, alpha, bias).tolist() == [7 + 30 + 200 + 600]
    assert lut_gemm([1, 10, 100, -100], planes, alpha).tolist() == [2 - 20 + 400 + 400]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 4),
    groups=st.integers(1, 3),
    width=st.integers(1, 5),
    bits=st.integers(1, 4),
)
def test_uniform_integers_give_the_product_of_the_scaled_matrix(seed, rows, groups, width, bits):
    random = np.random.default_rng(seed)
    columns = groups * width
    x = random.integers(-128, 128, columns)
    codes = random.integers(0, 1 << bits, (rows, columns))
    zeros = random.integers(-3, (1 << bits) + 3, (groups, rows))
    result = lut_gemm(x, binary_planes(codes, bits), *uniform_coefficients(zeros, bits))
    for row in range(rows):
        wanted = sum(
            Fraction(int(x[k])) * int(codes[row, k] - zeros[k // width, row])
            for k in range(columns)
        )
        assert Fraction(result[row], 2) == wanted


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(UsageError, match=r"x, planes and alpha must .* not \(3,\), \(1, 1, 4\)"):
        lut_gemm([1, 2, 3], np.ones((1, 1, 4)), np.ones((1, 1, 1)))


def test_two_tiles_are_held_and_no_weights_are_taken_before_the_first_is_complete():
    tiles = HeldTiles(loads=2, uses=2)
    given = [(1, 1), (1, 1), (1, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 0), (0, 1), (0, 1), (0, 1)]
    taken = [(1, 0), (1, 0), (1, 0), (1, 0), (0, 0), (0, 1), (0, 1), (1, 0), (0, 1), (0, 1), (0, 0)]
    assert [tiles.take(*each) for each in given] == [(bool(a), bool(b)) for a, b in taken]


SIZES = {"columns": 4, "rows": 3, "planes": 2, "lanes": 2}


def stream_of_products(count, seed):
    """Return tokens that load and compute by turns, and the operands of every product."""
    random = np.random.default_rng(seed)
    columns, rows, planes, lanes = SIZES.values()
    tokens = {name: [] for name in ("x", "weights", "alpha", "bias", "load", "compute")}
    operands = []
    for _ in range(count):
        x = random.integers(-128, 128, columns)
        signs = random.choice([-1, 1], (planes, rows, columns))
        alpha = random.integers(0, 256, (columns // lanes, planes, rows))
        bias = random.integers(-9, 9, (columns // lanes, rows))
        operands.append((x, signs, alpha, bias))
        for tile in range(columns // lanes):
            part = slice(tile * lanes, (tile + 1) * lanes)
            for value in x[part]:
                _token(tokens, x=value, load=1)
            for plane in range(planes):
                for row in range(rows):
                    of_token = bias[tile, row] if plane == 0 else random.integers(-9, 9)
                    bits = (signs[plane, row, part] + 1) // 2
                    _token(
                        tokens,
                        weights=bits,
                        alpha=alpha[tile, plane, row],
                        bias=of_token,
                        compute=1,
                    )
    arrays = {name: np.array(each) for name, each in tokens.items()}
    arrays["x"] = arrays["x"].astype(np.uint64) & np.uint64(255)
    return arrays, operands


def _token(tokens, **fields):
    for name, values in tokens.items():
        values.append(fields.get(name, np.zeros(SIZES["lanes"], int) if name == "weights" else 0))


def test_tokens_hold_tiles_then_planes_then_rows():
    tokens, operands = stream_of_products(5, 1)
    results = product_stream(**tokens, **SIZES, format_x=INT8)
    wanted = np.concatenate([lut_gemm(*each) for each in operands])
    assert results.tolist() == wanted.tolist()


def test_without_biases_the_tokens_give_the_sums_of_the_planes():
    tokens, operands = stream_of_products(3, 2)
    del tokens["bias"]
    results = product_stream(**tokens, **SIZES, format_x=INT8)
    assert results.tolist() == [y for each in operands for y in lut_gemm(*each[:3])]


@pytest.mark.parametrize("cut", range(1, 17))
def test_a_sequence_that_ends_early_gives_the_rows_that_are_done(cut):
    tokens, operands = stream_of_products(2, 3)
    wanted = [y for each in operands for y in lut_gemm(*each)]
    cut_tokens = {name: each[:-cut] for name, each in tokens.items()}
    results = product_stream(**cut_tokens, **SIZES, format_x=INT8)
    assert results.tolist() == wanted[: len(wanted) - min(3, cut)]
