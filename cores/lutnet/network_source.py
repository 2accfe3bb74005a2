"""Networks of look-up tables by name: a file, or random tables for tests."""

import re
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, LutNetwork, TableLayer
from hwgen.formats.lut_network_file import read_network

__all__ = ["read_source"]

_RANDOM = re.compile(r"random/(\d+)x(\d+)/(\d+(?:,\d+)*)/(\d+)")
_ADDRESS_BITS = 6
_MOST_NEURONS = 1 << 12


def read_source(source):
    """Return the `LutNetwork` that a source names.

    Parameters
    ----------
    source : str
        A ``.safetensors`` file, or ``random/NxB/M1,M2,.../SEED``: N inputs of B bits, layers of
        M1, M2, ... tables of at most 6 bits of address with 2 bits an entry (1 bit where B is 1),
        drawn by ``numpy.random.default_rng(SEED)``.

    Raises
    ------
    UsageError
        There is no such file, or it does not hold a network.
    """
    named = _RANDOM.fullmatch(source)
    if named:
        count, bits, neurons, seed = named.groups()
        return _random(source, int(count), int(bits), [*map(int, neurons.split(","))], int(seed))
    if Path(source).suffix != ".safetensors":
        raise UsageError(
            "net must be a .safetensors file, or random/NxB/M1,M2,.../SEED: N inputs of B bits, "
            f"layers of M1, M2, ... tables; not {source!r}"
        )
    return read_network(source)


def _random(source, count, bits, neurons, seed):
    largest = max(count, *neurons)
    if not 1 <= bits <= _ADDRESS_BITS or not 1 <= min(count, *neurons) <= largest <= _MOST_NEURONS:
        raise UsageError(
            f"net must have 1 to {_MOST_NEURONS} inputs of 1 to {_ADDRESS_BITS} bits, and so many "
            f"tables a layer, not {source!r}"
        )
    random = np.random.default_rng(seed)
    given, layers = Elements(count, bits), []
    for each in neurons:
        fan_in = _ADDRESS_BITS // given.bits
        width = min(2, bits)
        layers.append(
            TableLayer(
                random.integers(0, given.count, (each, fan_in)),
                random.integers(0, 1 << width, (each, 1 << fan_in * given.bits)),
                width,
            )
        )
        given = layers[-1].elements(given)
    return LutNetwork(Elements(count, bits), tuple(layers))
