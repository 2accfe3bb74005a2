"""What ``bitserial-matmul`` computes: plain products of matrices of integers.

Written from the definition of the operands (Y. Umuroglu et al., "BISMO", FPL 2018, section II, for
two's complement; for bipolar operands the sum of ``(2 x_i - 1) 2**i``): the planes are put together
to integers, and these are multiplied. Here it is also defined which word of which plane the tokens
of a stream hold.
"""

import numpy as np

__all__ = ["decode", "product_stream"]

INTEGERS, BIPOLAR, MIXED = range(3)


def decode(planes, kind):
    """Return the integers that planes mean.

    Parameters
    ----------
    planes : integer array
        Bits; the planes lie on the first axis, the lowest first.
    kind : str
        ``"unsigned"``, ``"signed"`` or ``"bipolar"``.
    """
    planes = np.asarray(planes).astype(np.int64)
    weights = [1 << place for place in range(len(planes))]
    if kind == "signed":
        weights[-1] = -weights[-1]
    digits = 2 * planes - 1 if kind == "bipolar" else planes
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=True))


def product_stream(tokens, *, rows, columns, k, words):
    """Return the rows of the products' tiles, in the order in which they leave.

    A token with ``start`` begins a product and tells its shape, unless one is still coming in;
    other tokens outside of products are nothing. For every column of tiles the right tile comes
    first, then all left tiles, from the top down. Of a tile come ``words`` rows (columns) at a
    time, of these the planes from the lowest up, of these the words; word w of a plane holds
    elements ``w k`` and following, the first one in its lowest bit.

    Parameters
    ----------
    tokens : dict of str to numpy.ndarray
        Fields of the input stream, one value a token; ``data`` has shape (tokens, words). Absent
        fields are 0.
    rows, columns, k, words : int
        Sizes of the array.

    Returns
    -------
    numpy.ndarray
        int64, shape (tokens, columns).
    """
    count = len(tokens["start"])
    data = np.asarray(tokens["data"]).reshape(count, words)
    results, at = [np.zeros((0, columns), np.int64)], 0
    starts = np.flatnonzero(tokens["start"])
    while (later := starts[starts >= at]).size:
        at = int(later[0])
        facts = {name: int(values[at]) for name, values in tokens.items() if name != "data"}
        at += 1
        size = (facts["k_words"] + 1) * k - facts.get("padding", 0) * (facts.get("mode") == BIPOLAR)
        kinds = _kinds(facts)
        for _ in range(facts["column_tiles"] + 1):
            right, at = _tile(data, at, columns, facts["bits_right"] + 1, facts["k_words"] + 1, k)
            if right is None:
                break
            right = decode(right, kinds[1])[:, :size]
            for _ in range(facts["row_tiles"] + 1):
                left, at = _tile(data, at, rows, facts["bits_left"] + 1, facts["k_words"] + 1, k)
                if left is None:
                    break
                results.append(decode(left, kinds[0])[:, :size] @ right.T)
    return np.concatenate(results)


def _kinds(facts):
    """Return how the left and the right planes are to be decoded."""
    kinds = ["signed" if facts.get(f"signed_{side}") else "unsigned" for side in ("left", "right")]
    mode = facts.get("mode", INTEGERS)
    return [
        "bipolar" if mode in modes else kind
        for kind, modes in zip(kinds, ((BIPOLAR, MIXED), (BIPOLAR,)), strict=True)
    ]


def _tile(data, at, side, bits, count, k):
    """Return (planes of a tile, or None where the tokens do not suffice; number of the next token).

    The planes have shape (bits, side, elements).
    """
    words = data.shape[1]
    tokens = side // words * bits * count
    if at + tokens > len(data):
        return None, len(data)
    part = data[at : at + tokens].reshape(side // words, bits, count, words)
    part = part.transpose(1, 0, 3, 2).reshape(bits, side, count)
    places = np.arange(k).astype(data.dtype)
    planes = (
        part[..., None] >> places & part.dtype.type(1)
        if part.dtype != object
        else part[..., None] >> np.arange(k).astype(object) & 1
    )
    return planes.astype(np.int64).reshape(bits, side, count * k), at + tokens
