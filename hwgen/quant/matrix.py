"""One quantized matrix: its format, its codes, and the numbers that they stand for."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.weights import WeightFormat

from .rotation import rotated

if TYPE_CHECKING:
    from .packed import Packed

__all__ = ["PART", "LowRank", "QuantizedMatrix", "row_parts"]

# weights that are worked on at a time
PART = 1 << 20


@dataclass(frozen=True)
class QuantizedMatrix:
    """Codes of a weight matrix.

    Parameters
    ----------
    form : WeightFormat
        What the codes mean.
    shape : tuple of int
        (rows, columns): outputs and inputs of the layer.
    arrays : dict of str to numpy.ndarray
        Those that ``form.array_limits(shape)`` names; unsigned integers.
    method : str
        Quantizer that made them.
    rotation : int or None
        Columns of the Hadamard blocks that the weights were rotated by; what they multiply has to
        be rotated likewise.
    correction : LowRank or None
        What is added to the product of the codes.
    transposed : bool
        Whether the arrays hold the matrix with rows and columns exchanged, so that groups run along
        its outputs and scales belong to input channels.
    packed : Packed or None
        What stands for the codes in a file, where they are compressed.

    Raises ``UsageError`` where the arrays are not what the format needs.
    """

    form: WeightFormat
    shape: tuple[int, int]
    arrays: dict = field(repr=False)
    method: str = ""
    rotation: int | None = None
    correction: "LowRank | None" = None
    transposed: bool = False
    packed: "Packed | None" = None

    def __post_init__(self):
        self.form.check(self.arrays, self.stored_shape)
        if self.correction is not None and self.correction.shape != self.shape:
            raise UsageError(
                f"correction must have shape {self.shape}, not {self.correction.shape}"
            )

    @property
    def stored_shape(self):
        """Shape of the matrix that the arrays hold."""
        return self.shape[::-1] if self.transposed else self.shape

    @property
    def bits_per_weight(self):
        """Storage of a weight in bits, scales, correction and all else included."""
        extra = 0.0 if self.correction is None else self.correction.bits_per_weight
        if self.packed is not None:
            _, shape, largest = self.form.array_limits(self.stored_shape)["codes"]
            saved = int(np.prod(shape)) * int(largest).bit_length() - self.packed.bits
            extra -= saved / (self.shape[0] * self.shape[1])
        return self.form.bits_per_weight(self.stored_shape) + extra

    def dequantize(self):
        """Return the float64 weights that hardware computes with, exactly; rotated ones are.

        A correction is not among them.
        """
        rows, columns = self.stored_shape
        values = np.empty((rows, columns))
        for part in row_parts((rows, columns)):
            arrays = self._stored_rows(part)
            values[part] = self.form.dequantize(arrays, (part.stop - part.start, columns))
        return values.T if self.transposed else values

    def weights(self):
        """Return the weights in the place of the original ones: `dequantize`, rotated back."""
        values = self.dequantize()
        return values if self.rotation is None else rotated(values, self.rotation)

    def corrected_weights(self):
        """Return `weights` and their correction, float64."""
        values = self.weights()
        return values if self.correction is None else values + self.correction.product()

    def relative_error(self, matrix):
        """Return the squared error of all weights over their squares (NMSE); 0 for zeros.

        A correction counts among the weights, here and in `output_error`.
        """
        total = error = 0.0
        for _, part, found in self.parts(matrix):
            total += (part**2).sum()
            error += ((found - part) ** 2).sum()
        return float(error / total) if total else 0.0

    def output_error(self, matrix, statistics):
        """Return the squared error of the outputs over their squares; 0 where all are zero.

        Parameters
        ----------
        matrix : float array
            The original weights.
        statistics : InputStatistics
            Of the inputs that they multiply.
        """
        total, error, moment = 0.0, 0.0, statistics.moment()
        for _, part, found in self.parts(matrix):
            total += moment.square(part)
            error += moment.square(found - part)
        return error / total if total else 0.0

    def parts(self, matrix):
        """Yield (slice of rows, their original weights, their `corrected_weights`).

        Parameters
        ----------
        matrix : float array
            The original weights.
        """
        whole = self.weights() if self.transposed else None
        for rows in row_parts(self.shape):
            found = self._rows(rows).weights() if whole is None else whole[rows]
            if self.correction is not None:
                out = self.correction.out._rows(rows)
                found = found + replace(self.correction, out=out).product()
            yield rows, np.asarray(matrix[rows], np.float64), found

    def _rows(self, rows):
        """Return some rows of codes that are not transposed as a matrix of their own."""
        shape = (rows.stop - rows.start, self.shape[1])
        arrays = self._stored_rows(rows)
        return replace(self, shape=shape, arrays=arrays, correction=None, packed=None)

    def _stored_rows(self, rows):
        """Return the arrays of some rows of what is stored."""
        count = self.stored_shape[0]
        return {
            name: values[rows] if len(values) == count else values
            for name, values in self.arrays.items()
        }


@dataclass(frozen=True)
class LowRank:
    """Two thin quantized matrices whose product corrects one.

    Parameters
    ----------
    kind : str
        How they were found.
    into : QuantizedMatrix
        What multiplies the inputs, not rotated: shape (rank, inputs).
    out : QuantizedMatrix
        What multiplies its results: shape (outputs, rank).

    Raises ``UsageError`` where their ranks differ.
    """

    kind: str
    into: QuantizedMatrix
    out: QuantizedMatrix

    def __post_init__(self):
        if self.into.shape[0] != self.out.shape[1]:
            raise UsageError(
                f"factors must have the same rank, not {self.into.shape[0]} and {self.out.shape[1]}"
            )

    @property
    def shape(self):
        """(outputs, inputs)."""
        return self.out.shape[0], self.into.shape[1]

    @property
    def rank(self):
        """Rows of ``into``."""
        return self.into.shape[0]

    @property
    def bits_per_weight(self):
        """Storage of both factors in bits, for each weight of the corrected matrix."""
        outputs, inputs = self.shape
        return self.rank * (self.into.bits_per_weight / outputs + self.out.bits_per_weight / inputs)

    def product(self):
        """Return the float64 matrix that is added."""
        return self.out.dequantize() @ self.into.dequantize()


def row_parts(shape):
    """Yield slices of the rows of a matrix, small enough that copies of one do not matter."""
    step = max(1, PART // shape[1])
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))
