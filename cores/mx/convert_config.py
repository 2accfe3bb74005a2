"""Configuration of the converter: a block in, a block of another format out."""

from hwgen.cores.config import STRICT, Block, CoreConfig
from hwgen.cores.mx import block_config as shared
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["MxConvertConfig"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Formats(CoreConfig):
    fmt_in: Block = Field(
        default="mxfp8-e4m3/32", validate_default=True, description="block format in"
    )
    fmt: Block = Field(
        default="mxfp4-e2m1/32", validate_default=True, description="block format out"
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxConvertConfig(shared.BlockResultConfig, _Formats):
    """What an ``mx-convert`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    @model_validator(mode="after")
    def _complete(self):
        shared.check_sizes(self, ("fmt_in", "fmt"))
        self.check_lanes()
        self.set_operand("fmt_in")
        self.set_result("fmt", self.fmt)
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.fmt
