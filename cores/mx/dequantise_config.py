"""Configuration of the dequantizer: a block in, numbers out."""

from hwgen.cores.config import (
    ROUNDING,
    STRICT,
    Block,
    CoreConfig,
    Overflow,
    Rounding,
    Scalar,
    set_field,
)
from hwgen.cores.mx import block_config as shared
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = ["MxDequantiseConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Formats(CoreConfig):
    fmt: Block = Field(
        default="mxfp8-e4m3/32", validate_default=True, description="block format in"
    )
    out: Scalar = Field(
        default="bf16", validate_default=True, description="float, fixed or integer format out"
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Rounding(CoreConfig):
    rounding: Rounding = ROUNDING
    overflow: Overflow = Field(
        default="infinity", description="what a value beyond the largest number becomes"
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxDequantiseConfig(shared.PipelineConfig, _Rounding, shared.BlockShape, _Formats):
    """What an ``mx-dequantise`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    @model_validator(mode="after")
    def _complete(self):
        set_field(self, "k", self.k or self.fmt.block_size)
        self.check_lanes()
        shared.check_operand("fmt", self.fmt)
        set_field(self, "fmt", shared.with_rules(self.fmt, self.k, formats.Quantization()))
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
