"""Configuration of the dequantizer: a block in, numbers out."""

from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    ROUNDING,
    STRICT,
    TARGET,
    Block,
    CoreConfig,
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

__all__ = ["MxDequantiseConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxDequantiseConfig(CoreConfig):
    """What an ``mx-dequantise`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt: Block = Field(
        default="mxfp8-e4m3/32", validate_default=True, description="block format in"
    )
    out: Scalar = Field(
        default="bf16", validate_default=True, description="float, fixed or integer format out"
    )
    k: shared.Lanes = Field(
        default=None, description="elements in a block (default: that of the format)"
    )
    lanes: shared.Lanes = Field(default=None, description="elements in one beat (default: k)")
    rounding: Rounding = ROUNDING
    overflow: Overflow = Field(
        default="infinity", description="what a value beyond the largest number becomes"
    )
    random_bits: RandomBits = RANDOM_BITS
    random_source: RandomSource = RANDOM_SOURCE
    random_seed: Seed = RANDOM_SEED
    freq: Frequency = FREQUENCY
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        block = self.fmt
        set_field(self, "k", self.k or block.block_size)
        shared.check_lanes(self)
        if isinstance(block.element, formats.PowerOfTwoFormat) or block.element.width > 16:
            raise ValueError(
                f"fmt must have number elements of at most 16 bits, not {block.element.name!r}"
            )
        for scale in (block.scale, block.tensor_scale):
            if scale is not None and not isinstance(
                scale, formats.FloatFormat | formats.PowerOfTwoFormat
            ):
                raise ValueError(f"fmt must have float scales, not {scale.name!r}")
        set_field(
            self,
            "fmt",
            formats.BlockFormat(block.element, block.scale, self.k, block.tensor_scale),
        )
        self._check_output()
        return self

    def _check_output(self):
        out = self.out
        if isinstance(out, formats.IntFormat | formats.FixedFormat):
            if not out.signed or not 2 <= out.width <= 32:
                raise ValueError(f"out must have a sign and 2 to 32 bits, not {out.name!r}")
            return
        if not isinstance(out, formats.FloatFormat):
            raise ValueError(f"out must be float, fixed or integer, not {out.name!r}")
        if not out.signed or not out.subnormals or out.nan_code is None:
            raise ValueError(f"out must have a sign, subnormal numbers and NaN, not {out.name!r}")

    @property
    def factors(self):
        """Formats of what is multiplied: the element, the scale, the tensor scale if any."""
        block = self.fmt
        return [
            each for each in (block.element, block.scale, block.tensor_scale) if each is not None
        ]
