"""Configuration of the quantizer: scalars in, a block out."""

from typing import Literal

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
    Scalar,
    Seed,
    Target,
    set_field,
)
from hwgen.cores.mx import block_config as shared
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = ["MxQuantiseConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxQuantiseConfig(shared.BlockResultConfig):
    """What an ``mx-quantise`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_in: Scalar = Field(
        default="bf16", validate_default=True, description="float, fixed or integer format in"
    )
    fmt: Block = Field(
        default="mxfp8-e4m3/32", validate_default=True, description="block format out"
    )
    k: shared.Lanes = Field(
        default=None, description="elements in a block (default: that of the format)"
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
    input_subnormals: Literal["full", "flush"] = Field(
        default="full", description="'flush' reads subnormal floats as zeros"
    )
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        set_field(self, "k", self.k or self.fmt.block_size)
        shared.check_lanes(self)
        shared.check_element("fmt", self.fmt, float_scales=True)
        if self.scale_rule != "floor" and isinstance(self.fmt.scale, formats.FloatFormat):
            raise ValueError(
                f"scale_rule must be left as it is with scales in {self.fmt.scale.name}, "
                f"not {self.scale_rule!r}"
            )
        set_field(self, "fmt", shared.with_rules(self.fmt, self.k, self.rules))
        if isinstance(self.fmt_in, formats.PowerOfTwoFormat) or not hasattr(self.fmt_in, "width"):
            raise ValueError(f"fmt_in must be float, fixed or integer, not {self.fmt_in.name!r}")
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.fmt
