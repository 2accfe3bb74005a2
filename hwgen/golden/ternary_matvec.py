"""What ``ternary-matvec`` computes: products of matrices of -1, 0, +1 and integer vectors."""

import numpy as np

from hwgen.formats.ternary import columns_of_slots, unpack

from .held_tiles import accepted_tokens

__all__ = ["ternary_matvec"]


def ternary_matvec(activations, weights, load, compute, *, packing, columns, rows):
    """Return the sums of a sequence of tokens.

    Parameters
    ----------
    activations : integer array
        Values, shape (tokens, lanes). Element ``lane`` of beat ``w`` of a vector is the one that
        meets slot ``w * lanes + lane`` of a row of packed weights (``columns_of_slots``).
    weights : array of uint8
        Shape (tokens, bytes): a part of a row of packed weights.
    load, compute : integer array
        Shape (tokens,): whether a token offers activations, and weights.
    packing : str
        Layout of the weights; codes that stand for none count as zeros.
    columns : int
        Elements of a vector and weights of a row.
    rows : int
        Rows that each vector is multiplied by.

    Returns
    -------
    numpy.ndarray
        One ``int64`` for each complete row. At most two vectors wait or are in use: activations
        offered meanwhile are ignored, and so are weights without a vector.
    """
    activations, weights = (np.asarray(each) for each in (activations, weights))
    lanes = activations.shape[1]
    slots = columns_of_slots(packing, columns).ravel()
    beats = len(slots) // lanes
    loads, computes = accepted_tokens(load, compute, beats, beats * rows)
    vector_of_row = np.arange(len(computes) // beats) // rows
    vectors = activations[loads[: len(loads) // beats * beats]].reshape(-1, len(slots))
    natural = np.zeros((len(vectors), columns), np.int64)
    natural[:, slots[slots >= 0]] = vectors[:, slots >= 0]
    data = weights[computes[: len(vector_of_row) * beats]].reshape(len(vector_of_row), -1)
    trits = unpack(data, packing, strict=False).astype(np.int64)
    return (trits * natural[vector_of_row]).sum(axis=1)
