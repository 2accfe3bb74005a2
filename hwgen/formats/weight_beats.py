"""How matrices of weights lie in the channels of a memory: blocks, token after token, in beats.

Row ``r`` belongs to channel ``r mod channels``. A channel's part of a matrix is its rows one after
the other, each padded with zeros to whole tokens of ``lanes`` blocks (see `weight_stream`). Tokens
follow each other without gaps, across the ends of beats; the part is padded with tokens of zeros
until token and beat end together, so that the next matrix begins with a beat.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np

from hwgen.errors import UsageError

from .weight_stream import WeightStream

__all__ = ["BeatLayout"]


@dataclass(frozen=True)
class BeatLayout:
    """Where weights of a format lie.

    Parameters
    ----------
    stream : WeightStream
    channels : int
        1 or more.
    lanes : int
        Blocks of a token, a power of two.
    beat_bytes : int
        Bytes that a channel gives at once, a power of two.

    Raises ``UsageError`` for other numbers.
    """

    stream: WeightStream
    channels: int
    lanes: int
    beat_bytes: int

    def __post_init__(self):
        if self.channels < 1:
            raise UsageError(f"channels must be at least 1, not {self.channels}")
        for name in ("lanes", "beat_bytes"):
            value = getattr(self, name)
            if value < 1 or value & (value - 1):
                raise UsageError(f"{name} must be a power of two, not {value}")

    @property
    def token_bytes(self):
        """Bytes of the blocks that are multiplied at once."""
        return self.lanes * self.stream.block_bytes

    @property
    def period(self):
        """Tokens after which token and beat end together, a power of two."""
        return self.beat_bytes // gcd(self.beat_bytes, self.token_bytes)

    def steps(self, blocks):
        """Return the tokens of a row of so many blocks."""
        return -(-blocks // self.lanes)

    def rows(self, rows):
        """Return the rows that every channel has of so many."""
        return -(-rows // self.channels)

    def image(self, records):
        """Return a matrix as beats, uint8 [channels, beats, bytes of a beat].

        Parameters
        ----------
        records : uint8 array, [rows, blocks, bytes of a block]
        """
        count, blocks, size = records.shape
        rows, steps = self.rows(count), self.steps(blocks)
        padded = np.zeros((rows * self.channels, steps * self.lanes, size), np.uint8)
        padded[:count, :blocks] = records
        # a channel's rows are those that leave its number as remainder
        tokens = padded.reshape(rows, self.channels, steps, -1).swapaxes(0, 1)
        tokens = tokens.reshape(self.channels, rows * steps, -1)
        more = -tokens.shape[1] % self.period
        tokens = np.pad(tokens, ((0, 0), (0, more), (0, 0)))
        return np.ascontiguousarray(tokens).reshape(self.channels, -1, self.beat_bytes)
