"""One file a board: which device, which pins, how fast, how large."""

from hwgen.boards.board import Board, Capacity

__all__ = ["Board", "Capacity", "get", "names"]


def _boards():
    from hwgen.boards import icebreaker, ulx3s

    return {board.name: board for board in (*ulx3s.BOARDS, icebreaker.BOARD)}


def names():
    """Return the names of all boards, in the order in which help texts show them."""
    return tuple(_boards())


def get(name):
    """Return the board called ``name``.

    Raises
    ------
    UsageError
        If no board has that name.
    """
    from hwgen.errors import UsageError, nearest

    boards = _boards()
    if name not in boards:
        raise UsageError(
            f"board must be one of {', '.join(boards)}, not {name!r}{nearest(name, boards)}"
        )
    return boards[name]
