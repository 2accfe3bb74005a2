"""Constants go into what reads them; the network computes the same."""

from dataclasses import replace

import numpy as np

from hwgen.formats.lut_network import LutNetwork, SumLayer

__all__ = ["folded"]


def folded(network):
    """Return a network whose tables ignore constant elements and whose sums leave out zeros.

    Every layer gives the same integers. Sums in front of the choice of a class may be narrower.
    """
    layers, constants = [], {}
    for number, layer in enumerate(network.layers):
        given = network.elements[number]
        if layer.kind == "tables":
            tables = np.stack(
                [
                    _without_constants(table, inputs, given, constants)
                    for table, inputs in zip(layer.tables, layer.inputs.tolist(), strict=True)
                ]
            )
            layer = replace(layer, tables=tables)
            same = np.flatnonzero(tables.min(1) == tables.max(1))
            constants = {int(row): int(tables[row, 0]) for row in same}
        else:
            if layer.kind == "sums":
                last = number == len(network.layers) - 1 and network.head == "argmax"
                layer = _without_zeros(layer, given, constants, last)
            constants = {}
        layers.append(layer)
    return LutNetwork(network.inputs, tuple(layers), network.head)


def _without_constants(table, inputs, given, constants):
    """Return the table with the same entries wherever constant elements alone differ."""
    cube = table.reshape((1 << given.bits,) * len(inputs))
    for place, number in enumerate(inputs):
        if number in constants:
            # axis 0 is the highest place of the address
            axis = len(inputs) - 1 - place
            cube = np.take(cube, [constants[number] & given.most], axis)
    return np.broadcast_to(cube, (1 << given.bits,) * len(inputs)).ravel()


def _without_zeros(layer, given, constants, last):
    """Return sums of what is not always 0, unless a reader would see another width."""
    groups = [
        [each for each in group if constants.get(each, 1)] or group[:1]
        for group in (each.tolist() for each in layer.groups)
    ]
    starts = np.cumsum([0, *map(len, groups)])
    found = SumLayer(np.concatenate(groups), starts)
    return found if last or found.elements(given) == layer.elements(given) else layer
