"""Which tokens a core takes that holds two tiles of a vector and works with the older one."""

import numpy as np

__all__ = ["HeldTiles", "accepted_tokens"]

MOST_HELD = 2


class HeldTiles:
    """Tiles that are coming in, complete, and in use.

    Parameters
    ----------
    loads : int
        Tokens that a tile comes in.
    uses : int
        Tokens with weights that every tile serves.
    """

    def __init__(self, loads, uses):
        self._loads, self._uses = loads, uses
        self.held = self.loaded = self.used = 0

    def take(self, load, compute):
        """Return whether a part of a tile, and weights, are taken from the next token.

        No part is taken while two complete tiles are held, no weights are while none is. A tile is
        complete after the token with its last part, and it is dropped after the token with the
        last weights that it serves.
        """
        loads, computes = bool(load) and self.held < MOST_HELD, bool(compute) and self.held > 0
        self.loaded += loads
        self.used += computes
        if self.loaded == self._loads:
            self.loaded, self.held = 0, self.held + 1
        if self.used == self._uses:
            self.used, self.held = 0, self.held - 1
        return loads, computes


def accepted_tokens(load, compute, loads, uses):
    """Return (numbers of the tokens with parts of tiles, of those with weights) that are taken.

    ``load`` and ``compute`` are 1 where a token offers them; for the others see `HeldTiles`.
    """
    tiles = HeldTiles(loads, uses)
    marks = zip(np.asarray(load).tolist(), np.asarray(compute).tolist(), strict=True)
    taken = np.array([tiles.take(*each) for each in marks], dtype=bool).reshape(-1, 2)
    return np.flatnonzero(taken[:, 0]), np.flatnonzero(taken[:, 1])
