"""Fields that the configs of many cores share: formats, rounding, frequency and fabric."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from hwgen import formats, targets
from hwgen.errors import HwgenError, UsageError

__all__ = [
    "FREQUENCY",
    "MULTIPLIERS",
    "RANDOM_BITS",
    "RANDOM_SEED",
    "RANDOM_SOURCE",
    "ROUNDING",
    "STRICT",
    "TARGET",
    "Block",
    "CoreConfig",
    "Digest",
    "Float",
    "Frequency",
    "Multipliers",
    "Overflow",
    "RandomBits",
    "RandomSource",
    "Rounding",
    "Scalar",
    "Seed",
    "Target",
    "checked",
    "number",
    "set_field",
]

# config of every core's pydantic dataclass
STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def checked(parse):
    """Return a validator that parses text with ``parse`` and reports its errors as pydantic's."""

    def validate(value):
        try:
            return parse(value) if isinstance(value, str) else value
        except HwgenError as error:
            raise ValueError(str(error)) from None

    return validate


def number(value):
    """Return the integer that a text holds; anything else as it is."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def set_field(config, name, value):
    """Complete a frozen config while it validates itself."""
    object.__setattr__(config, name, value)


def _float(text):
    try:
        found = formats.parse(text)
    except UsageError as error:
        raise UsageError(f"must be a float format: {error}") from None
    if not isinstance(found, formats.FloatFormat):
        raise UsageError(f"must be a float format, not {text!r}")
    return found


def _multipliers(text):
    if text in ("auto", "none"):
        return text
    if not text.isdecimal():
        raise UsageError(f"must be 'auto', 'none' or a number, not {text!r}")
    return int(text)


def _known_target(name):
    targets.get(name)
    return name


Block = Annotated[formats.BlockFormat, BeforeValidator(checked(formats.parse_block))]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Float = Annotated[formats.FloatFormat, BeforeValidator(checked(_float))]
Scalar = Annotated[formats.ScalarFormat, BeforeValidator(checked(formats.parse))]
Multipliers = Annotated[
    Literal["auto", "none"] | Annotated[int, Field(ge=0)],
    BeforeValidator(checked(_multipliers)),
]
Rounding = Literal["nearest-even", "nearest-away", "toward-zero", "up", "down", "stochastic"]
Overflow = Literal["infinity", "saturate"]
RandomBits = Annotated[Literal[8, 16, 32], BeforeValidator(number)]
RandomSource = Literal["lfsr", "input"]
Seed = Annotated[int, Field(ge=0, lt=1 << 32)]
Frequency = Annotated[float, Field(gt=0, le=2000)] | None
Target = Annotated[str, BeforeValidator(checked(_known_target))]

ROUNDING = Field(default="nearest-even", description="rounding of the result")
RANDOM_BITS = Field(default=16, description="random bits of a stochastic rounding")
RANDOM_SOURCE = Field(
    default="lfsr", description="random bits from a register inside, or a field of the input"
)
RANDOM_SEED = Field(default=0, description="start of the random bits from inside")
MULTIPLIERS = Field(
    default="auto", description="hard multipliers: 'auto', 'none', or at most so many"
)
FREQUENCY = Field(
    default=None, description="clock in MHz to place registers for (default: no pipelining)"
)
TARGET = Field(default="ecp5", description="fabric that the circuit is shaped for")


class CoreConfig:
    """What every config can do; the fields are those of the dataclass that derives from it."""

    digested: ClassVar[tuple[str, ...]] = ()
    """Fields that a field ``digest`` stands for: where something is read from, and how."""

    def as_dict(self):
        """Return the fields as plain values, formats by their canonical names."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: getattr(value, "name", value) for name, value in values.items()}
