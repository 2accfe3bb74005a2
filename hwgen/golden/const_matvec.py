"""What ``const-matvec`` computes: the product of an integer matrix and a vector, exactly."""

import numpy as np

__all__ = ["const_matvec"]


def const_matvec(x, weights, format_x, width):
    """Return the codes of ``weights @ x``.

    Parameters
    ----------
    x : array
        Codes of ``format_x``, shape (tokens, columns of ``weights``).
    weights : integer array
        One row an output.
    format_x : IntFormat or FixedFormat
        Format of the elements of ``x``; the results are in units of its lowest bit.
    width : int
        Bits of a result's code, two's complement; every result must fit.

    Returns
    -------
    numpy.ndarray
        Shape (tokens, rows of ``weights``): ``uint64``, or Python integers where wider.
    """
    significands, _ = format_x.finite_parts(np.asarray(x))
    weights = np.asarray(weights)
    largest = int(np.abs(significands).max(initial=0)) * int(
        np.abs(weights).sum(axis=1, dtype=object).max()
    )
    kind = np.int64 if largest < 1 << 62 else object
    product = significands.astype(kind) @ weights.astype(kind).T
    if width < 64 and kind is np.int64:
        return product.astype(np.uint64) & np.uint64((1 << width) - 1)
    codes = product.astype(object) & ((1 << width) - 1)
    return codes if width > 64 else codes.astype(np.uint64)
