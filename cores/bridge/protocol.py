"""The serial protocol of the board bridge: what hardware and host must agree on. Plain Python.

A frame on the wire is COBS (S. Cheshire, M. Baker, "Consistent Overhead Byte Stuffing", 1999) of
the bytes below, then one 0x00: whatever happened before, a 0x00 is always a frame's end. Empty
frames are ignored; the host sends a 0x00 in front of every frame, too.

    kind (1) | sequence (1) | length (2, little-endian) | payload (length) | CRC-32 (4)

The CRC-32 is that of IEEE 802.3 and zlib, little-endian, over everything before it. Frames from
the board hold at most 253 bytes before COBS, so that no COBS group of theirs is a full one.

The host sends:
- ``DATA``: whole input tokens, each padded to bytes. The board answers with any number of
  ``RESULTS`` and one ``DONE`` with the same sequence number; ``DONE`` also acknowledges.
- ``STATUS``, ``BIST`` (runs the self-test), ``RESET`` (at once: clears the core and everything
  still queued, but no error counter); the board answers each with ``STATUS_REPLY``.

``RESULTS`` and ``DONE`` start with one byte that counts the answers to that ``DATA`` frame from
0, modulo 256, so that the host sees a lost one; whole output tokens follow.

A frame whose CRC, structure or size is wrong is dropped, counted, and never answered.
"""

from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "BIST_TOKENS",
    "FRAME_OVERHEAD",
    "HELD_FIELDS",
    "MISR_POLYNOMIAL",
    "NAME_BYTES",
    "PRBS_SEED",
    "RECORD_OVERHEAD",
    "RESULT_BYTES",
    "STATUS_FIELDS",
    "STATUS_LENGTH",
    "TOKEN_BYTES_LIMIT",
    "VERSION",
    "Kind",
    "Sizes",
]

VERSION = 1


class Kind(IntEnum):
    """First byte of a frame."""

    DATA = 0x01
    STATUS = 0x02
    BIST = 0x03
    RESET = 0x04
    RESULTS = 0x81
    DONE = 0x82
    STATUS_REPLY = 0x83


# kind, sequence, length, CRC-32
FRAME_OVERHEAD = 8
# what a queued frame costs in the board's buffer beyond its payload (its CRC passes through)
RECORD_OVERHEAD = 4
# most token bytes in one answer; with index byte and overhead it stays below 254 bytes
RESULT_BYTES = 240
# most bytes of one input token
TOKEN_BYTES_LIMIT = 1000

# input tokens of one self-test
BIST_TOKENS = 16384
# the 31 bits before its first pseudo-random one, the earliest in bit 0; about half of them ones,
# because the sequence takes hundreds of bytes to become balanced from all ones
PRBS_SEED = 0x5A3C96E1
# what the self-test holds in every bit, or as a number, of fields of these names: markers of groups
# of tokens, so that every group is complete whatever the random bits say, and numbers of results
HELD_FIELDS = {"first": -1, "last": -1, "wanted": 1}
# Galois form, x^32 implied: the polynomial of CRC-32
MISR_POLYNOMIAL = 0x04C11DB7

NAME_BYTES = 20
# name and bytes of each field of a STATUS_REPLY, in order; numbers are little-endian; flags are
# 1 the self-test has run, 2 its signature is right (or not known), 4 the right one is known
STATUS_FIELDS = (
    ("version", 1),
    ("crc_errors", 1),
    ("framing_errors", 1),
    ("oversize_errors", 1),
    ("overrun_errors", 1),
    ("signature", 4),
    ("flags", 1),
    ("identity", 8),
    ("input_bytes", 2),
    ("output_bytes", 2),
    ("payload_limit", 2),
    ("buffer_bytes", 2),
    ("latency", 2),
    ("name", NAME_BYTES),
)
STATUS_LENGTH = sum(width for _, width in STATUS_FIELDS)


@dataclass(frozen=True)
class Sizes:
    """Sizes that follow from the widths of a core's streams.

    Parameters
    ----------
    input_width, output_width : int
        Bits of an input and an output token.
    """

    input_width: int
    output_width: int

    def __post_init__(self):
        if not 1 <= self.input_bytes <= TOKEN_BYTES_LIMIT:
            raise ValueError(
                f"input_width must be 1 to {8 * TOKEN_BYTES_LIMIT}, not {self.input_width!r}"
            )
        if not 1 <= self.output_bytes <= RESULT_BYTES:
            raise ValueError(
                f"output_width must be 1 to {8 * RESULT_BYTES}, not {self.output_width!r}"
            )

    @property
    def input_bytes(self):
        """Bytes of an input token on the wire."""
        return -(-self.input_width // 8)

    @property
    def output_bytes(self):
        """Bytes of an output token on the wire."""
        return -(-self.output_width // 8)

    @property
    def payload_limit(self):
        """Most payload bytes of a ``DATA`` frame."""
        return self.input_bytes * max(1, RESULT_BYTES // self.input_bytes)

    @property
    def chunk_bytes(self):
        """Token bytes of every ``RESULTS`` frame."""
        return self.output_bytes * (RESULT_BYTES // self.output_bytes)

    @property
    def ring_bytes(self):
        """Size of the board's frame buffer: a power of two."""
        least = 4 * (self.payload_limit + FRAME_OVERHEAD)
        return 1 << (least - 1).bit_length()

    @property
    def buffer_bytes(self):
        """Bytes of the frame buffer that can be filled whatever its state, three frames or more."""
        return self.ring_bytes * 3 // 4
