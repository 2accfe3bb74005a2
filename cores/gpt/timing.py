"""How many clock cycles the GPT machine takes for a token: counted, not simulated."""

from collections import Counter
from dataclasses import dataclass

from hwgen.cores.gpt.quantiser import CODES

from hwgen.formats.weight_stream import GROUP

__all__ = ["ANSWER_CYCLES", "CycleModel", "Delays"]

ANSWER_CYCLES = 1
"""Clock cycles between the end of the program and the token that is offered."""
# a token is taken and looked at; an instruction is fetched, read and decoded
_ACCEPT, _ISSUE = 2, 4
# of `Normalise` and `Angles`, which have the same registers at any frequency
_MEAN, _ROOT, _GAINED, _PAIR = 6, 19, 5, 14


@dataclass(frozen=True)
class Delays:
    """Clock cycles through the units of a machine.

    Parameters
    ----------
    products, results, quantiser, attention : int
        Attribute ``latency`` of each.
    interval : int
        Clock cycles between heads, at least.
    key_lanes : int
        Tokens that a head attends to at a time.
    draw_among_all, draw_among_some : int
        Attributes ``all_cycles`` and ``some_cycles`` of a sampler.
    """

    products: int
    results: int
    quantiser: int
    attention: int
    interval: int
    key_lanes: int
    draw_among_all: int = 0
    draw_among_some: int = 0


class CycleModel:
    """Counts the clock cycles of a program, exactly.

    Parameters
    ----------
    program : Program
    delays : Delays
        Of the machine that executes it.
    """

    def __init__(self, program, delays):
        self._delays, self._width = delays, program.machine.head_width
        self._scores = program.machine.vocabulary
        self._least, self._attends = _ACCEPT, Counter()
        product = None
        for each in program.executed():
            name = each.kind.name
            self._least += _ISSUE
            if name == "multiply" and each.chained:
                product = each
            elif name == "attend":
                self._attends[each.heads] += 1
            elif name == "normalise":
                self._least += self._normalise(each, product)
                product = None
            elif name in ("angles", "embed", "multiply"):
                self._least += getattr(self, f"_{name}")(each)

    def cycles(self, position, draw=None):
        """Return the clock cycles from the acceptance of a token to the end of the program.

        Parameters
        ----------
        position : int
            Tokens before it.
        draw : Draw or None
            How the token behind it is drawn.
        """
        attends = self._attends.items()
        found = sum(times * self._attend(heads, position) for heads, times in attends)
        return self._least + found + self._draw(draw)

    def _draw(self, draw):
        if draw is None or not draw.inverse_temperature:
            return 0
        among_some = 0 < draw.count < self._scores
        return self._delays.draw_among_some if among_some else self._delays.draw_among_all

    def _angles(self, instruction):
        return _PAIR * instruction.pairs

    def _attend(self, count, position):
        groups, width = position // self._delays.key_lanes + 1, self._width
        first = 2 * groups + self._delays.attention - width + 1
        apart = max(groups, self._delays.interval)
        times = [first + apart * head + number for head in range(count) for number in range(width)]
        return self._coded(times, GROUP)

    def _embed(self, instruction):
        return GROUP * instruction.blocks + self._delays.products + self._delays.results + 1

    def _normalise(self, instruction, product):
        """Return the clock cycles of a norm, and of the product whose results it takes, if any."""
        if product is not None:
            times = self._result_times(product)
            read, times = times[-1] + 1, [each + _GAINED for each in times]
        else:
            read = instruction.count + (instruction.count + _MEAN if instruction.center else 0)
            times = range(read - instruction.count + _GAINED, read + _GAINED)
        return max(read + _ROOT, self._coded(times, GROUP)) + 1

    def _multiply(self, instruction):
        times, to = self._result_times(instruction), instruction.values["to"]
        if to == "values":
            return times[-1] + 1
        if to == "scores":
            return times[-1]
        return self._coded(times, GROUP if to == "codes" else self._width)

    def _result_times(self, instruction):
        """Return in which clock cycles the results of a product come."""
        rows = range(1, instruction.rows + 1)
        through = self._delays.products + self._delays.results
        times = [row * instruction.blocks + through for row in rows]
        if instruction.turned:
            times = [each + number for each in times[1::2] for number in (0, 1)]
        elif instruction.gated:
            times = times[1::2]
        return times

    def _coded(self, times, size):
        """Return when the last of the blocks is there that values at some times make."""
        begins = free = 0
        for first in range(0, len(times), size):
            block = times[first : first + size]
            begins = max(block[-1] + 2, free)
            free = begins + -(-len(block) // CODES)
        return free - 1 + self._delays.quantiser - 2
