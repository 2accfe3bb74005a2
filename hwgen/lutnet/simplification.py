"""Networks made smaller by what their training vectors never lead to; nothing here needs PyTorch.

The layers are filled in order, each with the vectors that come through those before as they are
then. As long as entries that are met stay, every vector that was met comes through unchanged.
"""

from dataclasses import dataclass, replace

import numpy as np

from hwgen.formats.lut_network import LutNetwork
from hwgen.golden.lutnet import addresses_of, elements_of
from hwgen.lutnet.dont_cares import filled
from hwgen.lutnet.encoder import encoded
from hwgen.lutnet.folding import folded
from hwgen.lutnet.moves import moves

__all__ = ["Simplified", "Source", "simplified", "visits"]

_AT_A_TIME = 2000


@dataclass(frozen=True)
class Simplified:
    """A network, and how many entries of its tables were free, of how many."""

    network: LutNetwork
    free: int
    entries: int


def simplified(network, vectors, seen=0, shift=0, update=None):
    """Fill the entries of tables that vectors seldom lead to so that little logic is left.

    Parameters
    ----------
    network : LutNetwork
    vectors : array of int, [vectors, features]
        Those of training.
    seen : int
        An entry that is met so often or less is free.
    shift : int
        The vectors are images, met as well where they are moved by up to so many pixels.
    update : callable, optional
        ``update(text, done, total)`` is told where the work stands.

    Returns
    -------
    Simplified
        With ``seen`` 0, its network gives the same integers for all vectors.
    """
    update = update or (lambda text, done=None, total=None: None)
    layers, free, entries = list(network.layers), 0, 0
    source = Source(network, vectors, shift)
    for number, layer in enumerate(layers):
        if layer.kind != "tables":
            continue
        text = f"layer {number} of {len(layers)}: {layer.tables.size:,} entries"
        update(text, number, len(layers))
        found = visits(layer, network.elements[number], source.values(layers, number))
        layers[number] = _filled(layer, network.elements[number], found > seen)
        free, entries = free + int((found <= seen).sum()), entries + layer.tables.size
    found = folded(LutNetwork(network.inputs, tuple(layers), network.head))
    return Simplified(found, free, entries)


class Source:
    """Training vectors in front of any layer, encoded once.

    Parameters
    ----------
    network : LutNetwork
    vectors : array of int, [vectors, features]
    shift : int
        The vectors are images, and come moved by up to so many pixels as well.
    """

    def __init__(self, network, vectors, shift):
        first = network.layers[0]
        self.network, self.vectors, self.moves = network, vectors, None
        self.begin = int(first.kind == "thresholds")
        if self.begin:
            self.vectors = encoded(first, vectors).T
            elements = self.vectors.shape[1]
            if shift:
                self.moves = moves(shift, network.inputs.count, elements, range(elements))

    def values(self, layers, number):
        """Yield the integers in front of layer ``number``, some vectors at a time."""
        between = tuple(layers[self.begin : number])
        for start in range(0, len(self.vectors), _AT_A_TIME):
            for part in self._moved(self.vectors[start : start + _AT_A_TIME]):
                if between:
                    part = elements_of(
                        LutNetwork(self.network.elements[self.begin], between, "none"), part
                    )
                yield part.astype(np.int64)

    def _moved(self, part):
        if self.moves is None:
            return [part]
        padded = np.pad(part, ((0, 0), (0, 1)))
        return (padded[:, sources] for sources in self.moves)


def visits(layer, given, parts):
    """Return how often each entry is met, [tables, entries].

    Parameters
    ----------
    layer : TableLayer
    given : Elements
        Those before the layer.
    parts : iterable of array of int, [vectors, elements]
    """
    tables, size = layer.tables.shape
    found = np.zeros((tables, size), np.int64)
    for values in parts:
        for row, addresses in zip(found, addresses_of(layer, given, values).T, strict=True):
            row += np.bincount(addresses, minlength=size)
    return found


def _filled(layer, given, seen):
    most = (1 << layer.bits) - 1
    codes = np.stack(
        [
            filled(table & most, care, inputs.tolist(), given.bits, layer.bits)
            for table, care, inputs in zip(layer.tables, seen, layer.inputs, strict=True)
        ]
    )
    if layer.signed:
        codes -= (codes >> layer.bits - 1) << layer.bits
    return replace(layer, tables=codes)
