"""Configuration of sums and products of two blocks, element by element."""

from hwgen.cores.config import STRICT, Block, CoreConfig, Multipliers
from hwgen.cores.mx import block_config as shared
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hwgen import targets

__all__ = ["MxAddConfig", "MxMulConfig"]


def _operand(name):
    return Field(
        default="mxfp8-e4m3/32",
        validate_default=True,
        description=f"block format of operand {name}",
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Formats(CoreConfig):
    fmt_a: Block = _operand("a")
    fmt_b: Block = _operand("b")
    out: Block | None = Field(
        default=None, description="block format of the result (default: that of operand a)"
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Factors(_Formats):
    dsp: Multipliers = Field(
        default="auto", description="hard multipliers: 'auto', 'none', or at most so many"
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _ElementwiseConfig(shared.BlockResultConfig, _Formats):
    @model_validator(mode="after")
    def _complete(self):
        out = self.out or self.fmt_a
        shared.check_sizes(self, ("fmt_a", "fmt_b", *(["out"] if self.out is not None else [])))
        self.check_lanes()
        self.set_operand("fmt_a")
        self.set_operand("fmt_b")
        self.set_result("out", out)
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.out


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxAddConfig(_ElementwiseConfig):
    """What an ``mx-add`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxMulConfig(_ElementwiseConfig, _Factors):
    """What an ``mx-mul`` core computes and what it is built for; raises as ``MxAddConfig``."""

    @property
    def multiplier_lanes(self):
        """Number of lanes whose significands go through a hard multiplier."""
        available = targets.get(self.target).multiplier_bits
        elements = (self.fmt_a.element, self.fmt_b.element)
        widths = [getattr(each, "significand_bits", each.width - 1) + 1 for each in elements]
        if not available or max(widths) >= available or self.dsp == "none":
            return 0
        if self.dsp == "auto":
            return self.lanes if min(widths) >= 6 else 0
        return min(self.dsp, self.lanes)
