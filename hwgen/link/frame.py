"""Frames of the serial protocol in plain Python: `hwgen.cores.bridge.protocol` defines them."""

import zlib
from dataclasses import dataclass

from hwgen.errors import HwgenError

__all__ = ["Frame", "FrameError", "FrameSplitter", "cobs_decode", "cobs_encode", "encode_frame"]

_LARGEST_GROUP = 254


class FrameError(HwgenError):
    """Bytes that are no frame: wrong structure, length or CRC."""


@dataclass(frozen=True)
class Frame:
    """One frame.

    Parameters
    ----------
    kind : int
        A `hwgen.cores.bridge.protocol.Kind`, or a number that this version does not know.
    sequence : int
        0 to 255.
    payload : bytes
        At most 65,535 bytes.
    """

    kind: int
    sequence: int
    payload: bytes = b""

    @classmethod
    def decode(cls, encoded):
        """Return the frame of COBS-encoded bytes, without the final 0x00.

        Raises
        ------
        FrameError
            Structure, length or CRC is wrong.
        """
        body = cobs_decode(encoded)
        if len(body) < 8:
            raise FrameError(f"frame must be at least 8 bytes long, not {len(body)}")
        length = int.from_bytes(body[2:4], "little")
        if length != len(body) - 8:
            raise FrameError(f"length of the frame must be {len(body) - 8}, not {length}")
        if zlib.crc32(body[:-4]) != int.from_bytes(body[-4:], "little"):
            raise FrameError("CRC-32 of the frame is wrong")
        return cls(body[0], body[1], body[4:-4])

    def encode(self):
        """Return the bytes of the frame on the line, final 0x00 included."""
        return encode_frame(self.kind, self.sequence, self.payload)


def encode_frame(kind, sequence, payload=b""):
    """Return the bytes of a frame on the line, final 0x00 included."""
    head = bytes((kind, sequence)) + len(payload).to_bytes(2, "little")
    body = head + bytes(payload)
    return cobs_encode(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0"


def cobs_encode(data):
    """Return ``data`` with consistent overhead byte stuffing: no byte of the result is 0."""
    encoded = bytearray()
    for group in bytes(data).split(b"\0"):
        while len(group) >= _LARGEST_GROUP:
            encoded += b"\xff" + group[:_LARGEST_GROUP]
            group = group[_LARGEST_GROUP:]
        encoded.append(len(group) + 1)
        encoded += group
    return bytes(encoded)


def cobs_decode(encoded):
    """Undo `cobs_encode`.

    Raises
    ------
    FrameError
        The last group is not complete, or a byte is 0.
    """
    data = bytearray()
    position = 0
    owes_zero = False
    while position < len(encoded):
        code = encoded[position]
        group = encoded[position + 1 : position + code]
        if code == 0 or len(group) != code - 1 or 0 in group:
            raise FrameError(f"COBS group at byte {position} must be whole and without zeros")
        if owes_zero:
            data.append(0)
        data += group
        owes_zero = code != 0xFF
        position += code
    return bytes(data)


class FrameSplitter:
    """Find the frames in what comes from the line.

    Attributes
    ----------
    dropped : int
        Damaged frames so far.
    """

    def __init__(self):
        self.dropped = 0
        self._rest = b""

    def feed(self, data):
        """Take in bytes and return the good frames that they complete."""
        *complete, self._rest = (self._rest + bytes(data)).split(b"\0")
        frames = []
        for encoded in filter(None, complete):
            try:
                frames.append(Frame.decode(encoded))
            except FrameError:
                self.dropped += 1
        return frames
