"""Configuration of the decoder of trit dictionaries."""

from typing import Annotated

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from hwgen.formats.trit_dictionary import LONGEST_ENTRY, MOST_ENTRIES

__all__ = ["TritDecodeConfig"]


def _power_of_two(value):
    if value & (value - 1):
        raise ValueError(f"entries must be a power of two, not {value}")
    return value


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TritDecodeConfig(CoreConfig):
    """What a ``trit-decode`` core holds and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    entries: Annotated[int, AfterValidator(_power_of_two)] = Field(
        default=1024, ge=16, le=MOST_ENTRIES, description="entries that there is room for"
    )
    longest: int = Field(
        default=LONGEST_ENTRY, ge=1, le=LONGEST_ENTRY, description="pairs of the longest entry"
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @property
    def code_width(self):
        """Bits of a code."""
        return self.entries.bit_length() - 1

    @property
    def trits(self):
        """Trits of the longest entry."""
        return 2 * self.longest

    @property
    def pairs_width(self):
        """Bits of the number of pairs."""
        return self.longest.bit_length()
