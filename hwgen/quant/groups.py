"""A matrix as groups of weights, and the scales of groups."""

import numpy as np

from hwgen.formats import FloatFormat
from hwgen.formats.weights import GroupedFormat

__all__ = ["Groups", "fit_scales", "second_level"]

_ROW_SCALE = FloatFormat(8, 23)


class Groups:
    """The weights of a matrix, group by group along its rows.

    Parameters
    ----------
    matrix : float array
        Shape (rows, columns).
    group : int or str
        Columns of a group, or ``"row"`` or ``"tensor"``.

    Members
    -------
    values : float64 array
        Shape (rows, groups, size), or (1, 1, all weights) for ``"tensor"``; what a short last
        group lacks is zero.
    valid : bool array
        Which of them are weights.
    """

    def __init__(self, matrix, group):
        self.shape = matrix.shape
        self.tensor = group == "tensor"
        weights = np.asarray(matrix, np.float64)
        if self.tensor:
            weights = weights.reshape(1, -1)
        size = weights.shape[1] if group in ("row", "tensor") else group
        missing = -weights.shape[1] % size
        padded = np.pad(weights, ((0, 0), (0, missing)))
        self.values = padded.reshape(len(weights), -1, size)
        columns = np.arange(padded.shape[1]) < weights.shape[1]
        self.valid = np.broadcast_to(columns.reshape(1, -1, size), self.values.shape)

    def largest(self):
        """Return the largest magnitude of every group, shape (rows, groups)."""
        return np.abs(self.values).max(axis=-1)

    def mean_magnitude(self):
        """Return the mean magnitude of every group."""
        return np.abs(self.values).sum(axis=-1) / self.valid.sum(axis=-1)

    def limits(self):
        """Return (smallest, largest) value of every group."""
        lowest = np.where(self.valid, self.values, np.inf).min(axis=-1)
        highest = np.where(self.valid, self.values, -np.inf).max(axis=-1)
        return lowest, highest

    def squared_error(self, found):
        """Return the sum of squared differences between values and ``found``, a group."""
        return np.where(self.valid, (self.values - found) ** 2, 0.0).sum(axis=-1)

    def as_matrix(self, codes):
        """Return codes of the shape of ``values`` in the shape of the matrix, without padding."""
        if self.tensor:
            return codes.reshape(self.shape)
        return codes.reshape(self.shape[0], -1)[:, : self.shape[1]]


def fit_scales(ideal, form: GroupedFormat):
    """Return (units, arrays): scales as stored, and the numbers that weights are divided by.

    Parameters
    ----------
    ideal : float64 array
        Wanted value of the codebook's integer 1, shape (rows, groups), not negative.
    form : GroupedFormat
        Says how scales are stored.

    Returns
    -------
    units : float64 array
        What to divide by: the stored scale, or in two levels the ideal one as fp32, as BitMoD
        (HPCA 2025) does. 1 where the ideal is 0.
    arrays : dict
        ``scales`` and, in two levels, ``row_scales``.
    """
    scale = _ROW_SCALE if form.two_level else form.scale
    factor = 2.0**-form.codebook.lsb_exponent
    codes = scale.encode(np.where(ideal > 0, ideal, 1.0) * factor)
    # a scale that rounds to zero would lose its group
    codes = np.maximum(codes, scale.encode(0.0) + 1).astype(scale.code_dtype)
    units = scale.decode(codes)
    if not form.two_level:
        return units / factor, {"scales": codes}
    rows = _ROW_SCALE.encode(units.max(axis=1) / form.scale.max_value)
    stored = form.scale.encode(units / _ROW_SCALE.decode(rows)[:, None])
    return units / factor, {"scales": stored, "row_scales": rows}


def second_level(units, scale):
    """Return (units, arrays): integer scales with one fp32 a row, and what they stand for.

    Parameters
    ----------
    units : float64 array
        Wanted scales, not negative; rows along the first axis.
    scale : IntFormat
        Format of the integers; the largest scale of a row becomes the largest one.

    Returns
    -------
    units : float64 array
        The stored scales times those of their rows.
    arrays : dict
        ``scales`` and ``row_scales``.
    """
    largest = units.reshape(len(units), -1).max(axis=1)
    # a row of zeros has scales of 0 whatever their unit
    rows = _ROW_SCALE.encode(np.where(largest > 0, largest / scale.max_value, 1.0))
    factors = _ROW_SCALE.decode(np.maximum(rows, 1)).reshape(-1, *[1] * (units.ndim - 1))
    stored = scale.encode(units / factors)
    return scale.decode(stored) * factors, {
        "scales": stored,
        "row_scales": np.maximum(rows, 1).astype(rows.dtype),
    }
