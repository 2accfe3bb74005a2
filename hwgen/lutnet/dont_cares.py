"""Tables of which some entries may be anything, filled so that little logic is left.

That entries which no training vector leads to may be chosen is the idea of ReducedLUT (Cassidy et
al., FPGA 2025). The choice is that of heuristics for decision diagrams with don't-cares (T. Shiple
et al., "Heuristic minimization of BDDs using don't cares", DAC 1994): whatever can be equal, is
made equal, from whole inputs through the halves of a function to all functions of a level.
"""

import numpy as np

__all__ = ["diagram_nodes", "filled"]


def filled(codes, seen, names, width, bits):
    """Return a table that is equal where ``seen``, and elsewhere what takes little logic.

    Parameters
    ----------
    codes : array of int, [2**(inputs * width)]
        Entries by address, unsigned.
    seen : array of bool
        Which entries must stay.
    names : sequence of int
        Numbers of the elements that are the address, the lowest bits first.
    width, bits : int
        Bits of an element, and of an entry.

    Returns
    -------
    numpy.ndarray
        No bit of it has more nodes in its decision diagram than that of ``codes``.
    """
    shape = (1 << width,) * len(names)
    values, care = _without_inputs(codes.reshape(shape), seen.reshape(shape))
    small = (2,) * width, (1,) * width
    split = [size for each in values.shape for size in small[each == 1]]
    values, care = values.reshape(split), care.reshape(split)
    # axis 0 is the highest bit of the address; diagrams ask for the greatest variable first
    variables = [name * width + bit for name in names for bit in range(width)][::-1]
    axes = np.argsort([-each for each in variables], kind="stable")
    given = [codes >> bit & 1 for bit in range(bits)]
    columns = []
    for bit, old in enumerate(given):
        equal = [at for at in range(bit) if (given[at] == old)[seen].all()]
        if equal:
            columns.append(columns[equal[0]])
            continue
        new = _filled_bit((values >> bit & 1).astype(bool), care, axes)
        cubes = [each.reshape((2,) * len(axes)).transpose(axes).ravel() for each in (new, old)]
        columns.append(new if diagram_nodes(cubes[0]) < diagram_nodes(cubes[1]) else old)
    return sum(column << bit for bit, column in enumerate(columns))


def _without_inputs(values, care):
    """Return values and care with one entry along the axes of the elements that need not matter.

    Elements that change few entries go first.
    """
    weights = [np.count_nonzero(np.ptp(values, axis)) for axis in range(values.ndim)]
    for axis in np.argsort(weights, kind="stable"):
        values, care = _without_axis(values, care, axis)
    return values, care


def _without_axis(values, care, axis):
    """Return values and care with one entry along an axis, or as they are if it must matter."""
    low = np.where(care, values, np.iinfo(values.dtype).max).min(axis, keepdims=True)
    high = np.where(care, values, np.iinfo(values.dtype).min).max(axis, keepdims=True)
    if (high > low).any():
        return values, care
    merged = care.any(axis, keepdims=True)
    return np.where(merged, high, values.take([0], axis)), merged


def _filled_bit(values, care, axes):
    """Return one bit by address, of cubes with or without an extent along their axes."""
    shape = (2,) * values.ndim
    values = values.astype(np.int8)
    weights = [np.count_nonzero(np.ptp(values, axis)) for axis in range(values.ndim)]
    for axis in np.argsort(weights, kind="stable"):
        values, care = _without_axis(values, care, axis)
    ordered = values.transpose(axes)
    truth = _truth(ordered)
    found = _fewest_functions(truth, _truth(care.transpose(axes)), ordered.size)
    bits = np.frombuffer(found.to_bytes(-(-ordered.size // 8), "little"), np.uint8)
    cube = np.unpackbits(bits, count=ordered.size, bitorder="little").reshape(ordered.shape)
    return np.broadcast_to(cube.transpose(np.argsort(axes)), shape).ravel().astype(np.int64)


def _truth(cube):
    """Return a cube of bits as an integer, its first entry in the lowest bit."""
    packed = np.packbits(np.asarray(cube, bool).ravel(), bitorder="little")
    return int.from_bytes(packed.tobytes(), "little")


def _fewest_functions(values, care, size):
    """Return a truth table that has ``values`` where ``care``, with few different subfunctions.

    A function is (bits that must be, where they must, bits that are wished).
    """
    functions, levels = [(values & care, care, values)], []
    while size > 1:
        size //= 2
        mask = (1 << size) - 1
        items, pairs = [], []
        for function in functions:
            halves = [tuple(each >> shift & mask for each in function) for shift in (0, size)]
            first = len(items)
            items += [_united(*halves)] if _compatible(*halves) else halves
            pairs.append((first, len(items) - 1))
        functions, places = _merged(items)
        levels.append((size, [(places[low], places[high]) for low, high in pairs]))
    truths = [wished for _, _, wished in functions]
    for size, pairs in reversed(levels):
        truths = [truths[low] | truths[high] << size for low, high in pairs]
    return truths[0]


def _compatible(one, other):
    return not (one[0] ^ other[0]) & one[1] & other[1]


def _united(one, other):
    """Return the function that is both where they must be; wished: what the first one wishes."""
    values, care = one[0] | other[0], one[1] | other[1]
    return values, care, values | one[2] & ~care


def _merged(items):
    """Return functions that stand for all items, and the place of every item's function.

    Items of which much must be come first; each joins the nearest function that it may.
    """
    functions, places = [], [0] * len(items)
    for number in sorted(range(len(items)), key=lambda each: -items[each][1].bit_count()):
        item = items[number]
        possible = [at for at, each in enumerate(functions) if _compatible(each, item)]
        if possible:
            place = min(possible, key=lambda at: (functions[at][2] ^ item[2]).bit_count())
            functions[place] = _united(functions[place], item)
        else:
            place = len(functions)
            functions.append(item)
        places[number] = place
    return functions, places


def diagram_nodes(column):
    """Return the nodes of the reduced decision diagram of bits by address, the highest bit first.

    Parameters
    ----------
    column : array of 0 and 1, [2**n]
    """
    known, numbers = {}, {}

    def number(truth, size):
        if size == 1:
            return truth
        if (truth, size) not in known:
            half = size // 2
            low, high = number(truth & (1 << half) - 1, half), number(truth >> half, half)
            same = low == high
            node = low if same else numbers.setdefault((low, high, size), len(numbers) + 2)
            known[truth, size] = node
        return known[truth, size]

    number(_truth(column), len(column))
    return len(numbers)
