"""A program of the GPT machine: instructions, weights, constants, and the machine it needs."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hwgen.errors import UsageError

from .gpt_instructions import WORD_BYTES, decode
from .weight_stream import parse_weight_stream

__all__ = ["Machine", "Program"]


@dataclass(frozen=True)
class Machine:
    """How large a GPT machine is.

    Parameters
    ----------
    activation_bits : int
        Bits of the codes of activations, queries, keys and values: 8 or 16.
    heads, head_width : int
        Query heads, and the width of a head.
    slots, context : int
        Slots of keys and values, one for each key/value head of every layer, and tokens of each.
    values, blocks : int
        Places for values, and for blocks of codes.
    vocabulary : int
        Places for scores.
    formats : tuple of str
        Weight formats that are decoded, at most 16.

    Raises ``UsageError`` for a size that is out of range.
    """

    activation_bits: int
    heads: int
    head_width: int
    slots: int
    context: int
    values: int
    blocks: int
    vocabulary: int
    formats: tuple[str, ...]

    def __post_init__(self):
        if self.activation_bits not in (8, 16):
            raise UsageError(f"activation_bits must be 8 or 16, not {self.activation_bits}")
        limits = {
            **{"heads": 1 << 8, "head_width": 1 << 10, "slots": 1 << 16, "context": 1 << 20},
            **{"values": 1 << 20, "blocks": 1 << 16, "vocabulary": 1 << 20},
        }
        for name, most in limits.items():
            if not 1 <= getattr(self, name) <= most:
                raise UsageError(f"{name} must be 1..{most}, not {getattr(self, name)}")
        if self.head_width % 2:
            raise UsageError(f"head_width must be even, not {self.head_width}")
        if not 1 <= len(self.formats) <= 16:
            raise UsageError(f"formats must be 1..16 in number, not {len(self.formats)}")
        for name in self.formats:
            parse_weight_stream(name)

    @property
    def cache_bytes(self):
        """Bytes of all keys and values, exponents (one byte a token and slot) included."""
        token = self.head_width * self.activation_bits // 8 + 1
        return 2 * self.slots * self.context * token


@dataclass(frozen=True)
class Program:
    """Instructions and the memory that they refer to.

    Parameters
    ----------
    machine : Machine
    code : bytes
        Instruction words.
    weights : tuple of uint8 array, [blocks, bytes of a block]
        Matrices, by the number of their format.
    constants : int32 array
        Gains, biases, and turns by angles.
    """

    machine: Machine
    code: bytes = field(repr=False)
    weights: tuple = field(repr=False)
    constants: np.ndarray = field(repr=False)

    def __post_init__(self):
        if not self.code or len(self.code) % WORD_BYTES:
            raise UsageError(
                f"code must be words of {WORD_BYTES} bytes, not {len(self.code)} bytes"
            )

        sizes = [parse_weight_stream(each).block_bytes for each in self.machine.formats]
        found = [each.shape[1] if each.ndim == 2 else None for each in self.weights]
        if found != sizes:
            raise UsageError(f"weights must be blocks of {sizes} bytes, not {found}")

    @cached_property
    def digest(self):
        """SHA-256 of everything that the machine computes with, in hexadecimal."""
        found = hashlib.sha256(repr(self.machine).encode())
        for part in (self.code, *self.weights, self.constants):
            found.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes())
        return found.hexdigest()

    @property
    def weight_bytes(self):
        """Bytes of all weights."""
        return sum(each.size for each in self.weights)

    @property
    def blocks_per_token(self):
        """Blocks of 32 weights that a token is multiplied by; clock cycles of 32 multipliers."""
        products = (each for each in self.executed() if each.kind.name == "multiply")
        return sum(each.rows * each.blocks for each in products)

    def executed(self):
        """Yield the `Instruction` objects of a token in the order of execution, loops unrolled."""
        counter, begin, left = 0, 0, 0
        while counter < len(self):
            found = self.instruction(counter)
            yield found
            counter += 1
            if found.kind.name == "loop":
                begin, left = counter, found.count
            elif found.kind.name == "repeat" and left > 1:
                counter, left = begin, left - 1

    def __len__(self):
        return len(self.code) // WORD_BYTES

    def instruction(self, counter):
        """Return the `Instruction` at a place; raises ``UsageError`` for a word that is none."""
        return decode(self.code[counter * WORD_BYTES : (counter + 1) * WORD_BYTES])
