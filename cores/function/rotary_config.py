"""Configuration of the core that turns pairs by their position."""

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import Field
from pydantic.dataclasses import dataclass

__all__ = ["RotaryConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RotaryConfig(CoreConfig):
    """What a ``rotary`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    width: int = Field(
        default=64, ge=4, le=256, multiple_of=2, description="values of a head, two a pair"
    )
    context: int = Field(default=1024, ge=4, le=65536, description="positions")
    base: float = Field(default=10000.0, gt=1, le=1e9, description="base of the angles' speeds")
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @property
    def pair_bits(self):
        """Bits of the number of a pair."""
        return (self.width // 2 - 1).bit_length()

    @property
    def position_bits(self):
        """Bits of a position."""
        return (self.context - 1).bit_length()

    @property
    def fine_bits(self):
        """Bits of a position that the second table takes."""
        return self.position_bits // 2
