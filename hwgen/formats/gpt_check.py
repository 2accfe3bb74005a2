"""Whether a program of the GPT machine stays within its machine: what hostile files fail."""

from collections import Counter

from hwgen.errors import UsageError

from .gpt_instructions import MOST_HEADS
from .weight_stream import GROUP

__all__ = ["check_program"]

_MOST_LAYERS = 1 << 12


def check_program(program):
    """Raise ``UsageError`` unless every instruction can be executed, in every round of a loop.

    Parameters
    ----------
    program : Program

    Raises
    ------
    UsageError
        The number of the instruction, and what is wrong with it.
    """
    _Check(program).run()


class _Check:
    def __init__(self, program):
        self._program, self._machine = program, program.machine
        self._loop, self._strides = None, Counter()
        self._angles = False

    def run(self):
        count, last = len(self._program), None
        for number in range(count):
            try:
                last = self._program.instruction(number)
                getattr(self, f"_check_{last.kind.name}")(last)
            except UsageError as error:
                raise UsageError(f"instruction {number}: {error}") from None
        if last.kind.name != "halt" or self._loop is not None:
            raise UsageError("program must end with halt, behind its loops")
        self._check_chains()

    def _check_chains(self):
        """Check that chained values are those that every norm that may be next takes."""
        instructions = [self._program.instruction(each) for each in range(len(self._program))]
        begin = 0
        for number, each in enumerate(instructions):
            if each.kind.name == "loop":
                begin = number + 1
            if each.kind.name == "multiply" and each.chained:
                behind = [number + 1]
                if instructions[number + 1].kind.name == "repeat":
                    behind = [begin, number + 2]
                if not all(_takes(instructions[place], each) for place in behind):
                    raise UsageError(
                        f"instruction {number}: chained values must be new ones, all of those that "
                        "the norm behind takes, and it must not write what they are made of"
                    )

    def _within(self, what, start, count, size, moved=0):
        """Check a range of a memory, in all rounds of a loop."""
        rounds = self._loop.count - 1 if self._loop else 0
        end = start + count + rounds * moved
        if count < 1 or end > size:
            raise UsageError(f"{what} must be some of {size} places, not {count} up to place {end}")

    def _constants(self, what, start, count):
        moved = self._loop.constants if self._loop else 0
        self._within(what, start, count, len(self._program.constants), moved)

    def _matrix(self, each, rows, blocks):
        formats = len(self._machine.formats)
        if each.format >= formats:
            raise UsageError(f"format must be below {formats}, not {each.format}")
        size = len(self._program.weights[each.format])
        self._within("weights", each.weights, rows * blocks, size, self._strides[each.format])

    def _values(self, what, start, count):
        self._within(what, start, count, self._machine.values)

    def _blocks(self, what, start, count):
        self._within(what, start, count, self._machine.blocks)

    def _check_loop(self, each):
        if self._loop is not None:
            raise UsageError("loops must not nest")
        if not 1 <= each.count <= _MOST_LAYERS:
            raise UsageError(f"count must be 1..{_MOST_LAYERS}, not {each.count}")
        self._loop = each

    def _check_repeat(self, each):
        if self._loop is None:
            raise UsageError("repeat must follow a loop")
        self._loop = None

    def _check_stride(self, each):
        if self._loop is not None:
            raise UsageError("stride must stand in front of the loop")
        self._strides[each.format] = each.blocks

    def _check_halt(self, each):
        if self._loop is not None:
            raise UsageError("halt must not stand in a loop")

    def _check_angles(self, each):
        machine, size = self._machine, 2 * each.pairs
        if size != machine.head_width:
            raise UsageError(f"pairs must be {machine.head_width // 2}, not {each.pairs}")
        last = machine.context - 1
        self._constants("coarse", each.coarse, size * ((last >> each.bits) + 1))
        self._constants("fine", each.fine, size * (min(last, (1 << each.bits) - 1) + 1))
        self._angles = True

    def _check_embed(self, each):
        machine = self._machine
        rows = machine.vocabulary if each.index == "token" else machine.context
        self._matrix(each, rows, each.blocks)
        self._values("destination", each.destination, GROUP * each.blocks)

    def _check_normalise(self, each):
        self._values("source", each.source, each.count)
        self._constants("gain", each.gain, each.count)
        self._blocks("destination", each.destination, -(-each.count // GROUP))
        if not each.mean_shift:
            raise UsageError("mean_shift must be at least 1")

    def _check_multiply(self, each):
        machine = self._machine
        self._matrix(each, each.rows, each.blocks)
        self._blocks("source", each.source, each.blocks)
        if each.biased:
            self._constants("bias", each.bias, each.rows)
        if each.turned and (not self._angles or each.gated or each.rows % machine.head_width):
            raise UsageError("turned rows must be whole heads, behind angles, and not gated")
        if each.gated and each.rows % 2:
            raise UsageError(f"rows that gate each other must be even in number, not {each.rows}")
        self._results(each, each.rows // 2 if each.gated else each.rows)

    def _results(self, each, count):
        machine = self._machine
        if each.to == "values":
            self._values("destination", each.destination, count)
        elif each.to == "codes":
            self._blocks("destination", each.destination, -(-count // GROUP))
        elif each.to == "scores":
            self._within("destination", each.destination, count, machine.vocabulary)
        elif count % machine.head_width:
            raise UsageError(f"rows must be whole heads of {machine.head_width}, not {count}")
        elif each.to == "query":
            heads = count // machine.head_width
            self._within("destination", each.destination, heads, machine.heads)
        else:
            self._slots(each.destination, count // machine.head_width)

    def _slots(self, start, count):
        moved = self._loop.cache if self._loop else 0
        self._within("slot", start, count, self._machine.slots, moved)

    def _check_attend(self, each):
        machine, heads = self._machine, each.heads
        if not 1 <= heads <= MOST_HEADS:
            raise UsageError(f"heads must be 1..{MOST_HEADS}, not {heads}")
        if each.moves >> heads - 1:
            raise UsageError(f"moves must be bits of {heads - 1} heads, not {each.moves:#b}")
        self._within("query", each.query, heads, machine.heads)
        self._slots(each.slot, each.moves.bit_count() + 1)
        blocks = -(-heads * machine.head_width // GROUP)
        self._blocks("destination", each.destination, blocks)

    def _check_sample(self, each):
        self._within("count", 0, each.count, self._machine.vocabulary)


def _takes(norm, made):
    """Return whether a norm can take the values of a product as they come."""
    if norm.kind.name != "normalise" or made.to != "values":
        return False
    if norm.center or made.biased or made.scaled or made.turned or made.gated:
        return False
    if (norm.source, norm.count) != (made.destination, made.rows):
        return False
    written = norm.destination, norm.destination + -(-norm.count // GROUP)
    return written[1] <= made.source or made.source + made.blocks <= written[0]
