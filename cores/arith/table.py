"""Small functions of a few bits as shared, reduced decision diagrams for the mapper to cover."""

from amaranth.hdl import Cat, Const, Mux

__all__ = ["lookup", "lookup_delay"]


def lookup(bits, function, width):
    """Return ``function`` of an address as logic.

    Parameters
    ----------
    bits : list of Value
        Address bits, least significant first; at most 12.
    function : callable
        Takes the address, returns an integer; bits above ``width`` are dropped.
    width : int
        Bits of the result.

    Returns
    -------
    Value
        Multiplexers that share equal subfunctions; the form that ABC maps best
        among those measured for functions of 6 to 12 inputs.
    """
    nodes = {}

    def node(position, table):
        if all(table) or not any(table):
            return Const(int(table[0]), 1)
        key = (position, table)
        if key not in nodes:
            half = len(table) // 2
            low, high = table[:half], table[half:]
            if low == high:
                nodes[key] = node(position - 1, low)
            elif not any(low) and all(high):
                nodes[key] = bits[position]
            else:
                nodes[key] = Mux(bits[position], node(position - 1, high), node(position - 1, low))
        return nodes[key]

    values = [function(address) for address in range(1 << len(bits))]
    outputs = []
    for output in range(width):
        table = tuple(bool(value >> output & 1) for value in values)
        outputs.append(node(len(bits) - 1, table))
    return Cat(*outputs)


def lookup_delay(fabric, bits, width):
    """Return what a `lookup` of ``bits`` address bits in one operation takes, in nanoseconds.

    The mapper covers multiplexers for area as long as another path is longer, so that a bit more
    than a look-up table has inputs costs two in series; and every bit reaches tables of all parts
    of the result. Placed exponential functions show both.
    """
    beyond = max(0, bits - fabric.lut_inputs)
    reach = fabric.fan_out_delay * (width << beyond) ** 0.5
    return fabric.logic_delay(2 * beyond + 2 if beyond else 1) + reach
