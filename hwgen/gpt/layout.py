"""Where things lie in the machine's memories, and instructions that name these places."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.gpt_instructions import Instruction, encode

__all__ = ["Layout", "Place", "fraction_of", "significand_of"]

# of a matrix's codes and headers, in bytes
_ALIGNMENT = 64


@dataclass(frozen=True)
class Place:
    """An entry of the map of a program's memories.

    Parameters
    ----------
    name : str
    memory : str
        ``"weights"`` (bytes) or ``"constants"`` (words).
    start, size : int
    format : str
        Weight format, or what the constants are.
    """

    name: str
    memory: str
    start: int
    size: int
    format: str


class Layout:
    """A stretch of a program: instructions with the weights and constants that they read.

    Parameters
    ----------
    formats : list of str
        Weight formats of the machine, in the order of their numbers; new ones are appended.
    weights, constants : int
        Where its weights (bytes) and constants (words) begin.
    """

    def __init__(self, formats, weights=0, constants=0):
        self._formats = formats
        self._starts = {"weights": weights, "constants": constants}
        self._weights, self._constants = bytearray(), []
        self.instructions, self.places = [], []

    @property
    def weights(self):
        """The bytes of its weights."""
        return bytes(self._weights)

    @property
    def constants(self):
        """Its constants, int32."""
        return np.array(self._constants, np.int64).astype(np.int32)

    @property
    def code(self):
        """The words of its instructions."""
        return b"".join(encode(each) for each in self.instructions)

    @property
    def ends(self):
        """Where the next weights and constants may begin."""
        return (
            self._starts["weights"] + len(self._weights),
            self._starts["constants"] + len(self._constants),
        )

    def do(self, name, **operands):
        """Append an instruction."""
        self.instructions.append(Instruction.of(name, **operands))

    def matrix(self, name, streamed):
        """Place a `Streamed` matrix; return the operands that name it."""
        form = streamed.stream.name
        if form not in self._formats:
            self._formats.append(form)
        found = {"format": self._formats.index(form), "base": streamed.base}
        for part in ("codes", "headers"):
            data = getattr(streamed, part).tobytes()
            self._weights += bytes(-len(self._weights) % _ALIGNMENT)
            found[part] = self.ends[0]
            self.places.append(Place(f"{name} {part}", "weights", found[part], len(data), form))
            self._weights += data
        return found

    def words(self, name, values, meaning):
        """Place constants; return their address."""
        values = [int(each) for each in np.asarray(values).ravel()]
        if values and not -(1 << 31) <= min(values) <= max(values) < 1 << 31:
            raise UsageError(f"{name} must fit into 32 bits, and has {max(values, key=abs)}")
        start = self.ends[1]
        self.places.append(Place(name, "constants", start, len(values), meaning))
        self._constants += values
        return start

    def finish(self):
        """Pad weights, so that a following stretch begins at a whole number of lines."""
        self._weights += bytes(-len(self._weights) % _ALIGNMENT)


def significand_of(value):
    """Return (significand of 17 bits, shift) of a positive number: ``significand * 2**-shift``."""
    fraction, exponent = np.frexp(value)
    significand = round(float(fraction) * (1 << 17))
    if significand == 1 << 17:
        significand, exponent = 1 << 16, exponent + 1
    shift = 17 - int(exponent)
    if not 0 <= shift < 64:
        raise UsageError(f"factor must be 2**-46 to 2**17, not {value}")
    return significand, shift


def fraction_of(values, bits):
    """Return the most fraction bits, up to 31, with which values fit into two's complement."""
    largest = float(np.abs(values).max(initial=0))
    fraction = 31
    while fraction > 0 and round(largest * 2**fraction) >= 1 << bits - 1:
        fraction -= 1
    return fraction
