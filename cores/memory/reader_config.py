"""How a reader asks a memory channel."""

from dataclasses import dataclass

from hwgen.cores.memory.axi import PAGE_BYTES

from hwgen.errors import UsageError

__all__ = ["ReaderConfig"]

_MOST_BURST_BEATS = 256
_ALLOWED = {
    "data_bits": "a power of two from 8 to 1024",
    "address_bits": "from 13 to 64",
    "burst_bytes": "a power of two up to 4096, of 1 to 256 beats",
    "outstanding": "from 1 to 256",
    "buffer_beats": "a power of two, at least 4 and at least the beats of a burst",
    "timeout": "from 1 to 2**24",
}


@dataclass(frozen=True)
class ReaderConfig:
    """An AXI4 read master.

    Parameters
    ----------
    data_bits : int
        Bits of a beat, a power of two from 8 to 1024.
    address_bits : int
        Bits of a byte address, 13 to 64.
    burst_bytes : int
        Longest burst, a power of two up to 4096, and of 1 to 256 beats. Bursts end at its
        multiples.
    outstanding : int
        Bursts on their way at most, 1 to 256.
    buffer_beats : int
        Beats that are kept, a power of two, at least those of a burst and at least 4. Data are
        asked for only where there is room, so that it bounds what is on its way, too.
    timeout : int
        Clock cycles without an answer after which the reader stops, 1 to 2**24.

    Raises ``UsageError`` for what a reader cannot be.
    """

    data_bits: int = 512
    address_bits: int = 28
    burst_bytes: int = 512
    outstanding: int = 16
    buffer_beats: int = 512
    timeout: int = 1 << 16

    def __post_init__(self):
        self._require("data_bits", 8 <= self.data_bits <= 1024 and _is_power(self.data_bits))
        self._require("address_bits", 13 <= self.address_bits <= 64)
        self._require(
            "burst_bytes",
            _is_power(self.burst_bytes)
            and self.burst_bytes <= PAGE_BYTES
            and 1 <= self.burst_beats <= _MOST_BURST_BEATS,
        )
        self._require("outstanding", 1 <= self.outstanding <= 256)
        self._require(
            "buffer_beats",
            _is_power(self.buffer_beats) and max(4, self.burst_beats) <= self.buffer_beats,
        )
        self._require("timeout", 1 <= self.timeout <= 1 << 24)

    def _require(self, name, holds):
        if not holds:
            raise UsageError(f"{name} must be {_ALLOWED[name]}, not {getattr(self, name)!r}")

    @property
    def beat_bytes(self):
        """Bytes of a beat."""
        return self.data_bits // 8

    @property
    def burst_beats(self):
        """Beats of the longest burst."""
        return self.burst_bytes // self.beat_bytes


def _is_power(number):
    return number > 0 and not number & (number - 1)
