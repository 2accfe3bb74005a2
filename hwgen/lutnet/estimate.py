"""How many six-input look-up tables a network takes at most, by plain rules.

Only what the outputs depend on is counted. No logic is shared and nothing is minimized, so a good
mapping is smaller; the report of a synthesis is the measure, this is for choosing configurations.
"""

from dataclasses import dataclass

import numpy as np

from hwgen.cores.lutnet.stored_names import ADDRESS_BITS

__all__ = [
    "LayerEstimate",
    "estimated_layers",
    "estimated_luts",
    "estimated_registers",
    "head_luts",
    "live_elements",
    "stored_block_rams",
    "table_block_rams",
    "table_luts",
    "used_elements",
    "varying_bits",
]

_LUT_INPUTS = 6


@dataclass(frozen=True)
class LayerEstimate:
    """One layer: its kind, live elements of all, what an address has, and look-up tables.

    Tables in block RAM count in ``stored``, and their look-up tables do not.
    """

    kind: str
    elements: int
    live: int
    fan_in: int
    bits: int
    address_bits: int
    table_bits: int
    luts: int
    stored: int = 0


def estimated_layers(network, stored=()):
    """Return a `LayerEstimate` for every layer; see `estimated_luts`."""
    live = live_elements(network)
    found = []
    for number, layer in enumerate(network.layers):
        given, behind = network.elements[number : number + 2]
        rows = np.flatnonzero(live[number + 1])
        luts, fan_in, table_bits = _COUNTS[layer.kind](layer, given, behind, rows)
        address = fan_in * given.bits if layer.kind == "tables" else 0
        apart = [row for at, row in stored if at == number]
        luts -= sum(table_luts(layer.tables[row], layer.bits) for row in apart)
        sizes = fan_in, behind.bits, address, table_bits
        found.append(LayerEstimate(layer.kind, behind.count, len(rows), *sizes, luts, len(apart)))
    return found


def estimated_luts(network, stored=()):
    """Return look-up tables of the whole network, encoder and head included.

    Parameters
    ----------
    network : LutNetwork
    stored : sequence of (int, int)
        Tables that outputs depend on and that stand in block RAM, as (layer, table).
    """
    return sum(each.luts for each in estimated_layers(network, stored)) + head_luts(network)


def estimated_registers(network):
    """Return the bits that all layers hand on: registers, with one behind every layer."""
    live, bits = live_elements(network), 0
    for layer, rows, behind in zip(network.layers, live[1:], network.elements[1:], strict=True):
        if layer.kind == "tables":
            bits += sum(varying_bits(table, layer.bits) for table in layer.tables[rows])
        else:
            bits += int(rows.sum()) * behind.bits
    return bits


def varying_bits(table, bits):
    """Return how many bits of integers by address are no constants."""
    unequal = np.bitwise_or.reduce(table) ^ np.bitwise_and.reduce(table)
    return (int(unequal) & (1 << bits) - 1).bit_count()


