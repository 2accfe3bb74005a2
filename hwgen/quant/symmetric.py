"""Symmetric matrices of float64 in half their memory: the upper triangle, band of rows by band.

Band b has rows ``BAND * b`` and on, and of those the columns from ``BAND * b`` on; what lies below
the diagonal within a band is there as well. Factors are made in their matrix's place.
"""

import numpy as np

from hwgen.errors import UsageError

from .rotation import turned

__all__ = ["BAND", "StoredMatrix", "SymmetricMatrix", "TriangularMatrix", "upper_bands"]

# rows of a band: a multiple of the largest rotation and of the columns of GPTQ's blocks
BAND = 128
# difference of both triangles, as a share of the largest entry, that rounding may leave
_ASYMMETRY = 1e-6


class StoredMatrix:
    """A float64 matrix in a file, whose rows are read when they are asked for.

    Parameters
    ----------
    path : path-like
    offset : int
        Byte of the file where the matrix begins; rows follow each other, little-endian.
    shape : tuple of int
    """

    dtype = np.dtype(np.float64)

    def __init__(self, path, offset, shape):
        self.shape = shape
        self._path, self._offset = path, offset

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """Return a slice of the rows, of step 1."""
        start, stop, _ = rows.indices(len(self))
        count, columns = max(0, stop - start), self.shape[1]
        place = self._offset + 8 * start * columns
        values = np.fromfile(self._path, "<f8", count * columns, offset=place)
        if values.size != count * columns:
            raise UsageError(f"{str(self._path)!r} became shorter while it was read")
        return values.reshape(count, columns).astype(np.float64, copy=False)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)


def upper_bands(matrix):
    """Yield (start, stop, rows from start to stop and their columns from start on).

    Parameters
    ----------
    matrix : float64 array or StoredMatrix
        Symmetric; only the upper triangle is used.
    """
    for start, stop in _spans(len(matrix)):
        yield start, stop, matrix[start:stop][:, start:]


def _spans(count):
    return [(start, min(start + BAND, count)) for start in range(0, count, BAND)]


class _Bands:
    """Upper bands of a square matrix: ``bands`` has one array of each."""

    def __init__(self, bands):
        self.bands = bands

    def __len__(self):
        return self.bands[0].shape[1]

    def _numbered(self):
        """Yield (start, stop, band)."""
        for (start, stop), band in zip(_spans(len(self)), self.bands, strict=True):
            yield start, stop, band


