"""Golden model of ``bitmod-array`` against matrix products of a weight format's own values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.weights import parse_weight_format
from hwgen.golden.bitmod_array import bitmod_array
from hwgen.golden.codebook_dot import weight_integers

LANES = 4


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(["bitmod-fp3", "bitmod-fp4", "nf4", "int4", "olive4"]),
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
    tiles=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_sums_times_the_rows_scales_are_products_with_the_formats_values(
    name, rows, columns, tiles, seed
):
    random = np.random.default_rng(seed)
    groups, group = 2, 8
    form = parse_weight_format(f"group-{name}-uint8/{group}")
    shape = (tiles * columns, groups * group)
    arrays = {
        key: random.integers(0, min(largest, 1 << 22) + 1, size).astype(dtype)
        for key, (dtype, size, largest) in form.array_limits(shape).items()
    }
    # the scale of a row is 1: sums are exact in float64
    arrays["row_scales"] = np.full(shape[0], 0x3F800000, np.uint32)
    vectors = random.integers(-128, 128, (rows, shape[1]))
    values = form.dequantize(arrays, shape).astype(np.float64) / 2.0**form.codebook.lsb_exponent
    beats, per_group = groups * group // LANES, group // LANES

    def by_token(array, *inner):
        """Split rows of the matrix into tiles of columns; tokens come before columns."""
        parts = array.reshape(tiles, columns, -1, *inner)
        return np.moveaxis(parts, 1, 2).reshape(-1, columns, *inner)

    codes = by_token(arrays["codes"].reshape(shape[0], beats, LANES), LANES)
    selector = arrays.get("selectors")
    if selector is not None:
        selector = by_token(np.repeat(selector.reshape(shape[0], groups), per_group, axis=1))
    integers = weight_integers(
        codes.reshape(-1, LANES), form.codebook, None if selector is None else selector.ravel()
    )
    scale = by_token(np.repeat(arrays["scales"].reshape(shape[0], groups), per_group, axis=1))
    x = np.moveaxis(vectors.reshape(rows, beats, LANES), 0, 1)
    count = beats * (1 + tiles)
    load = np.arange(count) < beats
    found = bitmod_array(
        np.concatenate([x, np.zeros((count - beats, rows, LANES), int)]),
        np.concatenate([np.zeros((beats, columns, LANES), int), integers.reshape(codes.shape)]),
        load,
        ~load,
        beats=beats,
        group_beats=per_group,
        tiles=tiles,
        scale=np.concatenate([np.zeros((beats, columns), int), scale]),
    )
    expected = vectors @ values.T
    assert found.shape == (tiles, rows, columns)
    np.testing.assert_array_equal(np.concatenate(list(found), axis=1), expected)


@pytest.mark.parametrize(("tokens", "sums"), [(3, []), (4, [[[2 * 3 * 4 * 7 * 2]]])])
def test_by_hand_one_unit_gives_scale_times_the_sum_when_the_last_weights_are_in(tokens, sums):
    x = np.full((tokens, 1, LANES), 2)
    integers = np.full((tokens, 1, LANES), 3)
    load = np.array([1, 1, 0, 0])[:tokens]
    found = bitmod_array(
        x, integers, load, 1 - load, beats=2, group_beats=2, tiles=1, scale=np.full((tokens, 1), 7)
    )
    assert found.tolist() == sums
