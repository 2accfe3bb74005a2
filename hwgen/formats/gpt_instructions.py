"""The instruction set of the GPT machine: one table for assembler, golden model, RTL and its page.

An instruction is a word of 256 bits: the opcode in the lowest eight, then its operands in the order
of the table, the first one lowest, and zeros. Bytes of a word are little endian.
"""

from dataclasses import dataclass

from hwgen.errors import UsageError, nearest

__all__ = [
    "INSTRUCTIONS",
    "MOST_HEADS",
    "WORD_BYTES",
    "Instruction",
    "Kind",
    "Operand",
    "decode",
    "disassemble",
    "encode",
]

WORD_BYTES = 32
MOST_HEADS = 128
"""Query heads of one instruction ``attend``."""
_OPCODE_BITS = 8


@dataclass(frozen=True)
class Operand:
    """A field of an instruction.

    Parameters
    ----------
    name : str
    bits : int
    doc : str
    signed : bool
        Two's complement.
    choices : tuple of str
        What its numbers stand for, where they stand for something.
    """

    name: str
    bits: int
    doc: str
    signed: bool = False
    choices: tuple[str, ...] = ()

    def number(self, value):
        """Return the bits of a value, an integer or one of the choices; raises ``UsageError``."""
        if isinstance(value, str) and self.choices:
            if value not in self.choices:
                raise UsageError(
                    f"{self.name} must be one of {', '.join(self.choices)}, not {value!r}"
                    + nearest(value, self.choices)
                )
            return self.choices.index(value)
        low = -(1 << self.bits - 1) if self.signed else 0
        high = low + (1 << self.bits) - 1
        if not low <= value <= high:
            raise UsageError(f"{self.name} must be {low}..{high}, not {value}")
        return int(value) & (1 << self.bits) - 1

    def value(self, number):
        """Return the value of bits: one of the choices, or an integer; raises ``UsageError``."""
        if self.choices:
            if number >= len(self.choices):
                raise UsageError(f"{self.name} must be below {len(self.choices)}, not {number}")
            return self.choices[number]
        return number - (1 << self.bits) if self.signed and number >> self.bits - 1 else number


@dataclass(frozen=True)
class Kind:
    """One kind of instruction.

    Parameters
    ----------
    name : str
    opcode : int
    unit : str
        Which unit executes it: control, vector, matrix or attention; units work in parallel.
    doc : str
    operands : tuple of Operand
    """

    name: str
    opcode: int
    unit: str
    doc: str
    operands: tuple[Operand, ...] = ()


_ELEMENT = "of the values, in elements"
_BLOCK = "of the codes, in blocks of 32"
_CONSTANT = "of the constants, in words"


def _matrix(what):
    return (
        Operand("format", 4, "which of the machine's weight formats"),
        Operand("weights", 32, f"first place of {what}, in blocks of its format's weights"),
        Operand("base", 12, "exponent that all its units share", signed=True),
    )


_FUNCTIONS = ("none", "silu", "gelu", "gelu_tanh", "squared_relu")
_DESTINATIONS = ("values", "codes", "query", "key", "value", "scores")

