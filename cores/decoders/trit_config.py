"""Configuration of the decoder of trit dictionaries."""

from typing import Annotated, Literal

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen.formats.trit_dictionary import LONGEST_ENTRY, MOST_ENTRIES

__all__ = ["TritDecodeConfig"]

_WEIGHTS_OF_BYTE = 4


def _power_of_two(value):
    if value & (value - 1):
        raise ValueError(f"entries must be a power of two, not {value}")
    return value


def _trits_of_word(value):
    if value & (value - 1):
        raise ValueError(f"lanes must be a power of two, not {value}")
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
    lanes: Annotated[int, AfterValidator(_trits_of_word)] | None = Field(
        default=None, ge=2, le=64, description="trits of every token (default: those of one entry)"
    )
    out: Literal["trits", "two-bit"] = Field(
        default="trits",
        description="'two-bit': packed weights, as ternary-matvec takes them; with lanes",
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        if self.out == "two-bit" and (self.lanes is None or self.lanes % _WEIGHTS_OF_BYTE):
            raise ValueError(
                f"lanes must be a multiple of {_WEIGHTS_OF_BYTE} for out two-bit, not {self.lanes}"
            )
        return self

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
