"""Symmetric matrices in bands against whole ones."""

import numpy as np
import pytest
from ml_dtypes import bfloat16, float8_e4m3fn
from safetensors.numpy import save_file

from hwgen.errors import UsageError
from hwgen.quant.rotation import hadamard
from hwgen.quant.symmetric import BAND, StoredMatrix, SymmetricMatrix
from hwgen.quant.tensor_file import open_safetensors, read_tensor, stored_at, write_tensors

# of one band, of exactly two, and of three with a short one
SIZES = (5, 2 * BAND, 2 * BAND + 88)


def moment(size):
    inputs = np.random.default_rng(size).normal(size=(2 * size, size))
    return inputs.T @ inputs / len(inputs)


@pytest.mark.parametrize("size", SIZES)
def test_products_and_rows_are_those_of_the_whole_matrix(size):
    whole, random = moment(size), np.random.default_rng(1)
    made = SymmetricMatrix.of(whole)
    np.testing.assert_array_equal(np.concatenate(list(made.rows())), whole)
    np.testing.assert_array_equal(made.diagonal(), np.diagonal(whole))
    vectors = random.normal(size=(7, size))
    assert made.square(vectors) == pytest.approx(np.trace(vectors @ whole @ vectors.T), rel=1e-12)
    made.add_products(vectors)
    made.add_to_diagonal(3)
    made.divide(2)
    wanted = (whole + vectors.T @ vectors + 3 * np.eye(size)) / 2
    np.testing.assert_allclose(np.concatenate(list(made.rows())), wanted, atol=1e-12)
    # the array that it was made of is as it was
    np.testing.assert_array_equal(whole, moment(size))


@pytest.mark.parametrize("size", SIZES)
def test_the_factor_and_its_inverse_are_triangular_and_give_the_matrix(size):
    whole = moment(size) + np.eye(size)
    factor = SymmetricMatrix.of(whole).factored()
    upper = factor.times(np.eye(size))
    np.testing.assert_array_equal(upper, np.triu(upper))
    np.testing.assert_allclose(upper @ upper.T, whole, atol=1e-12)
    other = np.random.default_rng(2).normal(size=(size, 3))
    np.testing.assert_allclose(factor.transposed_times(other), upper.T @ other, atol=1e-11)
    inverse = factor.inverted()
    np.testing.assert_allclose(inverse.times(upper), np.eye(size), atol=1e-11)
    whole_inverse = inverse.times(np.eye(size))
    for start, stop in ((0, 5), (size - 3, size), (size // 2 - 1, size - 1)):
        np.testing.assert_array_equal(inverse.part(start, stop), whole_inverse[start:stop, start:])


def test_rotating_both_sides_is_two_products():
    whole = moment(BAND + 64)
    made = SymmetricMatrix.of(whole)
    made.rotate(64)
    turn = np.kron(np.eye(len(whole) // 64), hadamard(64) / 8)
    wanted = turn @ whole @ turn
    np.testing.assert_allclose(np.concatenate(list(made.rows())), wanted, atol=1e-13)


@pytest.mark.parametrize("place", [(0, 1), (3, 300), (300, 3), (599, 0)])
def test_a_difference_of_both_triangles_is_found_in_any_band(place):
    whole = moment(600)
    whole[place] += 1e-4
    with pytest.raises(UsageError, match="must be symmetric"):
        SymmetricMatrix.of(whole)
    whole[place] = np.inf
    with pytest.raises(UsageError, match="must be finite"):
        SymmetricMatrix.of(whole)


TENSORS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "bytes": np.arange(3, dtype=np.uint8),
    "flags": np.array([True, False]),
    "big": np.arange(4, dtype=">i4"),
    "brain": np.ones((2, 2), bfloat16),
    "tiny": np.ones(5, float8_e4m3fn),
    "empty": np.zeros((0, 3), np.float16),
    "one": np.array(2.5),
    "long": np.arange(300_000, dtype=np.uint64).reshape(3, -1),
}


def test_written_tensors_are_read_by_the_library_of_the_format(tmp_path):
    write_tensors(tmp_path / "made", TENSORS, {"key": "ä"})
    with open_safetensors(tmp_path / "made") as file:
        assert file.metadata() == {"key": "ä"}
        assert set(file.keys()) == set(TENSORS)
        for name, wanted in TENSORS.items():
            found = read_tensor(tmp_path / "made", name)
            assert found.dtype == wanted.dtype.newbyteorder("=")
            np.testing.assert_array_equal(found, wanted)
            # NumPy has no name for the types of eight bits that the library asks it for
            if wanted.dtype != float8_e4m3fn:
                np.testing.assert_array_equal(file.get_tensor(name), wanted)
    with pytest.raises(UsageError, match="tensor 'x' must have a type of safetensors, not <U1"):
        write_tensors(tmp_path / "other", {"x": np.array(["x"])})
    assert not (tmp_path / "other").exists()


def test_a_stored_matrix_has_the_rows_of_its_file(tmp_path):
    matrix = np.random.default_rng(1).normal(size=(9, 9))
    save_file({"x": np.ones(7), "m": matrix}, tmp_path / "f")
    stored = StoredMatrix(tmp_path / "f", *stored_at(tmp_path / "f", "m"))
    np.testing.assert_array_equal(stored[3:7], matrix[3:7])
    np.testing.assert_array_equal(stored[4:4], matrix[4:4])
    np.testing.assert_array_equal(np.asarray(stored), matrix)
    with open(tmp_path / "f", "r+b") as file:
        file.truncate(200)
    with pytest.raises(UsageError, match="became shorter"):
        stored[8:9]
