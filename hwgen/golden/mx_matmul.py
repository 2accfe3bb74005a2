"""Golden model of the core ``mx-matmul``: every element of the product is a dot product.

Dot and DotGeneral are those of OCP MX v1.0, sections 6.1 and 6.2, as ``dot_general`` defines them.
Here it is defined which operands the tokens of a stream hold, and in which order results leave.
"""

import numpy as np

from hwgen.errors import UsageError

from .mx_dot import dot_general

__all__ = ["output_stationary", "weight_stationary"]


def output_stationary(
    a, b, scale_a, scale_b, first=None, last=None, *, block_size, lanes=1, **options
):
    """Return the products of a sequence of tokens, one inner index a token.

    Parameters
    ----------
    a, b : integer array
        Element codes, shapes (tokens, rows) and (tokens, columns): a column of A, a row of B.
        ``block_size`` tokens are one block of the inner dimension.
    scale_a, scale_b : integer array
        Scale codes, of the same shapes. Those of a block's last token count.
    first, last : integer array
        Shape (tokens,), 1 in the last token of a product's first and last block. Needed if
        ``max_blocks`` > 1, else every block is a product.
    block_size : int
    lanes : int
        Results that leave at the same time; it divides the rows of A.
    options
        Further parameters of ``dot_general``, the formats among them.

    Returns
    -------
    dict of str to array
        The results of ``dot_general``, each of shape (n, lanes). Lane l gives rows
        ``l * rows / lanes`` and following of a product, row by row, element by element.
    """
    a, b, scale_a, scale_b = (np.asarray(each) for each in (a, b, scale_a, scale_b))
    rows, columns = a.shape[1], b.shape[1]
    tokens = len(a) // block_size * block_size
    # one sequence of beats for every element of the product
    row, column = (each.ravel() for each in np.indices((rows, columns)))

    def beats(values, index):
        return values[:tokens, index].T.ravel()

    marks = [
        None if each is None else np.tile(np.asarray(each)[:tokens], rows * columns)
        for each in (first, last)
    ]
    results = dot_general(
        beats(a, row),
        beats(b, column),
        beats(scale_a, row),
        beats(scale_b, column),
        *marks,
        **options,
    )

    def in_order(values):
        values = np.asarray(values).reshape(lanes, rows // lanes, columns, -1)
        return values.transpose(3, 1, 2, 0).reshape(-1, lanes)

    return {name: in_order(values) for name, values in results.items()}


def weight_stationary(a, b, scale_a, scale_b, compute, load, **options):
    """Return the products of a sequence of tokens, one row of A a token.

    Parameters
    ----------
    a : integer array
        Element codes, shape (tokens, rows): one block of a row of A.
    b : integer array
        Element codes, shape (tokens, columns). The n-th of every ``rows`` tokens with ``load``
        holds the weights that meet element n of the rows of A.
    scale_a, scale_b : integer array
        Scale codes, shapes (tokens,) and (tokens, columns). ``scale_b`` counts in the token that
        completes the weights.
    compute, load : integer array
        Shape (tokens,): whether a token holds a row of A, and a row of weights.
    options
        Further parameters of ``dot_general``, the formats among them.

    Returns
    -------
    dict of str to array
        The results of ``dot_general``, each of shape (n, columns), one row for each token with
        ``compute`` after the first complete set of weights. The weights are those of the last set
        that was complete before the token.
    """
    a, b, scale_a, scale_b = (np.asarray(each) for each in (a, b, scale_a, scale_b))
    rows, columns = a.shape[1], b.shape[1]
    loads = np.flatnonzero(np.asarray(load))
    sets = len(loads) // rows
    completed = loads[rows - 1 :: rows][:sets]
    weights = b[loads[: sets * rows]].reshape(sets, rows, columns)
    computes = np.flatnonzero(np.asarray(compute))
    current = np.searchsorted(completed, computes, side="left") - 1
    computes, current = computes[current >= 0], current[current >= 0]
    if options.get("max_blocks", 1) != 1:
        raise UsageError(f"max_blocks must be 1, not {options['max_blocks']!r}")
    results = dot_general(
        np.repeat(a[computes], columns, axis=0),
        weights[current].transpose(0, 2, 1).reshape(-1, rows),
        np.repeat(scale_a[computes], columns),
        scale_b[completed[current]].ravel(),
        **options,
    )
    return {name: np.asarray(each).reshape(-1, columns) for name, each in results.items()}
