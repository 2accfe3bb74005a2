"""Low-rank corrections: two thin matrices beside the codes make up for most of what codes lose.

With R the weights less those of the codes, shape (outputs, inputs), and S a matrix that says how
much every input matters, the best rank-k part of ``R S`` gives ``R ~ out into``. What S is makes
the kinds: LQER (Zhang et al. 2024) and the two of QERA (Zhang et al. 2025, theorems 1 and 2).
"""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError, nearest

from .matrix import LowRank
from .methods import Method, parse_method

__all__ = ["KINDS", "Correction", "parse_correction"]

KINDS = {
    "svd": "least error of weights",
    "lqer": "inputs weighted by E|x|",
    "qera-approx": "inputs weighted by sqrt(E x^2): least output error if they did not correlate",
    "qera-exact": "by the square root of E[x x^T]: least output error",
}
# inputs, or directions of them, that are smaller than this share of the largest count as much
_SMALLEST = 1e-5


@dataclass(frozen=True)
class Correction:
    """How codes are corrected.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    rank : int
        Rows of ``into``; less where a matrix has fewer rows or columns.
    factors : Method
        Quantizer of both factors.
    """

    kind: str
    rank: int
    factors: Method

    @property
    def needs_statistics(self):
        """Whether inputs have to be known."""
        return self.kind != "svd"

    def low_rank(self, matrix, quantized, statistics=None):
        """Return the `LowRank` correction of a quantized matrix.

        Parameters
        ----------
        matrix : float array
            The original weights, shape (outputs, inputs).
        quantized : QuantizedMatrix
            What became of them.
        statistics : InputStatistics
            Of what they multiply.
        """
        if self.needs_statistics and statistics is None:
            raise UsageError(f"{self.kind} must have calibration data; give --calib")
        rest = np.asarray(matrix, np.float64) - quantized.weights()
        scaled, unscale = _scaling(self.kind, statistics)
        left, sizes, right = np.linalg.svd(scaled(rest), full_matrices=False)
        rank = min(self.rank, *matrix.shape)
        # half of each size on either side: errors of small parts stay small in both factors
        half = np.sqrt(sizes[:rank])
        into, out = unscale(half[:, None] * right[:rank]), left[:, :rank] * half
        return LowRank(
            self.kind,
            self.factors.quantize(into.astype(np.float32)),
            self.factors.quantize(out.astype(np.float32)),
        )


def _scaling(kind, statistics):
    """Return functions that multiply the columns' side of a matrix by S and by its inverse."""
    if kind == "svd":
        return (lambda matrix: matrix), (lambda matrix: matrix)
    if kind == "qera-exact":
        squares, vectors = np.linalg.eigh(statistics.second_moment)
        sizes = _usable(np.sqrt(np.maximum(squares, 0)))
        return (
            lambda matrix: (matrix @ vectors * sizes) @ vectors.T,
            lambda matrix: (matrix @ vectors / sizes) @ vectors.T,
        )
    sizes = statistics.mean_magnitude
    if kind == "qera-approx":
        sizes = np.sqrt(np.diagonal(statistics.second_moment))
    sizes = _usable(sizes)
    return (lambda matrix: matrix * sizes), (lambda matrix: matrix / sizes)


def _usable(sizes):
    largest = sizes.max()
    return np.maximum(sizes, _SMALLEST * largest) if largest > 0 else np.ones_like(sizes)


def parse_correction(kind, rank=32, factors="mxint8"):
    """Return the `Correction` of one of `KINDS`.

    Parameters
    ----------
    kind : str
    rank : int
        1 or more.
    factors : str
        Method by which the factors are quantized, as `parse_method` takes it.

    Raises
    ------
    UsageError
        An unknown kind, a rank below 1, or a method that rotates or needs statistics.
    """
    if kind not in KINDS:
        raise UsageError(
            f"correction must be one of {', '.join(KINDS)}, not {kind!r}{nearest(kind, KINDS)}"
        )
    if rank < 1:
        raise UsageError(f"rank must be at least 1, not {rank}")
    method = parse_method(factors)
    if method.compensates or method.rotation is not None:
        raise UsageError(f"factors must be quantized without rotation or gptq, not by {factors!r}")
    return Correction(kind, rank, method)
