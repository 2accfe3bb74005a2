"""The GPT machine, instruction by instruction, for some tokens at a time."""

from functools import cached_property

import numpy as np

from hwgen.errors import HwgenError, UsageError
from hwgen.formats.gpt_instructions import MOST_HEADS
from hwgen.formats.gpt_status import (
    BAD_ADDRESS,
    BAD_INSTRUCTION,
    BAD_TOKEN,
    CONTEXT_FULL,
    reason_of,
)
from hwgen.formats.weight_stream import GROUP

from .attention import attended
from .functions import FUNCTIONS, reciprocal_root
from .integers import quantised, rounded, saturated
from .matrix import Matrix, scaled, turned_pairs
from .sampling import Sampler

__all__ = ["Halted", "Interpreter"]

_SCALARS, _FORMATS = 8, 16
_ANGLE_FRACTION = 30


class Halted(HwgenError):
    """The machine stopped early.

    Parameters
    ----------
    status, counter : int
        Why, and the place of the instruction.
    """

    def __init__(self, status, counter):
        self.status, self.counter = status, counter
        super().__init__(
            f"the machine stopped with status {status} at instruction {counter}: "
            f"{reason_of(status)}"
        )


class Interpreter:
    """The state of a machine.

    Parameters
    ----------
    program : Program

    Members
    -------
    position : int
        Of the next token.
    sampler : Sampler
        How the next token is chosen.
    """

    def __init__(self, program):
        self._program, self._machine = program, program.machine
        self._matrices = {}
        self.sampler = Sampler()
        self.reset()

    def reset(self):
        """Forget all tokens."""
        machine = self._machine
        cache = (machine.slots, machine.context)
        self.position = 0
        self._cache = {
            name: (np.zeros((*cache, machine.head_width), np.int64), np.zeros(cache, np.int64))
            for name in ("key", "value")
        }

    @cached_property
    def _instructions(self):
        found = []
        for counter in range(len(self._program)):
            try:
                found.append(self._program.instruction(counter))
            except UsageError:
                found.append(None)
        return found

    def step(self, tokens):
        """Run the program for the next tokens; return (scores of all, the token chosen).

        Results are those of one token after the other.

        Parameters
        ----------
        tokens : sequence of int

        Returns
        -------
        scores : int64 [tokens, scores]
            With 16 fraction bits.
        chosen : int
            Behind the last token.

        Raises
        ------
        Halted
        """
        tokens = np.asarray(tokens, np.int64)
        if not 0 < len(tokens) <= self._machine.context - self.position:
            raise Halted(CONTEXT_FULL, 0)
        self._begin(tokens)
        counter, loop = 0, None
        self._strides = np.zeros(_FORMATS, np.int64)
        self._settle()
        while True:
            instruction = self._instruction(counter)
            self._counter = counter
            counter += 1
            name = instruction.kind.name
            if name == "halt":
                break
            if name == "loop":
                loop = [counter, instruction.count, instruction]
            elif name == "stride":
                self._strides[instruction.format] = instruction.blocks
            elif name == "repeat":
                counter, loop = self._repeat(counter, loop)
            else:
                getattr(self, f"_{name}")(instruction)
        if instruction.status:
            raise Halted(instruction.status, counter - 1)
        self.position += len(tokens)
        return self._scores, self._chosen

    def _begin(self, tokens):
        machine, count = self._machine, len(tokens)
        self._tokens = tokens
        self._positions = self.position + np.arange(count)
        self._values = np.zeros((count, machine.values), np.int64)
        self._codes = np.zeros((count, machine.blocks, GROUP), np.int64)
        self._exponents = np.zeros((count, machine.blocks), np.int64)
        self._queries = np.zeros((count, machine.heads, machine.head_width), np.int64)
        self._query_exponents = np.zeros((count, machine.heads), np.int64)
        self._scalars = np.zeros((2, _SCALARS, count), np.int64)
        self._scores = np.zeros((count, machine.vocabulary), np.int64)
        self._chosen = None

    def _instruction(self, counter):
        found = self._instructions[counter] if counter < len(self._program) else None
        if found is None:
            raise Halted(BAD_INSTRUCTION, counter)
        return found

    def _repeat(self, counter, loop):
        if loop is None:
            raise Halted(BAD_INSTRUCTION, counter - 1)
        begin, left, instruction = loop
        if left <= 1:
            self._settle()
            return counter, None
        self._moved["weights"] += self._strides
        for name in ("constants", "cache"):
            self._moved[name] += instruction.values[name]
        loop[1] -= 1
        return begin, loop

    def _settle(self):
        """Let addresses be where instructions say, as they are outside of loops."""
        self._moved = {"weights": np.zeros(_FORMATS, np.int64), "constants": 0, "cache": 0}

    def _range(self, start, count, size):
        if start + count > size:
            raise Halted(BAD_ADDRESS, self._counter)
        return slice(start, start + count)

    def _constants(self, address, count):
        start = address + self._moved["constants"]
        found = self._program.constants[self._range(start, count, len(self._program.constants))]
        return found.astype(np.int64)

    def _matrix(self, instruction, rows, blocks):
        """Return the `Matrix` that an instruction names; kept, since weights never change."""
        if instruction.format >= len(self._machine.formats):
            raise Halted(BAD_INSTRUCTION, self._counter)
        first = instruction.weights + self._moved["weights"][instruction.format]
        key = (instruction.format, first, rows, blocks)
        if key not in self._matrices:
            memory = self._program.weights[instruction.format]
            place = self._range(first, rows * blocks, len(memory))
            records = memory[place].reshape(rows, blocks, -1)
            name = self._machine.formats[instruction.format]
            self._matrices[key] = Matrix(name, records, instruction.base)
        return self._matrices[key]

    def _angles(self, instruction):
        pairs, bits = instruction.pairs, instruction.bits
        if 2 * pairs != self._machine.head_width:
            raise Halted(BAD_INSTRUCTION, self._counter)
        turns = []
        for table, places in (
            (instruction.coarse, self._positions >> bits),
            (instruction.fine, self._positions & (1 << bits) - 1),
        ):
            count = 2 * pairs * (int(places.max()) + 1)
            turns.append(self._constants(table, count).reshape(-1, pairs, 2)[places])
        (one, other), shift = turns, 2 * _ANGLE_FRACTION - 16
        cosines = one[..., 0] * other[..., 0] - one[..., 1] * other[..., 1]
        sines = one[..., 0] * other[..., 1] + one[..., 1] * other[..., 0]
        self._turn = rounded(cosines, shift), rounded(sines, shift)

    def _embed(self, instruction):
        rows = self._tokens if instruction.index == "token" else self._positions
        limit = self._machine.vocabulary if instruction.index == "token" else self._machine.context
        if rows.max() >= limit or rows.min() < 0:
            raise Halted(BAD_TOKEN, self._counter)
        count = GROUP * instruction.blocks
        found = self._matrix(instruction, limit, instruction.blocks).row(rows)
        place = self._range(instruction.destination, count, self._machine.values)
        if instruction.add:
            found = saturated(found + self._values[:, place])
        self._values[:, place] = found

    def _normalise(self, instruction):
        count = instruction.count
        values = self._values[:, self._range(instruction.source, count, self._machine.values)]
        mean_of = (instruction.mean_significand, instruction.mean_shift)
        if instruction.center:
            mean = rounded(values.sum(axis=1) * mean_of[0], mean_of[1])
            values = values - mean[:, None]
        squares = _mean_square(values, *mean_of) + instruction.epsilon
        significands, shifts = reciprocal_root(np.maximum(squares, 1))
        # the root of a number with 32 fraction bits has 16
        self._scalars[0, instruction.scalar] = significands
        self._scalars[1, instruction.scalar] = shifts - 16
        gained = values * self._constants(instruction.gain, count)
        self._quantised(gained, 16 + instruction.gain_fraction, instruction.destination)

    def _quantised(self, values, fraction, destination):
        """Write values with some fraction bits as blocks of codes; zeros fill the last block."""
        blocks = -(-values.shape[1] // GROUP)
        padded = np.zeros((len(values), blocks * GROUP), np.int64)
        padded[:, : values.shape[1]] = values
        place = self._range(destination, blocks, self._machine.blocks)
        codes, exponents = quantised(
            padded.reshape(-1, blocks, GROUP), self._machine.activation_bits
        )
        self._codes[:, place], self._exponents[:, place] = codes, exponents - fraction

    def _multiply(self, instruction):
        blocks, rows = instruction.blocks, instruction.rows
        matrix = self._matrix(instruction, rows, blocks)
        place = self._range(instruction.source, blocks, self._machine.blocks)
        found = matrix.sums(self._codes[:, place], self._exponents[:, place])
        if instruction.scaled:
            scalar = self._scalars[:, instruction.scalar, :, None]
            found = scaled(found, scalar[0], scalar[1])
        found = scaled(found, instruction.factor, instruction.factor_shift)
        found = rounded(found, 8)
        if instruction.biased:
            found = found + self._constants(instruction.bias, rows)
        found = saturated(found)
        if instruction.turned:
            found = turned_pairs(found, *self._turn)
        if instruction.gated:
            gates = FUNCTIONS[instruction.function](found[:, 0::2])
            found = saturated(rounded(gates * found[:, 1::2], 16))
        else:
            found = saturated(FUNCTIONS[instruction.function](found))
        getattr(self, f"_to_{instruction.to}")(found, instruction)

    def _to_values(self, found, instruction):
        place = self._range(instruction.destination, found.shape[1], self._machine.values)
        if instruction.add:
            found = saturated(found + self._values[:, place])
        self._values[:, place] = found

    def _to_codes(self, found, instruction):
        self._quantised(found, 16, instruction.destination)

    def _to_scores(self, found, instruction):
        place = self._range(instruction.destination, found.shape[1], self._machine.vocabulary)
        self._scores[:, place] = found

    def _heads(self, found):
        """Return (codes, exponents) of results, one block a head."""
        heads = found.reshape(len(found), -1, self._machine.head_width)
        codes, exponents = quantised(heads, self._machine.activation_bits)
        return codes, exponents - 16

    def _to_query(self, found, instruction):
        codes, exponents = self._heads(found)
        place = self._range(instruction.destination, codes.shape[1], self._machine.heads)
        self._queries[:, place], self._query_exponents[:, place] = codes, exponents

    def _to_cache(self, found, instruction):
        codes, exponents = self._heads(found)
        first = instruction.destination + self._moved["cache"]
        place = self._range(first, codes.shape[1], self._machine.slots)
        kept, kept_exponents = self._cache[instruction.to]
        kept[place, self._positions] = codes.transpose(1, 0, 2)
        kept_exponents[place, self._positions] = exponents.T

    _to_key = _to_value = _to_cache

    def _attend(self, instruction):
        machine, heads = self._machine, instruction.heads
        if not 1 <= heads <= MOST_HEADS:
            raise Halted(BAD_INSTRUCTION, self._counter)
        self._range(instruction.query, heads, machine.heads)
        seen, slot = int(self._positions[-1]) + 1, instruction.slot + self._moved["cache"]
        found = []
        for head in range(heads):
            self._range(slot, 1, machine.slots)
            keys, values = (
                tuple(part[slot, :seen] for part in self._cache[name]) for name in ("key", "value")
            )
            number = instruction.query + head
            query = self._queries[:, number], self._query_exponents[:, number]
            found.append(attended(query, keys, values, self._positions))
            slot += instruction.moves >> head & 1
        self._quantised(np.concatenate(found, axis=1), 16, instruction.destination)

    def _sample(self, instruction):
        place = self._range(0, instruction.count, self._machine.vocabulary)
        self._chosen = self.sampler.choose(self._scores[-1, place])


def _mean_square(values, significand, shift):
    """Return mean squares with 32 fraction bits, of values with 16, limited to 62 bits."""
    # squares of 33 bits do not fit into int64, and neither do their sums
    high, low = values >> 16, values & 0xFFFF
    found = []
    for most, middle, least in zip(
        (high * high).sum(axis=1), (high * low).sum(axis=1), (low * low).sum(axis=1), strict=True
    ):
        total = (int(most) << 32) + (int(middle) << 17) + int(least)
        product = total * significand
        found.append(min(product + (1 << shift - 1) >> shift, (1 << 62) - 1))
    return np.array(found, np.int64)
