"""What ``codebook-dot`` computes: rows of weights from a codebook times elements of a vector.

Written from the definition of the weights' formats (``hwgen.formats.codebook`` and
``hwgen.formats.outlier_pairs``): the integer of every code, less the zero point of its group, times
its element; the sum of a group times the group's scale; the sum of a row's groups.
"""

import numpy as np

__all__ = ["codebook_dot", "weight_integers"]


def weight_integers(codes, weights, selector=None, zero=None):
    """Return the integers that tokens' weights stand for, int64.

    Parameters
    ----------
    codes : integer array
        Shape (tokens, lanes).
    weights : Codebook or OutlierPairs
        What codes stand for.
    selector : integer array, optional
        Shape (tokens,): the special value of the token's weights. One beyond the special values
        leaves the code what it is in the table.
    zero : integer array, optional
        Shape (tokens,): what is subtracted.
    """
    codes = np.asarray(codes)
    if selector is None:
        integers = weights.significands(codes)
    else:
        chosen = np.minimum(selector, len(weights.specials) - 1)[:, None]
        integers = weights.significands(codes, chosen)
        plain = (codes == weights.special_code) & (selector >= len(weights.specials))[:, None]
        integers = np.where(plain, weights.entries[weights.special_code], integers)
    return integers if zero is None else integers - np.asarray(zero, np.int64)[:, None]


def codebook_dot(x, integers, beats, scale=None, first=None, last=None):
    """Return the sums of the rows that are complete.

    Parameters
    ----------
    x, integers : integer array
        Shape (tokens, lanes): elements, and the integers of the weights that they meet. Sums
        beyond 64 bits need elements as Python integers.
    beats : int
        Tokens of a group; what is left at the end is ignored.
    scale : integer array, optional
        Shape (tokens,): the scale of a group stands with its last token.
    first, last : integer array, optional
        Shape (tokens,): marks of a row's first and last group, with that group's last token. A
        group before the first mark adds to a row that has not begun; without marks each group is
        a row.

    Returns
    -------
    numpy.ndarray
        Python integers, one a row.
    """
    groups, x = len(x) // beats, np.asarray(x)
    products = x * integers if x.dtype == object else x.astype(np.int64) * integers
    products = products[: groups * beats]
    sums = products.reshape(groups, -1).sum(axis=1).astype(object)
    ends = slice(beats - 1, groups * beats, beats)
    if scale is not None:
        sums = sums * np.asarray(scale)[ends].astype(object)
    if first is None:
        return sums
    rows, total = [], 0
    for value, begins, finishes in zip(sums, first[ends], last[ends], strict=True):
        total = value if begins else total + value
        if finishes:
            rows.append(total)
    return np.array(rows, dtype=object)
