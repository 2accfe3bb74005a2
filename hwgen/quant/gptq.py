"""GPTQ: columns are quantized one after the other, and those that follow make up for the error.

Frantar, Ashkboos, Hoefler, Alistarh: GPTQ, Accurate Post-Training Quantization for Generative
Pre-trained Transformers (2022), algorithm 1: columns in their order, 1 % damping, the Cholesky
factor of the inverse moment, updates in blocks.
"""

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.codebook import Codebook
from hwgen.formats.weights import GroupedFormat

from .grouped import absmean, asymmetric, mean_scaled_signs
from .matrix import row_parts

__all__ = ["check_compensable", "compensated", "compensated_inputs", "inverse_factor"]

# share of the mean square of an input that is added to every mean square
DAMPING = 0.01
# columns whose errors reach the columns behind them in one product
BLOCK = 128


def check_compensable(form):
    """Raise ``UsageError`` unless columns of a format can be quantized one after the other."""
    if not isinstance(form, GroupedFormat) or not isinstance(form.codebook, Codebook):
        raise UsageError(
            "gptq must go with a method that gives every weight a code of a codebook, such as "
            f"gptq-int4 or gptq-bitmod4, not with {form.name}"
        )
    if form.two_level or form.tensor_scale:
        raise UsageError(
            "gptq must have scales of one level: fp16, bf16, fp32 or e8m0; others follow from the "
            "weights of a whole row or matrix"
        )


def inverse_factor(moment):
    """Return the upper triangular U with ``inverse(damped moment) = U^T U``.

    Parameters
    ----------
    moment : SymmetricMatrix
        Mean of ``x x^T``; the result takes its place.

    Returns
    -------
    TriangularMatrix
    """
    damping = DAMPING * float(moment.diagonal().mean())
    # inputs that are all zero say nothing: plain rounding
    moment.add_to_diagonal(damping if damping > 0 else 1.0)
    return moment.factored().inverted()


def compensated(matrix, form, function, factor):
    """Return the arrays of ``form``, such that the outputs differ little.

    Scales, zero points and special values of a group follow from its weights as they are when its
    first column is reached; those of a row or of the whole matrix from the original weights.

    Parameters
    ----------
    matrix : float array
        Shape (rows, columns).
    form : GroupedFormat
        See `check_compensable`.
    function : callable
        Quantizer of `hwgen.quant.grouped` that fits the scales.
    factor : TriangularMatrix
        The `inverse_factor` of the columns' moment.
    """
    if form.group == "tensor":
        return _columns(matrix, form, function, factor)
    parts = [_columns(matrix[rows], form, function, factor) for rows in row_parts(matrix.shape)]
    return {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}


def compensated_inputs(matrix, form, function, factor):
    """Return the arrays of ``form`` for the transposed matrix, whose groups run along outputs.

    Parameters are those of `compensated`. Scales of an input channel follow from its weights as
    they are when it is reached (AdaDim with GPTQ: Heo et al., ICLR 2024, section 4).
    """
    weights = np.array(matrix, np.float64)
    rows, count = weights.shape
    made = []
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        block, size = factor.part(start, stop), stop - start
        errors = np.empty((rows, size))
        for place in range(size):
            column = weights[:, start + place]
            made.append(function(column[None], form))
            values = form.dequantize(made[-1], (1, rows))[0]
            error = (column - values) / block[place, place]
            weights[:, start + place : stop] -= error[:, None] * block[place, place:size]
            errors[:, place] = error
        weights[:, stop:] -= errors @ block[:, size:]
    return {name: np.concatenate([each[name] for each in made]) for name in made[0]}


def _columns(matrix, form, function, factor):
    """Return the arrays of some rows."""
    weights = np.array(matrix, np.float64)
    count = weights.shape[1]
    size = count if form.group in ("row", "tensor") else form.group
    codes, fitted = np.empty(weights.shape, np.uint8), []
    for start, stop in _blocks(count, size):
        block = factor.part(start, stop)
        errors = np.empty((len(weights), stop - start))
        for column in range(start, stop):
            if column % size == 0:
                fitted.append(_Grid(weights[:, column : column + size], form, function))
            found, values = fitted[-1].nearest(weights[:, column])
            codes[:, column] = found
            place = column - start
            error = (weights[:, column] - values) / block[place, place]
            weights[:, column:stop] -= error[:, None] * block[place, place : stop - start]
            errors[:, place] = error
        weights[:, stop:] -= errors @ block[:, stop - start :]
    made = [each.arrays for each in fitted]
    shared = {name: np.concatenate([each[name] for each in made], axis=1) for name in made[0]}
    return {"codes": codes, **shared}


def _blocks(count, size):
    """Yield (start, stop) of blocks in which every group lies as a whole, or from its beginning."""
    span = size * max(1, BLOCK // size)
    for first in range(0, count, span):
        last = min(first + span, count)
        for start in range(first, last, BLOCK):
            yield start, min(start + BLOCK, last)


class _Grid:
    """The numbers that the weights of one group can become, row by row.

    Members
    -------
    arrays : dict
        All but the codes, for one group.
    """

    def __init__(self, weights, form, function):
        arrays = function(weights, form)
        arrays.pop("codes")
        self.arrays = arrays
        self._function, self._codebook = function, form.codebook
        self._unit = np.ldexp(form.scale.decode(arrays["scales"]), form.codebook.lsb_exponent)[:, 0]
        self._zero = arrays["zero_points"][:, 0].astype(np.int64) if form.zero_points else 0
        self._selectors = arrays["selectors"][:, 0] if form.codebook.specials else None

    def nearest(self, column):
        """Return (codes, values) of one column; ties go where those of the quantizer go."""
        codes = self._codes(column)
        integers = self._codebook.significands(codes, self._selectors) - self._zero
        return codes, integers * self._unit

    def _codes(self, column):
        if self._function is asymmetric:
            rounded = np.rint(column / self._unit) + self._zero
            return np.clip(rounded, 0, self._codebook.largest).astype(np.uint8)
        if self._function is absmean:
            return (np.clip(np.rint(column / self._unit), -1, 1) + 1).astype(np.uint8)
        if self._function is mean_scaled_signs:
            return (column >= 0).astype(np.uint8)
        if self._selectors is None:
            return self._codebook.encode(column, self._unit)
        codes = np.empty(len(column), np.uint8)
        for selector in range(len(self._codebook.specials)):
            chosen = self._selectors == selector
            codes[chosen] = self._codebook.encode(column[chosen], self._unit[chosen], selector)
        return codes
