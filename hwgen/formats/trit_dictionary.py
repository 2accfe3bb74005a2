"""A dictionary of trit sequences: ternary weights in less than one bit each.

A trit is 0, 1 or 2. What 1 and 2 stand for is the matter of a row of weights: its least and its
greatest value (Frantar, Alistarh: QMoE, Practical Sub-1-Bit Compression of Trillion-Parameter
Models, 2023, section 4). An entry holds 1 to 14 pairs of trits; its code is its number.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.errors import UsageError

__all__ = ["LONGEST_ENTRY", "MOST_ENTRIES", "PAIRS", "TritDictionary"]

PAIRS = 9
LONGEST_ENTRY = 14
MOST_ENTRIES = 1 << 16


@dataclass(frozen=True)
class TritDictionary:
    """Sequences by code.

    Parameters
    ----------
    entries : tuple of bytes
        One byte a pair, ``first trit + 3 * second trit``. All nine single pairs are among them, so
        that any sequence of pairs has a code sequence.

    Raises
    ------
    UsageError
        An entry that is empty, too long, repeated or holds something else, or a missing pair.
    """

    entries: tuple[bytes, ...]

    def __post_init__(self):
        if not PAIRS <= len(self.entries) <= MOST_ENTRIES:
            raise UsageError(
                f"a dictionary must have {PAIRS} to {MOST_ENTRIES} entries, not {len(self.entries)}"
            )
        seen = {}
        for code, entry in enumerate(self.entries):
            if not isinstance(entry, bytes) or not 1 <= len(entry) <= LONGEST_ENTRY:
                raise UsageError(f"entry {code} must be 1 to {LONGEST_ENTRY} bytes, not {entry!r}")
            if max(entry) >= PAIRS:
                raise UsageError(f"entry {code} must hold pairs below {PAIRS}, not {max(entry)}")
            if entry in seen:
                raise UsageError(
                    f"entry {code} must differ from all others, and is entry {seen[entry]}"
                )
            seen[entry] = code
        missing = [pair for pair in range(PAIRS) if bytes([pair]) not in seen]
        if missing:
            raise UsageError(
                f"a dictionary must have every single pair as an entry, and lacks {missing}"
            )

    @property
    def code_bits(self):
        """Bits of a code."""
        return (len(self.entries) - 1).bit_length()

    @cached_property
    def lengths(self):
        """Pairs of every entry, ``int64``."""
        return np.array([len(entry) for entry in self.entries])

    @cached_property
    def trits(self):
        """Trits of every entry, first one first: ``uint8``, shape (entries, 28), 0 at the end."""
        table = np.zeros((len(self.entries), 2 * LONGEST_ENTRY), np.uint8)
        for code, entry in enumerate(self.entries):
            pairs = np.frombuffer(entry, np.uint8)
            table[code, : 2 * len(entry) : 2] = pairs % 3
            table[code, 1 : 2 * len(entry) : 2] = pairs // 3
        return table