INSTRUCTIONS = (
    Kind(
        "halt",
        0,
        "control",
        "Stop; the machine's status is that of the instruction.",
        (Operand("status", 8, "0: the program is done"),),
    ),
    Kind(
        "loop",
        1,
        "control",
        "Execute what stands before `repeat` so many times; every time, addresses in it move on. "
        "Loops do not nest.",
        (
            Operand("count", 16, "how many times, at least 1"),
            Operand("constants", 32, "words that addresses of constants move on"),
            Operand("cache", 16, "slots of keys and values that numbers of slots move on"),
        ),
    ),
    Kind(
        "stride",
        3,
        "control",
        "Say how far addresses of weights of one format move on, every time that a loop repeats.",
        (
            Operand("format", 4, "which of the machine's weight formats"),
            Operand("blocks", 32, "how far"),
        ),
    ),
    Kind("repeat", 2, "control", "The end of a loop."),
    Kind(
        "angles",
        8,
        "vector",
        "Make cosines and sines of the position: a turn by its upper bits, then by its lower ones, "
        "of two tables of (cosine, sine) words with 30 fraction bits.",
        (
            Operand("coarse", 32, f"table of turns by the upper bits, {_CONSTANT}"),
            Operand("fine", 32, f"table of turns by the lower bits, {_CONSTANT}"),
            Operand("bits", 4, "number of lower bits"),
            Operand("pairs", 8, "angles of a position"),
        ),
    ),
    Kind(
        "embed",
        9,
        "vector",
        "Read one row of a matrix: of the token, or of its position.",
        (
            *_matrix("the matrix"),
            Operand("blocks", 12, "columns, in blocks of 32"),
            Operand("index", 1, "which row", choices=("token", "position")),
            Operand("add", 1, "add to what is there"),
            Operand("destination", 20, f"first place {_ELEMENT}"),
        ),
    ),
    Kind(
        "normalise",
        10,
        "vector",
        "Values times gains become codes, and a scalar what the result of a product with them is "
        "to be multiplied by: the reciprocal root of the mean square.",
        (
            Operand("source", 20, f"first place {_ELEMENT}"),
            Operand("count", 20, "elements"),
            Operand("mean_significand", 17, "1 / count, significand"),
            Operand("mean_shift", 6, "1 / count is that times 2**-shift"),
            Operand("center", 1, "subtract the mean first"),
            Operand("epsilon", 32, "what is added to the mean square, with 32 fraction bits"),
            Operand("gain", 32, f"place of the gains, {_CONSTANT}"),
            Operand("gain_fraction", 5, "their fraction bits"),
            Operand("scalar", 3, "register of the scalar"),
            Operand("destination", 16, f"first place {_BLOCK}"),
        ),
    ),
    Kind(
        "multiply",
        16,
        "matrix",
        "A matrix times codes. A result is the sum over groups, times a scalar and a factor, plus "
        "a bias; then turned by the position's angles, or put through a function, or both rows of "
        "a pair multiplied; then stored.",
        (
            *_matrix("the matrix"),
            Operand("rows", 20, "rows"),
            Operand("blocks", 12, "columns, in blocks of 32"),
            Operand("source", 16, f"first place {_BLOCK}"),
            Operand("scaled", 1, "multiply by a scalar"),
            Operand("scalar", 3, "its register"),
            Operand("factor", 17, "significand of the factor, 16 fraction bits"),
            Operand("factor_shift", 6, "the factor is that times 2**-shift"),
            Operand("biased", 1, "add a bias"),
            Operand("bias", 32, f"place of the biases, {_CONSTANT}"),
            Operand("turned", 1, "rows 2 i and 2 i + 1 are turned by angle i of a head"),
            Operand("function", 3, "applied to every result", choices=_FUNCTIONS),
            Operand("gated", 1, "function of row 2 i times row 2 i + 1 is result i"),
            Operand("add", 1, "add to the values that are there"),
            Operand("chained", 1, "the norm that is executed next takes the values as they come"),
            Operand("to", 3, "what is written", choices=_DESTINATIONS),
            Operand(
                "destination",
                20,
                "first value, block of codes, query head, or slot of keys or values",
            ),
        ),
    ),
    Kind(
        "attend",
        24,
        "attention",
        "Heads: scores of a query with all keys of a slot, softmax, sum of the slot's values. What "
        "the heads attend to, one after the other, becomes codes.",
        (
            Operand("query", 8, "first query head"),
            Operand("heads", 8, f"query heads, at most {MOST_HEADS}"),
            Operand("slot", 16, "slot of keys and values of the first one"),
            Operand("moves", MOST_HEADS, "bit i: the head behind head i has the next slot"),
            Operand("destination", 16, f"first place {_BLOCK}"),
        ),
    ),
    Kind(
        "sample",
        32,
        "vector",
        "Choose the next token by the scores: the greatest (the first of several), or one drawn "
        "among the greatest ones, by the machine's temperature, count and seed.",
        (Operand("count", 20, "scores"),),
    ),
)
_BY_NAME = {each.name: each for each in INSTRUCTIONS}
_BY_OPCODE = {each.opcode: each for each in INSTRUCTIONS}


@dataclass(frozen=True)
class Instruction:
    """An instruction with the values of its operands.

    Parameters
    ----------
    kind : Kind
    values : dict of str to int or str
        By operand; those with choices by their names.
    """

    kind: Kind
    values: dict

    def __getattr__(self, name):
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    @classmethod
    def of(cls, name, **values):
        """Return the instruction of a name; operands that are not given are 0.

        Raises ``UsageError`` for an unknown instruction or operand, or a value out of range.
        """
        if name not in _BY_NAME:
            raise UsageError(f"instruction must be one of {', '.join(_BY_NAME)}, not {name!r}")
        kind = _BY_NAME[name]
        known = {each.name: each for each in kind.operands}
        for each in values:
            if each not in known:
                raise UsageError(f"{name} must have operands {', '.join(known)}, not {each!r}")
        return cls(
            kind,
            {each: known[each].value(known[each].number(values.get(each, 0))) for each in known},
        )


def encode(instruction):
    """Return the word of an `Instruction`, as bytes."""
    word, position = instruction.kind.opcode, _OPCODE_BITS
    for operand in instruction.kind.operands:
        word |= operand.number(instruction.values[operand.name]) << position
        position += operand.bits
    return word.to_bytes(WORD_BYTES, "little")


def decode(word):
    """Return the `Instruction` of a word; raises ``UsageError`` for one that is none."""
    number = int.from_bytes(word, "little")
    kind = _BY_OPCODE.get(number & (1 << _OPCODE_BITS) - 1)
    if kind is None:
        raise UsageError(f"opcode must be a known one, not {number & 0xFF}")
    number >>= _OPCODE_BITS
    values = {}
    for operand in kind.operands:
        values[operand.name] = operand.value(number & (1 << operand.bits) - 1)
        number >>= operand.bits
    if number:
        raise UsageError(f"bits behind the operands of {kind.name} must be 0")
    return Instruction(kind, values)


def disassemble(instruction):
    """Return an instruction as a line of text: its name, and operands that are not 0."""
    operands = [
        f"{each.name}={instruction.values[each.name]}"
        for each in instruction.kind.operands
        if instruction.values[each.name] not in (0, "none")
    ]
    return " ".join([instruction.kind.name, *operands])