class SymmetricMatrix(_Bands):
    """A symmetric float64 matrix.

    Parameters
    ----------
    bands : list of float64 array
        As `upper_bands` yields them.
    """

    @classmethod
    def zeros(cls, count):
        """Return zeros of ``count`` rows and columns."""
        return cls([np.zeros((stop - start, count - start)) for start, stop in _spans(count)])

    @classmethod
    def of(cls, matrix):
        """Return a float64 array or `StoredMatrix`; a copy in any case.

        Raises ``UsageError`` where numbers are not finite or both triangles differ.
        """
        bands, largest, difference = [], 0.0, 0.0
        for start, stop in _spans(len(matrix)):
            rows = matrix[start:stop]
            if not np.isfinite(rows).all():
                raise UsageError("second_moment must be finite float64 numbers")
            largest = max(largest, rows.max(), -rows.min())
            for (first, last), band in zip(_spans(start), bands, strict=False):
                part = band[:, start - first : stop - first]
                difference = max(difference, np.abs(rows[:, first:last] - part.T).max())
            square = rows[:, start:stop]
            difference = max(difference, np.abs(square - square.T).max())
            bands.append(rows[:, start:].copy())
        if difference > _ASYMMETRY * largest:
            raise UsageError("second_moment must be symmetric")
        return cls(bands)

    def add_products(self, vectors):
        """Add the sum of ``x^T x`` over the rows of an array."""
        for start, stop, band in self._numbered():
            band += vectors[:, start:stop].T @ vectors[:, start:]

    def divide(self, number):
        """Divide every entry."""
        for band in self.bands:
            band /= number

    def add_to_diagonal(self, number):
        """Add a number to every entry of the diagonal."""
        for band in self.bands:
            square = band[:, : len(band)]
            square[np.diag_indices(len(band))] += number

    def rotate(self, size):
        """Multiply by block-diagonal Hadamard matrices of ``size`` from both sides."""
        for band in self.bands:
            # columns first, then rows; some of them at a time
            for first in range(0, band.shape[1], BAND):
                part = band[:, first : first + BAND]
                part[:] = turned(turned(part, size).T, size).T

    def diagonal(self):
        """Return the diagonal."""
        return np.concatenate([np.diagonal(band) for band in self.bands])

    def rows(self):
        """Yield all rows, whole, some at a time."""
        for start, stop, band in self._numbered():
            whole = np.empty((stop - start, len(self)))
            whole[:, start:] = band
            # both triangles alike, whatever the order of the sums was
            square = whole[:, start:stop]
            square[:] = (square + square.T) / 2
            for first, last, before in self._numbered():
                if first == start:
                    break
                whole[:, first:last] = before[:, start - first : stop - first].T
            yield whole

    def square(self, vectors):
        """Return the sum of ``x M x^T`` over the rows of an array (rows, columns)."""
        total = 0.0
        for start, stop, band in self._numbered():
            own = vectors[:, start:stop]
            product = own @ band
            total += np.einsum("ri,ri->", product[:, : stop - start], own)
            total += 2 * np.einsum("ri,ri->", product[:, stop - start :], vectors[:, stop:])
        return float(total)

    def factored(self):
        """Return an upper triangular R with ``R R^T = M``, made in the place of this matrix.

        Columns of bands are taken from the last one on: what columns behind them give is
        subtracted, and the square on the diagonal has its Cholesky factor.

        Raises ``UsageError`` where the matrix is not positive definite.
        """
        spans = _spans(len(self))
        for start, stop in reversed(spans):
            own = self.bands[start // BAND]
            behind = own[:, stop - start :]
            square = own[:, : stop - start]
            square -= behind @ behind.T
            # reversed, the lower factor is an upper one
            try:
                square[:] = np.linalg.cholesky(square[::-1, ::-1])[::-1, ::-1]
            except np.linalg.LinAlgError:
                raise UsageError(
                    "second_moment must have no negative eigenvalues, as means of x x^T have none"
                ) from None
            inverse = np.linalg.inv(square)
            for (first, _), band in zip(spans, self.bands[: start // BAND], strict=False):
                part = band[:, start - first : stop - first]
                part -= band[:, stop - first :] @ behind.T
                part[:] = part @ inverse.T
        return TriangularMatrix(self.bands)


class TriangularMatrix(_Bands):
    """An upper triangular float64 matrix, from `SymmetricMatrix.factored`."""

    def inverted(self):
        """Return the inverse, made in the place of this matrix."""
        spans = _spans(len(self))
        for start, stop in spans:
            above = np.concatenate(
                [
                    band[:, start - first : stop - first]
                    for (first, _), band in zip(spans, self.bands[: start // BAND], strict=False)
                ]
                or [np.zeros((0, stop - start))]
            )
            square = self.bands[start // BAND][:, : stop - start]
            square[:] = np.triu(np.linalg.inv(square))
            for (first, _), band in zip(spans, self.bands[: start // BAND], strict=False):
                part = band[:, start - first : stop - first]
                part[:] = -(band[:, : start - first] @ above[first:]) @ square
        return self

    def part(self, start, stop):
        """Return rows from ``start`` to ``stop``, and of those the columns from ``start`` on.

        They are no copy where they lie in one band.
        """
        band = start // BAND
        inner = start - band * BAND
        if (stop - 1) // BAND == band:
            return self.bands[band][inner : inner + stop - start, inner:]
        found = np.zeros((stop - start, len(self) - start))
        for first, last, rows in self._numbered():
            low, high = max(first, start), min(last, stop)
            if low < high:
                found[low - start : high - start, max(first, start) - start :] = rows[
                    low - first : high - first, max(first, start) - first :
                ]
        return found

    def times(self, matrix):
        """Return the product with a matrix (columns, any) from the right."""
        return np.concatenate([band @ matrix[start:] for start, _, band in self._numbered()])

    def transposed_times(self, matrix):
        """Return the product of the transpose with a matrix (rows, any) from the right."""
        found = np.zeros((len(self), matrix.shape[1]))
        for start, stop, band in self._numbered():
            found[start:] += band.T @ matrix[start:stop]
        return found
