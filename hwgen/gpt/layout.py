"""Where things lie in the machine's memories, and instructions that name these places."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.gpt_instructions import Instruction, encode
from hwgen.formats.weight_stream import parse_weight_stream

__all__ = ["Layout", "Place", "fraction_of", "significand_of"]


@dataclass(frozen=True)
class Place:
    """An entry of the map of a program's memories.

    Parameters
    ----------
    name : str
    memory : str
        Weight format (blocks), or ``"constants"`` (words).
    start, size : int
    meaning : str
        Of constants.
    """

    name: str
    memory: str
    start: int
    size: int
    meaning: str = ""


class Layout:
    """A stretch of a program: instructions with the weights and constants that they read.

    Parameters
    ----------
    formats : list of str
        Weight formats of the machine, in the order of their numbers; new ones are appended.
    starts : dict of str to int
        Where its weights of every format (blocks) and its constants (words) begin; 0 by default.
    """

    def __init__(self, formats, starts=None):
        self._formats, self._starts = formats, dict(starts or {})
        self._weights, self._constants = {}, []
        self.instructions, self.places = [], []

    def weights(self, form):
        """Return its weights of a format, [blocks, bytes of a block]."""
        empty = np.zeros((0, parse_weight_stream(form).block_bytes), np.uint8)
        return np.concatenate([empty, *self._weights.get(form, [])])

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
        """Where the next weights of every format and the next constants may begin."""
        ends = {"constants": self._start("constants") + len(self._constants)}
        for form in {*self._starts, *self._weights} - {"constants"}:
            ends[form] = self._start(form) + sum(map(len, self._weights.get(form, [])))
        return ends

    def _start(self, memory):
        return self._starts.get(memory, 0)

    def do(self, name, **operands):
        """Append an instruction."""
        self.instructions.append(Instruction.of(name, **operands))

    def matrix(self, name, streamed):
        """Place a `Streamed` matrix; return the operands that name it."""
        form = streamed.stream.name
        if form not in self._formats:
            self._formats.append(form)
        start = self.ends.get(form, 0)
        records = streamed.records.reshape(-1, streamed.records.shape[-1])
        self.places.append(Place(name, form, start, len(records)))
        self._weights.setdefault(form, []).append(records)
        return {"format": self._formats.index(form), "weights": start, "base": streamed.base}

    def words(self, name, values, meaning):
        """Place constants; return their address."""
        values = [int(each) for each in np.asarray(values).ravel()]
        if values and not -(1 << 31) <= min(values) <= max(values) < 1 << 31:
            raise UsageError(f"{name} must fit into 32 bits, and has {max(values, key=abs)}")
        start = self.ends["constants"]
        self.places.append(Place(name, "constants", start, len(values), meaning))
        self._constants += values
        return start


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
