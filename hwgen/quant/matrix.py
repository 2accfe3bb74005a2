"""One quantized matrix: its format, its codes, and the numbers that they stand for."""

from dataclasses import dataclass, field, replace

import numpy as np

from hwgen.formats.weights import WeightFormat

from .rotation import rotated

__all__ = ["PART", "QuantizedMatrix", "row_parts"]

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

    Raises ``UsageError`` where the arrays are not what the format needs.
    """

    form: WeightFormat
    shape: tuple[int, int]
    arrays: dict = field(repr=False)
    method: str = ""
    rotation: int | None = None

    def __post_init__(self):
        self.form.check(self.arrays, self.shape)

    @property
    def bits_per_weight(self):
        """Storage of a weight in bits, scales and all else included."""
        return self.form.bits_per_weight(self.shape)

    def dequantize(self):
        """Return the float64 weights that hardware computes with, exactly; rotated ones are."""
        return self.form.dequantize(self.arrays, self.shape)

    def weights(self):
        """Return the weights in the place of the original ones: `dequantize`, rotated back."""
        values = self.dequantize()
        return values if self.rotation is None else rotated(values, self.rotation)

    def relative_error(self, matrix):
        """Return the squared error of all weights over their squares (NMSE); 0 for zeros."""
        total = error = 0.0
        for rows in row_parts(self.shape):
            part = np.asarray(matrix[rows], np.float64)
            total += (part**2).sum()
            error += ((self._rows(rows).weights() - part) ** 2).sum()
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
        total = error = 0.0
        for rows in row_parts(self.shape):
            part = np.asarray(matrix[rows], np.float64)
            total += statistics.output_square(part)
            error += statistics.output_square(self._rows(rows).weights() - part)
        return error / total if total else 0.0

    def _rows(self, rows):
        """Return some rows as a matrix of their own."""
        arrays = {
            name: values[rows] if len(values) == self.shape[0] else values
            for name, values in self.arrays.items()
        }
        count = rows.stop - rows.start
        return replace(self, shape=(count, self.shape[1]), arrays=arrays)


def row_parts(shape):
    """Yield slices of the rows of a matrix, small enough that copies of one do not matter."""
    step = max(1, PART // shape[1])
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))
