"""How the GPT machine chooses a token by scores, in integers."""

from dataclasses import dataclass

import numpy as np

from .functions import exponential
from .integers import rounded, saturated

__all__ = ["Sampler"]

_MASK = (1 << 32) - 1


@dataclass
class Sampler:
    """The greatest score, or one drawn.

    Parameters
    ----------
    inverse_temperature : int
        16 fraction bits; 0: the greatest score is taken, the first of several.
    count : int
        How many of the greatest scores one is drawn from; 0: all.
    state : int
        Of the generator, a 32-bit xorshift (Marsaglia 2003: 13, 17, 5); not 0.
    """

    inverse_temperature: int = 0
    count: int = 0
    state: int = 1

    def choose(self, scores):
        """Return the number of a score, of int64 scores with 16 fraction bits."""
        if not self.inverse_temperature:
            return int(np.argmax(scores))
        lower = scores - scores.max()
        weights = exponential(saturated(rounded(lower * self.inverse_temperature, 16)))
        if self.count and self.count < len(scores):
            # of equal scores the first ones
            order = np.argsort(-scores, kind="stable")
            weights[order[self.count :]] = 0
        sums = np.cumsum(weights)
        wanted = self._random() * int(sums[-1]) >> 32
        return int(np.searchsorted(sums, wanted, side="right"))

    def _random(self):
        state = self.state
        state ^= state << 13 & _MASK
        state ^= state >> 17
        state ^= state << 5 & _MASK
        self.state = state
        return state
