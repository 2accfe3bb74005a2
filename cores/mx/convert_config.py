"""Configuration of the converter: a block in, a block of another format out."""

from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    STRICT,
    TARGET,
    Block,
    Frequency,
    Overflow,
    RandomBits,
    RandomSource,
    Rounding,
    Seed,
    Target,
    set_field,
)
from hwgen.cores.mx import block_config as shared
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = ["MxConvertConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxConvertConfig(shared.BlockResultConfig):
    """What an ``mx-convert`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_in: Block = Field(
        default="mxfp8-e4m3/32", validate_default=True, description="block format in"
    )
    fmt: Block = Field(
        default="mxfp4-e2m1/32", validate_default=True, description="block format out"
    )
    k: shared.Lanes = Field(
        default=None, description="elements in a block (default: that of the formats)"
    )
    lanes: shared.Lanes = Field(default=None, description="elements in one beat (default: k)")
    rounding: Rounding = shared.ROUNDING
    overflow: Overflow = shared.OVERFLOW
    scale_rule: shared.ScaleRule = shared.SCALE_RULE
    nan: shared.Nan = shared.NAN
    infinity: shared.Infinity = shared.INFINITY
    zero_scale: shared.ZeroScale = shared.ZERO_SCALE
    symmetric: bool = shared.SYMMETRIC
    flush_subnormals: bool = shared.FLUSH
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        shared.check_sizes(self, ("fmt_in", "fmt"))
        shared.check_lanes(self)
        shared.check_element("fmt_in", self.fmt_in, result=False)
        shared.check_element("fmt", self.fmt)
        set_field(self, "fmt_in", shared.with_rules(self.fmt_in, self.k, formats.Quantization()))
        set_field(self, "fmt", shared.with_rules(self.fmt, self.k, self.rules))
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.fmt
