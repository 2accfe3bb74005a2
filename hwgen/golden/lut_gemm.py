"""What ``lut-gemm`` computes: a matrix of binary-coded weights times a vector, exactly.

Written from the definition of binary coding: plain products with matrices of +1 and -1, no tables
(G. Park et al., "LUT-GEMM", ICLR 2024, section 3). Here it is also defined which part of which
matrix the tokens of a stream hold.
"""

import numpy as np

from hwgen.errors import UsageError

from .held_tiles import accepted_tokens

__all__ = ["lut_gemm", "product_stream"]


def lut_gemm(x, planes, alpha, bias=None):
    """Return ``sum over b of (alpha[b] B[b]) x + bias x`` as exact integers, a row each.

    Parameters
    ----------
    x : integer array
        Shape (columns,): the vector.
    planes : integer array
        Shape (planes, rows, columns), +1 and -1: the matrices B[b].
    alpha : integer array
        Shape (groups, planes, rows): coefficients. A group has as many columns as any other.
    bias : integer array, optional
        Shape (groups, rows): what every weight of that row and group has on top.

    Returns
    -------
    numpy.ndarray
        Python integers, shape (rows,).

    Raises
    ------
    UsageError
        Shapes do not fit each other.
    """
    x, planes, alpha = (np.asarray(each).astype(object) for each in (x, planes, alpha))
    count, rows, columns = planes.shape
    groups = len(alpha)
    if x.shape != (columns,) or alpha.shape[1:] != (count, rows) or columns % groups:
        raise UsageError(
            f"x, planes and alpha must have shapes (columns,), (planes, rows, columns) and "
            f"(groups, planes, rows), not {x.shape}, {planes.shape} and {alpha.shape}"
        )
    width = columns // groups
    result = np.zeros(rows, dtype=object)
    for group in range(groups):
        part = slice(group * width, (group + 1) * width)
        for plane in range(count):
            result += alpha[group, plane] * (planes[plane][:, part] @ x[part])
        if bias is not None:
            result += np.asarray(bias)[group].astype(object) * sum(x[part])
    return result


def product_stream(
    x, weights, alpha, load, compute, bias=None, *, columns, rows, planes, lanes, format_x
):
    """Return the results of a sequence of tokens, in the order in which they leave.

    Parameters
    ----------
    x : integer array
        Shape (tokens,): codes of the elements of the vectors, one after the other.
    weights : integer array
        Shape (tokens, lanes), 1 for +1 and 0 for -1. The tokens from which weights are taken hold,
        tile by tile of ``lanes`` columns, the planes one after the other, of each its rows.
    alpha : integer array
        Shape (tokens,): coefficients of the same plane, row and tile.
    load, compute : integer array
        Shape (tokens,): 1 where a token offers an element, and weights; see ``held_tiles.py``.
    bias : integer array, optional
        Shape (tokens,): what the weights of that row and tile have on top, as integers; those of
        a tile's first plane count.
    columns, rows, planes, lanes : int
        Sizes of the matrix, and of a tile.
    format_x : IntFormat or FixedFormat
        Format of the elements; results are in units of its lowest bit.

    Returns
    -------
    numpy.ndarray
        Python integers: the rows of every product, as far as the tokens go.
    """
    loads, computes = accepted_tokens(load, compute, lanes, rows * planes)
    steps = columns // lanes
    uses = steps * planes * rows
    products = -(-len(computes) // uses)
    # what an unfinished product misses does not show in the rows that it gives
    values = format_x.finite_parts(np.asarray(x)[loads])[0].astype(object)
    values = _filled(values, products * columns).reshape(products, columns)
    signs = _filled(2 * np.asarray(weights).astype(np.int64)[computes] - 1, products * uses)
    signs = signs.reshape(products, steps, planes, rows, lanes).transpose(0, 2, 3, 1, 4)
    signs = signs.reshape(products, planes, rows, columns)
    shape = (products, steps, planes, rows)
    alpha = _filled(np.asarray(alpha)[computes], products * uses).reshape(shape)
    if bias is not None:
        bias = _filled(np.asarray(bias)[computes], products * uses).reshape(shape)[:, :, 0]
    results = [
        lut_gemm(
            values[number],
            signs[number],
            alpha[number].astype(np.int64),
            None if bias is None else bias[number],
        )
        for number in range(products)
    ]
    missing = products * uses - len(computes)
    finished = products * rows - min(rows, missing)
    return np.concatenate([np.zeros(0, dtype=object), *results])[:finished]


def _filled(values, count):
    """Return ``count`` rows: those of ``values``, zeros where there are fewer."""
    values = values[:count]
    empty = np.zeros((count - len(values), *values.shape[1:]), dtype=values.dtype)
    return np.concatenate([values, empty])
