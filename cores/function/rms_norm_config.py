"""Configuration of the norms of vectors."""

from hwgen.cores.config import FREQUENCY, STRICT, TARGET, CoreConfig, Frequency, Target
from pydantic import Field
from pydantic.dataclasses import dataclass

__all__ = ["RmsNormConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RmsNormConfig(CoreConfig):
    """What an ``rms-norm`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    longest: int = Field(default=128, ge=2, le=8192, description="values of a vector, at most")
    mean: bool = Field(default=False, description="subtract the mean first: a layer norm")
    bias: bool = Field(default=False, description="a bias with each value, added to its result")
    gain_fraction: int = Field(default=14, ge=0, le=17, description="fraction bits of a gain")
    epsilon: float = Field(
        default=1e-5, ge=0, le=1, description="added to the mean square, in steps of 2**-32"
    )
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @property
    def epsilon_units(self):
        """The epsilon in units of 2**-32."""
        return round(self.epsilon * (1 << 32))
