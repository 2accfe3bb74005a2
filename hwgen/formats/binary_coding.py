"""Binary-coded weights: a sum of matrices of +1 and -1, each with a coefficient a row and group.

    W ~ sum over b of alpha[b] * B[b] + bias,     B[b] of +1 and -1

Coefficients and bias belong to a row and a group of columns. The matrices are stored as 32-bit
words, as LUT-GEMM does (G. Park et al., "LUT-GEMM: Quantized Matrix Multiplication based on LUTs
for Efficient Inference in Large-Scale Generative Language Models", ICLR 2024, section 3):
``words[k // 32, b, m]`` holds columns k to k + 31 of row m of B[b], the first in the lowest bit,
1 for +1 and 0 for -1. So the words of 32 columns are neighbors in memory, plane by plane.
"""

import numpy as np

from hwgen.errors import UsageError

__all__ = ["WORD_BITS", "binary_planes", "pack_planes", "uniform_coefficients", "unpack_planes"]

WORD_BITS = 32
"""Columns that one word holds."""


def pack_planes(planes):
    """Return the words of matrices of +1 and -1.

    Parameters
    ----------
    planes : integer array
        Shape (planes, rows, columns); the columns are a multiple of 32.

    Returns
    -------
    numpy.ndarray
        ``uint32`` of shape (columns / 32, planes, rows).

    Raises
    ------
    UsageError
        The shape is wrong, or an entry is neither +1 nor -1.
    """
    planes = np.asarray(planes)
    if planes.ndim != 3 or planes.shape[2] % WORD_BITS:
        raise UsageError(
            f"planes must have the shape (planes, rows, columns) with columns a multiple of "
            f"{WORD_BITS}, not {planes.shape}"
        )
    wrong = planes[(planes != 1) & (planes != -1)]
    if wrong.size:
        raise UsageError(f"planes must hold +1 and -1 only, not {wrong[0].item()!r}")
    count, rows, columns = planes.shape
    bits = np.packbits(planes > 0, axis=2, bitorder="little")
    words = np.ascontiguousarray(bits).view("<u4").reshape(count, rows, columns // WORD_BITS)
    return np.ascontiguousarray(words.transpose(2, 0, 1)).astype(np.uint32)


def unpack_planes(words):
    """Return the matrices of +1 and -1 that words hold.

    Parameters
    ----------
    words : integer array
        Shape (columns / 32, planes, rows), each below 2**32.

    Returns
    -------
    numpy.ndarray
        ``int8`` of shape (planes, rows, columns).

    Raises
    ------
    UsageError
        The shape is wrong, or an entry is not a word of 32 bits.
    """
    words = np.asarray(words)
    if words.ndim != 3:
        raise UsageError(
            f"words must have the shape (columns / {WORD_BITS}, planes, rows), not {words.shape}"
        )
    if words.dtype.kind not in "ui":
        raise UsageError(f"words must be integers, not {words.dtype}")
    _check_range("words", words, WORD_BITS)
    rows_of_words = np.ascontiguousarray(words.transpose(1, 2, 0).astype("<u4"))
    bits = np.unpackbits(rows_of_words.view(np.uint8), axis=2, bitorder="little")
    return bits.astype(np.int8) * np.int8(2) - np.int8(1)


def binary_planes(codes, bits):
    """Return the matrices of +1 and -1 for the bits of unsigned integers.

    Plane b has +1 where bit b of the code is 1.

    Parameters
    ----------
    codes : integer array
        Shape (rows, columns), each from 0 to ``2**bits - 1``.
    bits : int
        Planes, 1 to 32.

    Returns
    -------
    numpy.ndarray
        ``int8`` of shape (bits, rows, columns).

    Raises
    ------
    UsageError
        ``bits`` or a code is out of range.
    """
    codes = np.asarray(codes)
    _check_bits(bits)
    if codes.dtype.kind not in "ui" or codes.ndim != 2:
        raise UsageError(
            f"codes must be integers of the shape (rows, columns), not {codes.dtype} of shape "
            f"{codes.shape}"
        )
    _check_range("codes", codes, bits)
    planes = [codes >> b & 1 for b in range(bits)]
    return (2 * np.stack(planes).astype(np.int8) - 1).astype(np.int8)


def uniform_coefficients(zero_points, bits):
    """Return the coefficients and the bias that make uniform integers of binary planes, exactly.

    An unsigned code q of ``bits`` bits with scale s and zero point z is worth ``s * (q - z)``. With
    the planes of `binary_planes`, alpha[b] = s * 2**b / 2 and bias = sum of alpha - s * z give that
    value; both are returned in units of ``s / 2``, where they are integers.

    Parameters
    ----------
    zero_points : integer array
        Shape (groups, rows).
    bits : int
        Bits of a code, 1 to 32.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        ``int64`` coefficients of shape (groups, bits, rows), ``int64`` biases of shape (groups,
        rows).

    Raises
    ------
    UsageError
        ``bits`` is out of range, or ``zero_points`` are not integers of that shape.
    """
    zero_points = np.asarray(zero_points)
    _check_bits(bits)
    if zero_points.dtype.kind not in "ui" or zero_points.ndim != 2:
        raise UsageError(
            f"zero_points must be integers of the shape (groups, rows), not {zero_points.dtype} "
            f"of shape {zero_points.shape}"
        )
    groups, rows = zero_points.shape
    powers = np.int64(1) << np.arange(bits, dtype=np.int64)
    alpha = np.broadcast_to(powers[None, :, None], (groups, bits, rows)).copy()
    return alpha, (1 << bits) - 1 - 2 * zero_points.astype(np.int64)


def _check_bits(bits):
    if not 1 <= bits <= WORD_BITS:
        raise UsageError(f"bits must be 1 to {WORD_BITS}, not {bits!r}")


def _check_range(name, values, bits):
    wrong = values[(values < 0) | (values >= 1 << bits)]
    if wrong.size:
        raise UsageError(f"{name} must be 0 to 2**{bits} - 1, not {wrong[0].item()!r}")
