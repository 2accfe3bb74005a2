"""What a simulated memory channel is like: its times, its banks, its queue."""

from dataclasses import dataclass
from functools import cached_property

from hwgen.errors import UsageError

__all__ = ["ChannelConfig"]

_WIDTHS = (64, 128, 256, 512)
# of a clock cycle; so intervals need not be whole cycles
GAP_PARTS = 16


@dataclass(frozen=True)
class ChannelConfig:
    """One pseudo-channel of HBM2, behind its controller.

    Latencies and times of refresh are DRAMsim3's for HBM2. ``activation_ns`` is not known from a
    data sheet: it is chosen so that random blocks of 64 bytes reach what they reach there.

    Parameters
    ----------
    data_bits : int
        Bits of a beat: 64, 128, 256 or 512. With one beat a clock cycle,
        ``data_bits * clock_mhz`` is the raw peak; 512 bits at 225 MHz are the 14.4 GB/s of a
        pseudo-channel of a U280.
    clock_mhz : float
        Clock, 50 to 1000.
    beats : int
        Size of the memory, a power of two. Beyond it is a decode error.
    address_bits : int
        Bits of a byte address, 13 to 32.
    banks : int
        A power of two; every 4 KiB belong to the next bank.
    queue : int
        Bursts accepted and not yet answered, at most; 2 to 256.
    hit_ns, closed_ns, conflict_ns : float
        From the acceptance of an address to the first beat, of a memory that was idle: the row is
        open; no row of its bank is; another one is.
    activation_ns : float
        Least time from one opening of a row to the next.
    refresh_interval_ns, refresh_ns : float
        tREFI and tRFC.
    jitter : int
        Every burst takes 0 to so many clock cycles longer; a power of two less one, below 256.

    Raises ``UsageError`` for what a channel cannot be.
    """

    data_bits: int = 512
    clock_mhz: float = 225.0
    beats: int = 1 << 13
    address_bits: int = 28
    banks: int = 16
    queue: int = 32
    hit_ns: float = 107.0
    closed_ns: float = 122.0
    conflict_ns: float = 138.0
    activation_ns: float = 16.7
    refresh_interval_ns: float = 3900.0
    refresh_ns: float = 260.0
    jitter: int = 3

    def __post_init__(self):
        self._require("data_bits", self.data_bits in _WIDTHS, f"one of {_WIDTHS}")
        self._require("clock_mhz", 50 <= self.clock_mhz <= 1000, "from 50 to 1000")
        self._require("beats", self.beats > 1 and _is_power(self.beats), "a power of two above 1")
        self._require("address_bits", 13 <= self.address_bits <= 32, "from 13 to 32")
        self._require("banks", self.banks > 1 and _is_power(self.banks), "a power of two above 1")
        self._require("queue", 2 <= self.queue <= 256, "from 2 to 256")
        ordered = self.cycles(self.hit_ns) >= 3 and (
            self.hit_ns <= self.closed_ns <= self.conflict_ns
        )
        self._require("hit_ns", ordered, "three clock cycles or more, and not above the others")
        self._require("activation_ns", self.activation_ns > 0, "above 0")
        self._require("jitter", 0 <= self.jitter < 256 and _is_power(self.jitter + 1), "2**n - 1")
        busy = self.blocked_cycles < self.cycles(self.refresh_interval_ns)
        self._require("refresh_interval_ns", busy, "longer than a refresh with its rows")
        fits = self.beats * self.beat_bytes <= 1 << self.address_bits
        self._require("beats", fits, f"within {self.address_bits} bits of address")

    def _require(self, name, holds, what):
        if not holds:
            raise UsageError(f"{name} must be {what}, not {getattr(self, name)!r}")

    def cycles(self, time_ns):
        """Return the clock cycles nearest to a time."""
        return round(time_ns * self.clock_mhz / 1000)

    @property
    def beat_bytes(self):
        """Bytes of a beat."""
        return self.data_bits // 8

    @cached_property
    def gap(self):
        """Least time from one opening of a row to the next, in 16ths of a clock cycle."""
        return max(GAP_PARTS, round(GAP_PARTS * self.activation_ns * self.clock_mhz / 1000))

    @property
    def closed_cycles(self):
        """Clock cycles of a refresh in which no row is opened: rows are closed, then refreshed."""
        return self.cycles(self.conflict_ns - self.closed_ns + self.refresh_ns)

    @property
    def blocked_cycles(self):
        """Clock cycles of a refresh without data: until the first row is open again."""
        return self.cycles(self.conflict_ns - self.hit_ns + self.refresh_ns)

    @property
    def ceiling(self):
        """Share of the raw peak that refresh leaves."""
        return 1 - self.blocked_cycles / self.cycles(self.refresh_interval_ns)


def _is_power(number):
    return number > 0 and not number & (number - 1)
