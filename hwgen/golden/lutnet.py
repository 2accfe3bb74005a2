"""Networks of look-up tables: what they compute, layer by layer."""

import numpy as np

__all__ = ["addresses_of", "classes_of", "elements_of", "layer_outputs"]


def elements_of(network, inputs):
    """Return the last layer's integers.

    Parameters
    ----------
    network : LutNetwork
    inputs : array of int, [vectors, elements]
        Integers that the network takes.

    Returns
    -------
    numpy.ndarray
        ``int64``, one row a vector.
    """
    for values in layer_outputs(network, inputs):
        last = values
    return last


def classes_of(network, inputs):
    """Return the number of the greatest element of every vector, the first of equal ones."""
    return elements_of(network, inputs).argmax(axis=1)


def layer_outputs(network, inputs):
    """Yield the integers behind every layer, one row a vector; see `elements_of`."""
    values = np.asarray(inputs, np.int64).reshape(-1, network.inputs.count)
    for layer, given in zip(network.layers, network.elements, strict=False):
        values = _LAYERS[layer.kind](layer, given, values)
        yield values


def _thresholds(layer, given, values):
    reached = values[:, :, None] >= layer.thresholds
    if layer.coding == "binary":
        return reached.sum(axis=2)
    return reached.reshape(len(values), -1).astype(np.int64)


def addresses_of(layer, given, values):
    """Return the addresses that a layer of tables looks up, [vectors, tables].

    Parameters
    ----------
    layer : TableLayer
    given : Elements
        Those before the layer.
    values : array of int, [vectors, elements]
        Their integers.
    """
    codes = values & given.most
    addresses = np.zeros((len(values), len(layer.tables)), np.int64)
    for place, numbers in enumerate(layer.inputs.T):
        addresses |= codes[:, numbers] << place * given.bits
    return addresses


def _tables(layer, given, values):
    return layer.tables[np.arange(len(layer.tables)), addresses_of(layer, given, values)]


def _sums(layer, given, values):
    return np.add.reduceat(values[:, layer.inputs], layer.starts[:-1], axis=1)


def _matrix(layer, given, values):
    return values @ layer.weights.T + layer.bias


_LAYERS = {"thresholds": _thresholds, "tables": _tables, "sums": _sums, "matrix": _matrix}
