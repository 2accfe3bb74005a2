"""What the products of one memory channel are made for."""

from dataclasses import dataclass, field

from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen import targets
from hwgen.errors import UsageError
from hwgen.formats.weight_beats import BeatLayout
from hwgen.formats.weight_stream import parse_weight_stream

__all__ = ["ClusterConfig"]

_SMALLEST_GROUP = 16


@dataclass(frozen=True)
class ClusterConfig:
    """One channel, one weight format.

    Parameters
    ----------
    format : str
        Weight format with groups of 16 columns or more.
    lanes : int
        Blocks of 32 weights that are multiplied in a clock cycle, a power of two up to 16.
    reader : ReaderConfig
    activation_bits : int
        Of a code, 8 or 16.
    code_blocks : int
        Blocks of codes that are kept, a power of two, at least 2 for every lane.
    results : int
        Sums that wait to be collected at most, a power of two from 64 to 1024.
    target : str
        Fabric.
    freq : float or None
        MHz.

    Raises ``UsageError`` for what cannot be built.
    """

    format: str = "group-int4-fp16/32"
    lanes: int = 4
    reader: ReaderConfig = field(default_factory=ReaderConfig)
    activation_bits: int = 8
    code_blocks: int = 256
    results: int = 64
    target: str = "ultrascale_plus"
    freq: float | None = 225.0

    def __post_init__(self):
        targets.get(self.target)
        if self.stream.group < _SMALLEST_GROUP:
            raise UsageError(
                f"format must have groups of {_SMALLEST_GROUP} columns or more, not {self.format}"
            )
        self._require("lanes", _is_power(self.lanes) and self.lanes <= 16, "1, 2, 4, 8 or 16")
        self._require("activation_bits", self.activation_bits in (8, 16), "8 or 16")
        enough = _is_power(self.code_blocks) and 2 * self.lanes <= self.code_blocks <= 1 << 16
        self._require("code_blocks", enough, "a power of two, from twice the lanes to 65536")
        enough = _is_power(self.results) and 64 <= self.results <= 1024
        self._require("results", enough, "a power of two from 64 to 1024")

    def _require(self, name, holds, what):
        if not holds:
            raise UsageError(f"{name} must be {what}, not {getattr(self, name)!r}")

    @property
    def stream(self):
        """Layout of the weights."""
        return parse_weight_stream(self.format)

    def layout(self, channels):
        """Return where weights lie in so many channels."""
        return BeatLayout(self.stream, channels, self.lanes, self.reader.beat_bytes)

    @property
    def read_registers(self):
        """Registers behind what memories give: 1, or 0 where no clock is asked for."""
        return int(self.freq is not None)

    @property
    def size(self):
        """Bits of the circuit, roughly: paths in a large one are longer."""
        return 20_000 if self.freq is not None else 0


def _is_power(number):
    return number > 0 and not number & (number - 1)
