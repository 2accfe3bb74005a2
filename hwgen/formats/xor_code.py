"""The fixed-to-fixed XOR code: a few code bits give many weight bits, each a parity.

Word t of the output is ``M [w_t, w_(t-1), ..., w_(t-N_s)]`` over GF(2): every output bit is the
exclusive or of some bits of this code and of the ``N_s`` codes before it, zeros before the first
(Park, Kwon, Oh, Kim, Lee: Encoding Weights of Irregular Sparsity for Fixed-to-Fixed Model
Compression, ICLR 2022, section 3).
"""

import hashlib
import operator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.errors import UsageError

__all__ = ["LARGEST_HISTORY", "MOST_OUTPUTS", "XorCode"]

MOST_INPUTS = 12
MOST_OUTPUTS = 512
LARGEST_HISTORY = 16


@dataclass(frozen=True, kw_only=True)
class XorCode:
    """Which code bits each output bit is the parity of.

    Parameters
    ----------
    inputs : int
        N_in, bits of a code: 1 to 12.
    outputs : int
        N_out, weight bits that a code gives: 2 to 512.
    history : int
        N_s, earlier codes that count; ``inputs * history`` is at most 16.
    seed : int
        Chooses the matrix, 0 to 2**32 - 1.

    Raises
    ------
    UsageError
        A number out of range, or more outputs than there are different parities.
    """

    inputs: int = 8
    outputs: int = 80
    history: int = 1
    seed: int = 0

    def __post_init__(self):
        _in_range("inputs", self.inputs, 1, MOST_INPUTS)
        _in_range("history", self.history, 0, LARGEST_HISTORY // self.inputs)
        most = min(MOST_OUTPUTS, (1 << self.window) - 1)
        # a code of one bit without history gives itself only
        _in_range("outputs", self.outputs, min(2, most), most)
        _in_range("seed", self.seed, 0, (1 << 32) - 1)

    @property
    def window(self):
        """Bits that an output word depends on: those of this code and of the earlier ones."""
        return self.inputs * (self.history + 1)

    @cached_property
    def rows(self):
        """Rows of M as integers, one an output bit.

        Bit ``inputs * d + b`` of a row says whether bit b of the code d words ago takes part. The
        candidates are the lowest ``window`` bits of the SHA-256 of ``xor-code/SEED/NUMBER`` in
        ASCII, read as a big-endian integer, NUMBER = 0, 1, ...; zero and repeated ones are left
        out, as they would give a constant bit or the same bit twice.
        """
        rows, number = {}, 0
        while len(rows) < self.outputs:
            digest = hashlib.sha256(f"xor-code/{self.seed}/{number}".encode()).digest()
            row = int.from_bytes(digest, "big") & ((1 << self.window) - 1)
            if row:
                rows[row] = None
            number += 1
        return tuple(rows)

    @cached_property
    def matrix(self):
        """M as zeros and ones: ``uint8``, shape (outputs, window)."""
        rows = np.array(self.rows, np.uint64)[:, None]
        return (rows >> np.arange(self.window, dtype=np.uint64) & np.uint64(1)).astype(np.uint8)


def _in_range(name, value, low, high):
    try:
        known = low <= operator.index(value) <= high
    except TypeError:
        known = False
    if not known:
        raise UsageError(f"{name} must be an integer from {low} to {high}, not {value!r}")
