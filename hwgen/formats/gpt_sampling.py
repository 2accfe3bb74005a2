"""By what a GPT machine draws tokens: the fields that come with the first token of a text."""

from dataclasses import dataclass

__all__ = ["COUNT_BITS", "INVERSE_BITS", "SEED_BITS", "Draw"]

INVERSE_BITS, COUNT_BITS, SEED_BITS = 24, 20, 32
"""Bits of the inverse temperature, of the number of scores, and of the generator's state."""
_ONE = 1 << 16
# odd, near 2**32 over the golden ratio
_SPREAD = 0x9E3779B1


@dataclass(frozen=True)
class Draw:
    """How tokens of a text are chosen.

    Parameters
    ----------
    inverse_temperature : int
        16 fraction bits, below 256; 0: the greatest score is taken, the first of several.
    count : int
        How many of the greatest scores one is drawn from; 0: all.
    seed : int
        First state of the generator, 32 bits, not 0.
    """

    inverse_temperature: int = 0
    count: int = 0
    seed: int = 1

    @classmethod
    def of(cls, temperature, count, seed):
        """Return what draws at a temperature: a real number, 0 for the greatest score.

        Parameters
        ----------
        temperature : float
            Below 1/256 it counts as 1/256.
        count : int or None
        seed : int
            Spread over all bits: neighbouring ones would begin alike.
        """
        if not temperature:
            return cls()
        most = (1 << INVERSE_BITS) - 1
        inverse = min(max(1, round(_ONE / max(temperature, 1 / most))), most)
        count = min(count or 0, (1 << COUNT_BITS) - 1)
        return cls(inverse, count, seed * _SPREAD % (1 << SEED_BITS))
