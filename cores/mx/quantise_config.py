"""Configuration of the quantizer: scalars in, a block out."""

from typing import Literal

from hwgen.cores.config import STRICT, Block, CoreConfig, Scalar, set_field
from hwgen.cores.mx import block_config as shared
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import formats

__all__ = ["MxQuantiseConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Formats(CoreConfig):
    fmt_in: Scalar = Field(
        default="bf16", validate_default=True, description="float, fixed or integer format in"
    )
    input_subnormals: Literal["full", "flush"] = Field(
        default="full", description="'flush' reads subnormal floats as zeros"
    )
    fmt: Block = Field(
        default="mxfp8-e4m3/32", validate_default=True, description="block format out"
    )
    tensor_scale: Literal["unit", "input"] = Field(
        default="unit",
        description="'input' divides by a field of the input; else values are in units of it",
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxQuantiseConfig(shared.BlockResultConfig, _Formats):
    """What an ``mx-quantise`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    @model_validator(mode="after")
    def _complete(self):
        set_field(self, "k", self.k or self.fmt.block_size)
        self.check_lanes()
        self.set_result("fmt", self.fmt)
        if self.tensor_scale == "input" and self.fmt.tensor_scale is None:
            raise ValueError(f"tensor_scale must be 'unit' for {self.fmt}, which has none")
        if isinstance(self.fmt_in, formats.PowerOfTwoFormat) or not hasattr(self.fmt_in, "width"):
            raise ValueError(f"fmt_in must be float, fixed or integer, not {self.fmt_in.name!r}")
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.fmt
