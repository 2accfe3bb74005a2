"""What ``bitmod-array`` computes: products of a matrix of codebook weights and several vectors.

Written from the definition: the sum over groups of scale times the exact dot product of the
group's integers (``weight_integers``) and elements; and the rule of ``held_tiles`` for the vectors.
"""

import numpy as np

from .held_tiles import accepted_tokens

__all__ = ["bitmod_array"]


def bitmod_array(x, integers, load, compute, *, beats, group_beats, tiles, scale=None):
    """Return the sums of a sequence of tokens.

    Parameters
    ----------
    x : integer array
        Shape (tokens, rows, lanes): parts of as many vectors.
    integers : integer array
        Shape (tokens, columns, lanes): the integers of weights of as many rows of the matrix.
    load, compute : integer array
        Shape (tokens,): whether a token offers parts of vectors, and weights.
    beats, group_beats : int
        Tokens of a vector, and of a group.
    tiles : int
        How often weights meet each vector.
    scale : integer array, optional
        Shape (tokens, columns): the scales of groups stand with their last tokens.

    Returns
    -------
    numpy.ndarray
        int64 of shape (tiles that are complete, rows, columns).
    """
    x, integers = (np.asarray(each, np.int64) for each in (x, integers))
    loads, computes = accepted_tokens(load, compute, beats, beats * tiles)
    complete = len(computes) // beats
    computes = computes[: complete * beats]
    vectors = x[loads[: len(loads) // beats * beats]].reshape(-1, beats, *x.shape[1:])
    weights = integers[computes].reshape(complete, beats, *integers.shape[1:])
    used = vectors[np.arange(complete) // tiles]
    # number of the tile, of the group, of the beat in it
    shape = complete, beats // group_beats, group_beats
    groups = np.einsum(
        "tgbrl,tgbcl->tgrc",
        used.reshape(*shape, *x.shape[1:]),
        weights.reshape(*shape, *integers.shape[1:]),
    )
    if scale is not None:
        scales = np.asarray(scale, np.int64)[computes].reshape(*shape, integers.shape[1])[:, :, -1]
        groups = groups * scales[:, :, None, :]
    return groups.sum(axis=1)
