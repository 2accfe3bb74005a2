"""From a network of look-up tables to functions of bits: what is constant, equal or unused is out.

Layers of tables and of thresholds become Boolean functions of the bits before them. A bit that is
constant is told to the layers behind; of equal bits one is left; a bit that nobody reads is not
made. Sums, matrices and the choice of a class take whole elements.
"""

from dataclasses import dataclass
from itertools import pairwise

from hwgen.cores.lutnet.decision_diagrams import Diagrams

__all__ = ["ONE", "ZERO", "LogicLayer", "NumberLayer", "plan_network"]

ZERO, ONE = -1, -2


@dataclass
class LogicLayer:
    """Boolean functions of the bits before.

    Parameters
    ----------
    diagrams : Diagrams
        Their variables are numbers of bits before.
    functions : dict of int to int
        The different ones that are no constants, by the number of the bit that each is.
    elements : list of list of int
        For every element its bits, the lowest first: numbers, `ZERO` or `ONE`.
    signed : bool
        Whether elements are in two's complement.
    """

    diagrams: Diagrams
    functions: dict
    elements: list
    signed: bool

    @property
    def variables(self):
        """Numbers of the bits before that are read."""
        return self.diagrams.variables(self.functions.values())

    @property
    def functions_of_elements(self):
        """The functions that every element adds to those before, in the order of ``functions``."""
        found, seen = [], set()
        for element in self.elements:
            new = [bit for bit in dict.fromkeys(element) if bit in self.functions]
            own = [self.functions[bit] for bit in new if bit not in seen]
            seen.update(new)
            found += [own] if own else []
        return found

    @property
    def longest_support(self):
        """Most variables that one function depends on."""
        return max(len(self.diagrams.variables([each])) for each in self.functions.values())


@dataclass
class NumberLayer:
    """Sums or a matrix, as the network has it.

    Parameters
    ----------
    layer : SumLayer or MatrixLayer
    before, elements : list of list of int
        Bits of the elements before, and of those that it makes; see `LogicLayer`.
    signed : bool
        Whether its elements are in two's complement.
    """

    layer: object
    before: list
    elements: list
    signed: bool

    @property
    def variables(self):
        """Numbers of the bits before that are read."""
        numbers = self.layer.inputs if self.layer.kind == "sums" else range(len(self.before))
        return sorted({bit for number in numbers for bit in self.before[number] if bit >= 0})


def plan_network(network):
    """Return the `LogicLayer` and `NumberLayer` of a `LutNetwork`, in order."""
    given = network.elements[0]
    elements, layers = _numbered(given), []
    for layer, before, after in zip(
        network.layers, network.elements, network.elements[1:], strict=False
    ):
        if layer.kind == "tables":
            found = _tables(layer, before, elements)
        elif layer.kind == "thresholds":
            found = _thresholds(layer, before, elements)
        else:
            found = NumberLayer(layer, elements, _numbered(after), after.signed)
        layers.append(found)
        elements = found.elements
    _drop_unread(layers)
    return layers


def _numbered(elements):
    bits = elements.bits
    return [list(range(at * bits, (at + 1) * bits)) for at in range(elements.count)]


def _logic(diagrams, elements, signed):
    """Return the layer of elements given as functions."""
    bits = {0: ZERO, 1: ONE}
    for function in (each for element in elements for each in element):
        bits.setdefault(function, len(bits) - 2)
    functions = {bit: function for function, bit in bits.items() if bit >= 0}
    found = [[bits[each] for each in element] for element in elements]
    return LogicLayer(diagrams, functions, found, signed)


def _tables(layer, before, elements):
    diagrams, found, known = Diagrams(), [], {}
    for inputs, table in zip(layer.inputs.tolist(), layer.tables, strict=True):
        sources = tuple(bit for number in inputs for bit in elements[number])
        key = sources, table.tobytes()
        if key not in known:
            known[key] = [diagrams.of_table(sources, table >> bit & 1) for bit in range(layer.bits)]
        found.append(known[key])
    return _logic(diagrams, found, layer.signed)


def _thresholds(layer, before, elements):
    diagrams, found = Diagrams(), []
    # with the sign inverted, codes ascend as the integers do
    starts = (layer.thresholds - before.bounds[0]).tolist()
    for sources, row in zip(elements, starts, strict=True):
        levels = len(row)
        if layer.coding == "thermometer":
            steps = [([start], [0, 1]) for start in row]
        else:
            counts = range(levels + 1)
            steps = [(row, [n >> bit & 1 for n in counts]) for bit in range(levels.bit_length())]
        bits = [diagrams.of_intervals(sources, *step, before.signed) for step in steps]
        found += [[bit] for bit in bits] if layer.coding == "thermometer" else [bits]
    return _logic(diagrams, found, False)


def _drop_unread(layers):
    """Leave out every function that no layer behind reads, from the last layer on."""
    for layer, behind in reversed(list(pairwise(layers))):
        if isinstance(layer, LogicLayer):
            read = behind.variables
            layer.functions = {bit: layer.functions[bit] for bit in read if bit in layer.functions}
