"""Hadamard rotation of weights: outliers spread over their block before they are quantized."""

import numpy as np

from hwgen.errors import UsageError

__all__ = ["hadamard", "rotated", "turned"]

# rows that are rotated at a time
_ROWS = 64


def hadamard(size):
    """Return the Hadamard matrix of a power of two (Sylvester), entries +1 and -1, int8."""
    if size < 1 or size & (size - 1):
        raise UsageError(f"rotation must be over a power of two, not {size}")
    matrix = np.ones((1, 1), np.int8)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def rotated(matrix, size):
    """Return ``matrix`` times a block-diagonal orthonormal Hadamard matrix, as float32.

    The rotation is its own inverse. What multiplies the weights has to be rotated likewise.

    Parameters
    ----------
    matrix : float array
        Shape (rows, columns).
    size : int
        Columns of a block, a power of two that divides the columns.
    """
    if matrix.shape[1] % size:
        raise UsageError(
            f"rotation must divide the {matrix.shape[1]} columns of the matrix, and {size} "
            "does not; choose a smaller power of two"
        )
    found = np.empty(matrix.shape, np.float32)
    for start in range(0, len(matrix), _ROWS):
        found[start : start + _ROWS] = turned(matrix[start : start + _ROWS], size)
    return found


def turned(matrix, size):
    """Return `rotated` of a few rows in float64."""
    blocks = np.asarray(matrix, np.float64).reshape(len(matrix), -1, size)
    return (blocks @ (hadamard(size) / np.sqrt(size))).reshape(matrix.shape)
