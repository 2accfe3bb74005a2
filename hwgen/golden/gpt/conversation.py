"""What the GPT machine answers to the tokens of its stream: texts, one after the other."""

import numpy as np

from hwgen.formats.gpt_status import BAD_TOKEN, CONTEXT_FULL

from .machine import Halted, Interpreter
from .sampling import Sampler

__all__ = ["answers"]


def answers(program, tokens, first, wanted, draws=None):
    """Return the fields of the output stream: arrays ``token``, ``status`` and ``counter``.

    Parameters
    ----------
    program : Program
    tokens, first, wanted : int arrays of one length
        Fields of the input stream.
    draws : sequence of Draw or None
        Beside every token that begins a text: how tokens of it are drawn. Only those that are
        told are.
    """
    machine, found, known = Interpreter(program), [], {}
    steps = list(zip(*(map(int, each) for each in (tokens, first, wanted)), strict=True))
    ends = [begins for _, begins, _ in steps[1:]] + [0]
    sampler = Sampler()
    for place, ((token, begins, count), alone) in enumerate(zip(steps, ends, strict=True)):
        if begins:
            machine.reset()
            if draws is not None:
                draw = draws[place]
                sampler = Sampler(draw.inverse_temperature, draw.count, draw.seed)
        machine.sampler = sampler if count else Sampler()
        # a text of one token that is told one more is the same every time
        single = begins and alone and count == 1 and not sampler.inverse_temperature
        if single and token in known:
            found += known[token]
            continue
        told = _told(machine, program.machine, token, count)
        found += told
        if single:
            known[token] = told
    columns = np.array(found, np.uint64).reshape(-1, 3).T
    return dict(zip(("token", "status", "counter"), columns, strict=True))


def _told(machine, sizes, token, count):
    """Return the answers to one token: those that are wanted, or why there are fewer."""
    found = []
    for _ in range(max(1, count)):
        if machine.position == sizes.context:
            return [*found, (0, CONTEXT_FULL, 0)]
        if token >= sizes.vocabulary:
            return [*found, (0, BAD_TOKEN, 0)]
        try:
            _, token = machine.step([token])
        except Halted as halted:
            return [*found, (0, halted.status, halted.counter)]
        if count:
            found.append((token, 0, 0))
    return found
