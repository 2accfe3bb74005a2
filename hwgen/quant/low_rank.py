"""Low-rank corrections: two thin matrices beside the codes make up for most of what codes lose.

With R the weights less those of the codes, shape (outputs, inputs), and S a matrix that says how
much every input matters, the best rank-k part of ``R S`` gives ``R ~ out into``. What S is makes
the kinds: LQER (Zhang et al. 2024) and the two of QERA (Zhang et al. 2025, theorems 1 and 2).

With U the first k left singular vectors of ``R S``, that part times the inverse of S is ``U U^T R``
(as ``U U^T R S`` is the best part itself), so no inverse is needed, and of S only ``S S^T`` counts.
U comes from the eigenvectors of the smaller one of ``R S (R S)^T`` and ``(R S)^T R S``.
"""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError, nearest

from .matrix import LowRank
from .methods import Method, parse_method
from .symmetric import upper_bands

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
        rank = min(self.rank, *matrix.shape)
        weighting = _weighting(self.kind, statistics)
        vectors = _vectors_by_outputs if matrix.shape[0] <= matrix.shape[1] else _vectors_by_inputs
        left, sizes = vectors(matrix, quantized, weighting, rank)
        right = sum(left[rows].T @ rest for rows, rest in _rest(matrix, quantized))
        # half of each size on either side: errors of small parts stay small in both factors
        half = np.sqrt(np.maximum(sizes, _SMALLEST * sizes.max())) if sizes.any() else 1.0
        return LowRank(
            self.kind,
            self.factors.quantize((right.T / half).T.astype(np.float32)),
            self.factors.quantize((left * half).astype(np.float32)),
        )


def _rest(matrix, quantized):
    """Yield (slice of rows, float64 weights less those of the codes)."""
    for rows, part, found in quantized.parts(matrix):
        yield rows, part - found


class _Diagonal:
    """A diagonal S.

    Parameters
    ----------
    sizes : float64 array or float
    """

    def __init__(self, sizes):
        self._sizes = sizes

    def weighted(self, rest):
        """Return ``R S S^T R^T``."""
        scaled = rest * self._sizes
        return scaled @ scaled.T

    def factor(self):
        return self

    def times(self, matrix):
        """Return ``S X``, X of shape (inputs, any)."""
        return (matrix.T * self._sizes).T

    transposed_times = times


class _Root:
    """S with ``S S^T = E[x x^T]``; directions that never occur count a little."""

    def __init__(self, statistics):
        self._statistics = statistics
        total = float(statistics.moment().diagonal().sum())
        self._least = _SMALLEST**2 * total if total > 0 else 1.0

    def weighted(self, rest):
        """Return ``R S S^T R^T``, with some rows of the moment in memory."""
        half = self._least / 2 * (rest @ rest.T)
        for start, stop, band in upper_bands(self._statistics.second_moment):
            own = rest[:, start:stop]
            right = own @ band[:, : stop - start].T / 2
            right += rest[:, stop:] @ band[:, stop - start :].T
            half += own @ right.T
        return half + half.T

    def factor(self):
        """Return a triangular S."""
        moment = self._statistics.moment()
        moment.add_to_diagonal(self._least)
        return moment.factored()


def _weighting(kind, statistics):
    """Return S of a kind."""
    if kind == "svd":
        return _Diagonal(1.0)
    if kind == "qera-exact":
        return _Root(statistics)
    sizes = statistics.mean_magnitude
    if kind == "qera-approx":
        sizes = np.sqrt(statistics.moment().diagonal())
    largest = sizes.max()
    usable = np.maximum(sizes, _SMALLEST * largest) if largest > 0 else np.ones_like(sizes)
    return _Diagonal(usable)


def _vectors_by_outputs(matrix, quantized, weighting, rank):
    """Return the left singular vectors of ``R S`` and their sizes, where outputs are fewer."""
    rest = np.empty(matrix.shape)
    for rows, part in _rest(matrix, quantized):
        rest[rows] = part
    gram = weighting.weighted(rest)
    del rest
    return _largest(gram, rank)


def _vectors_by_inputs(matrix, quantized, weighting, rank):
    """Return the same, where inputs are fewer."""
    factor = weighting.factor()
    gram = np.zeros((matrix.shape[1],) * 2)
    for _, part in _rest(matrix, quantized):
        gram += part.T @ part
    # S^T (S^T G)^T, as G is symmetric
    gram = factor.transposed_times(factor.transposed_times(gram).T)
    right, sizes = _largest(gram, rank)
    right = factor.times(right)
    left = np.concatenate([part @ right for _, part in _rest(matrix, quantized)])
    return np.linalg.qr(left)[0], sizes


def _largest(gram, rank):
    """Return the eigenvectors of the largest eigenvalues, and the roots of these."""
    squares, vectors = np.linalg.eigh(gram)
    sizes = np.sqrt(np.maximum(squares[::-1][:rank], 0))
    return vectors[:, ::-1][:, :rank].copy(), sizes


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
