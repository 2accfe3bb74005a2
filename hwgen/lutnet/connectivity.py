"""Which elements of a network read which, as pictures show it."""

import numpy as np

from hwgen.lutnet.estimate import live_elements, used_elements

__all__ = ["binned", "connections", "readers"]


def connections(network):
    """Return the connections that the outputs depend on: for every layer an array of pairs.

    A pair is the number of an element behind the layer, and of one before it that it depends on.
    """
    live = live_elements(network)
    return [
        np.array(
            [
                (row, each)
                for row in np.flatnonzero(behind)
                for each in np.unique(used_elements(layer, given, row))
            ],
            np.int64,
        ).reshape(-1, 2)
        for layer, given, behind in zip(network.layers, network.elements, live[1:], strict=False)
    ]


def readers(network):
    """Return for every input how many connections lead to it from what stands behind the encoder.

    The encoder is the layers of thresholds that a network begins with.
    """
    pairs, sizes = connections(network), [each.count for each in network.elements]
    encoders = 0
    while encoders < len(pairs) - 1 and network.layers[encoders].kind == "thresholds":
        encoders += 1
    count = np.bincount(pairs[encoders][:, 1], minlength=sizes[encoders])
    for number in reversed(range(encoders)):
        rows, columns = pairs[number].T
        count = np.bincount(columns, count[rows], sizes[number]).astype(np.int64)
    return count


def binned(pairs, rows, columns, most):
    """Return how many pairs of a matrix [rows, columns] fall into each of at most ``most`` squared
    fields, an array."""
    shape = min(rows, most), min(columns, most)
    places = [pairs[:, axis] * shape[axis] // (rows, columns)[axis] for axis in (0, 1)]
    found = np.zeros(shape, np.int64)
    np.add.at(found, tuple(places), 1)
    return found
