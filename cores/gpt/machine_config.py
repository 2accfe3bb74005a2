"""What a GPT machine executes and what it is built for."""

from dataclasses import dataclass

from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen import targets
from hwgen.errors import UsageError
from hwgen.formats.gpt_program import Program
from hwgen.formats.weight_image import image_starts
from hwgen.formats.weight_stream import parse_weight_stream

__all__ = ["MachineConfig"]

_MOST_WORDS = 1 << 16
_SMALLEST_GROUP = 16
_BEAT_BITS = (64, 512)


@dataclass(frozen=True)
class MachineConfig:
    """A program, where its weights lie, and where it runs.

    Parameters
    ----------
    program : Program
    target : str
        Fabric.
    freq : float or None
        MHz; None: no registers but those between units.
    key_lanes : int
        Keys, and then values, that a head attends to in a clock cycle: a power of two.
    reader : ReaderConfig or None
        How weights are read from external memory, in beats of 64 to 512 bits (see
        `hwgen.formats.weight_image`); None: they lie on the chip, as the rest does.

    sampling : bool
        Whether tokens may be drawn by chance; otherwise it is always the most likely one.

    Raises ``UsageError`` for a program that this machine cannot execute.
    """

    program: Program
    target: str = "ecp5"
    freq: float | None = None
    key_lanes: int = 1
    reader: ReaderConfig | None = None
    sampling: bool = False

    def __post_init__(self):
        targets.get(self.target)
        for name in self.program.machine.formats:
            if parse_weight_stream(name).group < _SMALLEST_GROUP:
                raise UsageError(
                    f"weights in hardware must have groups of {_SMALLEST_GROUP} columns or more, "
                    f"not {name}"
                )
        if len(self.program) >= _MOST_WORDS:
            raise UsageError(
                f"program must have fewer than {_MOST_WORDS} instructions, not {len(self.program)}"
            )
        if self.reader is not None:
            self._check_reader()

    def _check_reader(self):
        least, most = _BEAT_BITS
        if not least <= self.reader.data_bits <= most:
            raise UsageError(
                f"data_bits of a machine's memory must be {least} to {most}, "
                f"not {self.reader.data_bits}"
            )
        size, bits = image_starts(self.program)[-1], self.reader.address_bits
        if size > 1 << bits:
            raise UsageError(
                f"address_bits must be at least {(size - 1).bit_length()} for {size} bytes of "
                f"weights, not {bits}"
            )

    @property
    def read_registers(self):
        """Registers behind what large memories give: 1, or 0 where no clock is asked for."""
        return int(self.freq is not None)

    @property
    def size(self):
        """Bits of the circuit, roughly: paths in a large one are longer."""
        return 20_000 if self.freq is not None else 0
