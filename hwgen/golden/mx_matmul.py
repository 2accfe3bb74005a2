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


def weight_stationary(
    a, b, scale_a, scale_b, compute, load, first=None, last=None, *, accumulators=1, **options
):
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
    first, last : integer array
        Shape (tokens,), 1 in the tokens with the first and last block of a row of the product.
        Needed if ``max_blocks`` > 1, else every block is a product.
    accumulators : int
        Rows that wait for their next block at a time: row n (from 0) that a set of weights meets
        continues what is in accumulator n modulo ``accumulators``.
    options
        Further parameters of ``dot_general``, the formats among them.

    Returns
    -------
    dict of str to array
        The results of ``dot_general``, each of shape (n, columns), one row for each token with
        ``compute`` and ``last`` after the first complete set of weights. The weights are those of
        the last set that was complete before the token.
    """
    a, b, scale_a, scale_b = (np.asarray(each) for each in (a, b, scale_a, scale_b))
    rows, columns = a.shape[1], b.shape[1]
    loads = np.flatnonzero(np.asarray(load))
    sets = len(loads) // rows
    completed = loads[rows - 1 :: rows][:sets]
    weights = b[loads[: sets * rows]].reshape(sets, rows, columns)
    tokens = np.flatnonzero(np.asarray(compute))
    current = np.searchsorted(completed, tokens, side="left") - 1
    tokens, current = tokens[current >= 0], current[current >= 0]
    marks, ends = (None, None), np.ones(len(tokens), bool)
    if options.get("max_blocks", 1) > 1:
        # one sequence of blocks for every accumulator
        served = np.arange(len(tokens)) - np.searchsorted(current, current)
        accumulator = served % accumulators
        order = np.argsort(accumulator, kind="stable")
        tokens, current, accumulator = tokens[order], current[order], accumulator[order]
        first, ends = (np.asarray(each)[tokens] != 0 for each in (first, last))
        _check_beginnings(accumulator, first)
        marks = (np.tile(each, columns) for each in (first, ends))
    of_columns = weights[current].transpose(2, 0, 1)
    results = dot_general(
        np.tile(a[tokens], (columns, 1)),
        of_columns.reshape(-1, rows),
        np.tile(scale_a[tokens], columns),
        scale_b[completed[current]].T.ravel(),
        *marks,
        **options,
    )
    in_time = np.argsort(tokens[ends])
    return {
        name: np.asarray(each).reshape(columns, -1)[:, in_time].T for name, each in results.items()
    }


def _check_beginnings(accumulator, first):
    """Raise ``UsageError`` if an accumulator's first block continues a product."""
    begins = np.diff(accumulator, prepend=-1) != 0
    if not first[begins].all():
        number = accumulator[begins][~first[begins]][0]
        raise UsageError(f"first must be 1 in the first block of accumulator {number}")