def head_luts(network):
    """Return look-up tables of the head: comparisons and choices, in pairs."""
    last = network.elements[-1]
    if network.head != "argmax" or last.count == 1:
        return 0
    number = (last.count - 1).bit_length()
    # a comparison takes two bits a table, a choice between two values one
    return (last.count - 1) * (-(-last.bits // 2) + last.bits + number)


def live_elements(network):
    """Return for every list of elements which ones the outputs depend on, as booleans."""
    live = [np.ones(network.elements[-1].count, bool)]
    for layer, given in reversed(list(zip(network.layers, network.elements, strict=False))):
        before = np.zeros(given.count, bool)
        for row in np.flatnonzero(live[0]):
            before[used_elements(layer, given, row)] = True
        live.insert(0, before)
    return live


def used_elements(layer, given, row):
    """Return the numbers of the elements before that element ``row`` of a layer depends on."""
    if layer.kind == "tables":
        return layer.inputs[row][_used(layer.tables[row], given.bits)]
    if layer.kind == "sums":
        return layer.groups[row]
    if layer.kind == "thresholds":
        per = layer.thresholds.shape[1] if layer.coding == "thermometer" else 1
        return np.array([row // per])
    return np.flatnonzero(layer.weights[row])


def _dependencies(column):
    """Return which address bits a list of outputs by address depends on."""
    address = (len(column) - 1).bit_length()
    cube = column.reshape((2,) * address)
    return [
        bool((np.take(cube, 0, axis) != np.take(cube, 1, axis)).any())
        for axis in reversed(range(address))
    ]


def _used(column, bits):
    """Return the places of the address whose elements change the output."""
    return [place // bits for place, used in enumerate(_dependencies(column)) if used]


def _tree(inputs):
    """Return look-up tables of a function of so many inputs: leaves, and multiplexers of four."""
    if inputs <= _LUT_INPUTS:
        return 1 if inputs else 0
    leaves = 1 << inputs - _LUT_INPUTS
    return leaves + -(-(leaves - 1) // 3)


def table_luts(table, bits):
    """Return look-up tables of all bits of one table of integers by address."""
    luts = 0
    for bit in range(bits):
        column = table >> bit & 1
        used = sum(_dependencies(column))
        wire = used == 1 and not column[0]
        luts += 0 if wire else _tree(used)
    return luts


def table_block_rams(table, bits, fabric):
    """Return block RAMs that a table of integers by address takes.

    Parameters
    ----------
    table : array of int
    bits : int
    fabric : Fabric or None

    Returns
    -------
    int or None
        ``None`` where it is too small or too large for them, or the fabric has none.
    """
    if fabric is None or sum(_dependencies(table)) not in ADDRESS_BITS:
        return None
    return stored_block_rams(table, bits, fabric)


def stored_block_rams(table, bits, fabric):
    """Return block RAMs that a table takes which stands there, whatever its size."""
    return fabric.block_rams(1 << sum(_dependencies(table)), varying_bits(table, bits))


def _tables(layer, given, behind, rows):
    luts = sum(table_luts(layer.tables[row], layer.bits) for row in rows)
    return luts, layer.inputs.shape[1], len(rows) * layer.tables.shape[1] * layer.bits


def _comparison(threshold, given):
    """Return look-up tables of ``x >= threshold``: low zero bits do not count."""
    low, high = given.bounds
    if threshold <= low or threshold > high:
        return 0
    distance = threshold - low
    zeros = (distance & -distance).bit_length() - 1
    inputs = given.bits - zeros
    return 0 if inputs == 1 else 1 + max(0, -(-(inputs - _LUT_INPUTS) // (_LUT_INPUTS - 1)))


def _thresholds(layer, given, behind, rows):
    count = layer.thresholds.shape[1]
    if layer.coding == "thermometer":
        places = zip(rows // count, rows % count, strict=True)
        luts = sum(_comparison(int(layer.thresholds[row, each]), given) for row, each in places)
        return luts, 1, 0
    luts = 0
    for row in rows:
        comparisons = sum(_comparison(int(each), given) for each in layer.thresholds[row])
        luts += min(comparisons + count, behind.bits * _tree(given.bits))
    return luts, 1, 0


def _sums(layer, given, behind, rows):
    luts, widest = 0, 0
    for row in rows:
        size = len(layer.groups[row])
        widest = max(widest, size)
        # a counter of n ones takes n less its width full adders, one table each
        luts += size if given.bits == 1 else (size - 1) * behind.bits
    return luts, widest, 0


def _matrix(layer, given, behind, rows):
    weights = layer.weights[rows]
    # every power of two of a weight is one adder
    adders = sum(int(each).bit_count() for each in np.abs(weights).ravel())
    return adders * behind.bits, int((weights != 0).sum(axis=1).max(initial=0)), 0


_COUNTS = {"tables": _tables, "sums": _sums, "thresholds": _thresholds, "matrix": _matrix}
