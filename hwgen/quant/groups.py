"""A matrix as groups of weights, and the scales of groups."""

from dataclasses import replace

import numpy as np

from hwgen.formats import FloatFormat
from hwgen.formats.weights import GroupedFormat

__all__ = ["Groups", "fit_scales", "outer_scale", "second_level", "shared_power"]

_ROW_SCALE = FloatFormat(8, 23)
# scale of a group of zeros whose codebook has no zero; scales with fewer exponents take their least
_VERY_SMALL = 2.0**-100


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


def shared_power(largest, form: GroupedFormat):
    """Return the power of two by which a group is divided where scales are E8M0.

    The exponent of its largest weight meets that of the largest entry, special values aside: the
    floors of both (OCP MX v1.0, section 6.3), or where that entry is a power of two the ceilings,
    so that the largest weight is not beyond it. 0 for a group of zeros.
    """
    entry = np.abs(form.codebook.grid()[0]).max()
    fraction, exponent = np.frexp(largest)
    top = int(entry).bit_length()
    if entry & (entry - 1) == 0:
        exponent = exponent - (fraction == 0.5)
        top -= 1
    return np.where(largest > 0, np.ldexp(1.0, exponent - top), 0.0)


def outer_scale(largest, form: GroupedFormat):
    """Return the code of the scale of a matrix with which its largest magnitude just fits.

    That is ``largest / (largest entry * largest scale)``, special values aside, as NVFP4 has it; 1
    for a matrix of zeros.
    """
    entry = np.ldexp(np.abs(form.codebook.grid()[0]).max(), form.codebook.lsb_exponent)
    code = _ROW_SCALE.encode(largest / (entry * form.scale.max_value))
    return code if _ROW_SCALE.decode(code) > 0 else _ROW_SCALE.encode(1.0)


def fit_scales(ideal, form: GroupedFormat, outer=None):
    """Return (units, arrays): scales as stored, and the numbers that weights are divided by.

    Parameters
    ----------
    ideal : float64 array
        Wanted value of the codebook's integer 1, shape (rows, groups), not negative.
    form : GroupedFormat
        Says how scales are stored.
    outer : int
        Code of the scale of the matrix, for formats that have one.

    Returns
    -------
    units : float64 array
        What to divide by: the stored scale, or in two levels the ideal one as fp32, as BitMoD
        (HPCA 2025) does. Where the ideal is 0 they are 1, or very small where no entry is zero.
    arrays : dict
        ``scales`` and, in two levels, ``row_scales``, or ``tensor_scale``.
    """
    if form.tensor_scale:
        shared = float(_ROW_SCALE.decode(outer))
        units, arrays = fit_scales(ideal / shared, replace(form, tensor_scale=False))
        tensor_scale = np.array([outer], _ROW_SCALE.code_dtype)
        return units * shared, {**arrays, "tensor_scale": tensor_scale}
    scale = _ROW_SCALE if form.two_level else form.scale
    factor = 2.0**-form.codebook.lsb_exponent
    # pairs with outliers have no table of entries; their zero is code 0
    of_zeros = 1.0 if 0 in getattr(form.codebook, "entries", (0,)) else _VERY_SMALL
    codes = scale.encode(np.where(ideal > 0, ideal, of_zeros) * factor)
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
