"""A compiled model on a board, behind its serial line: tokens in, tokens out."""

from contextlib import contextmanager

import numpy as np

from hwgen.errors import HwgenError

__all__ = ["BoardMachine", "machine_on_board"]

# tokens that are told without asking again: a serial line answers late
_AHEAD = 8


class BoardMachine:
    """A machine on a board; it has what `generate` needs.

    Parameters
    ----------
    connected : hwgen.flow.board_link.Connected
    context : int
        Tokens that the machine keeps.
    draw : Draw or None
        How tokens are drawn; None for a machine without a sampler.

    Members
    -------
    clocks : int or None
        Simulated clock cycles so far; None for a real board.
    """

    def __init__(self, connected, context, draw=None):
        self._found, self._context, self.draw = connected, context, draw
        self._text, self._ahead = [], []

    @property
    def clocks(self):
        return self._found.clocks

    def step(self, tokens):
        """Take the next tokens of the text; return (None, the token chosen behind the last).

        Raises
        ------
        HwgenError
            The board does not answer, or the machine stopped: the message has its status.
        """
        tokens = list(tokens)
        if not (self._ahead and tokens == self._text[-1:]):
            self._ahead = self._told(tokens)
        chosen = self._ahead.pop(0)
        self._text.append(chosen)
        return None, chosen

    def _told(self, tokens):
        """Return the next tokens, as many as there is room for, behind some that are new.

        ``tokens`` begin with the token that was chosen last, if there is one.
        """
        before = self._text[:-1]
        room = self._context - len(before) - len(tokens) + 1
        restarts = self._found.link.restarts
        answers = self._transfer(tokens, not before, min(_AHEAD, room))
        if before and self._found.link.restarts != restarts:
            # the board forgot the text when the line was bad
            answers = self._transfer(before + tokens, True, min(_AHEAD, room))
        if not before:
            self._text = tokens
        return answers

    def _transfer(self, tokens, begins, wanted):
        from hwgen.catalogue.payload import pack, unpack
        from hwgen.gpt.generate import token_fields

        values = token_fields(tokens, begins, max(1, wanted), self.draw)
        found = self._found.link.transfer(pack(self._found.source, values))
        answers = unpack(self._found.sink, found)
        stopped = np.flatnonzero(answers["status"])
        if len(stopped):
            status, place = (int(answers[name][stopped[0]]) for name in ("status", "counter"))
            raise HwgenError(f"the machine stopped with status {status} at instruction {place}")
        if not len(found):
            raise HwgenError("the board must answer with a token, and does not")
        return answers["token"].astype(int).tolist()


@contextmanager
def machine_on_board(program, port, board, draw=None):
    """Give the `BoardMachine` of a file of ``hwgen gpt compile``; the port is closed at the end.

    Parameters
    ----------
    program : path-like
    port : str
        Serial port of a board that holds the bitstream of this program, or ``"sim"`` for a
        simulated one.
    board : hwgen.boards.Board
    draw : Draw or None
        How tokens are drawn, by a bitstream that was built with ``sampling``.

    Raises
    ------
    UsageError
        There is no such port, or the board holds something else.
    HwgenError
        The board does not answer.
    """
    from hwgen import catalogue
    from hwgen.flow.board_link import connected

    core = catalogue.get("gpt")
    options = {"target": board.target, "freq": board.clock_hz / 1e6}
    options["sampling"] = draw is not None
    config = core.configure({"model": str(program), **options})
    with connected(core, config, port, board) as found:
        yield BoardMachine(found, config.program.machine.context, draw)
