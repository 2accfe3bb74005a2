"""Configuration of sums and products of two blocks, element by element."""

from hwgen.cores.config import (
    FREQUENCY,
    RANDOM_BITS,
    RANDOM_SEED,
    RANDOM_SOURCE,
    STRICT,
    TARGET,
    Block,
    Frequency,
    Multipliers,
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

from hwgen import formats, targets

__all__ = ["MxAddConfig", "MxMulConfig"]

_FMT_A = Field(
    default="mxfp8-e4m3/32", validate_default=True, description="block format of operand a"
)
_FMT_B = Field(
    default="mxfp8-e4m3/32", validate_default=True, description="block format of operand b"
)
_OUT = Field(default=None, description="block format of the result (default: that of operand a)")
_K = Field(default=None, description="elements in a block (default: that of the formats)")
_LANES = Field(default=None, description="elements in one beat (default: k)")


def _complete_operands(config):
    shared.check_sizes(config, ("fmt_a", "fmt_b", *(["out"] if config.out is not None else [])))
    shared.check_lanes(config)
    plain = formats.Quantization()
    for name in ("fmt_a", "fmt_b"):
        block = getattr(config, name)
        shared.check_element(name, block, result=False)
        set_field(config, name, shared.with_rules(block, config.k, plain))
    out = config.out or config.fmt_a
    shared.check_element("out", out)
    set_field(config, "out", shared.with_rules(out, config.k, config.rules))


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxAddConfig(shared.BlockResultConfig):
    """What an ``mx-add`` core computes and what it is built for.

    Raises
    ------
    pydantic.ValidationError
        With every mistake at once; ``Core.configure`` makes one line of it for a person.
    """

    fmt_a: Block = _FMT_A
    fmt_b: Block = _FMT_B
    out: Block | None = _OUT
    k: shared.Lanes = _K
    lanes: shared.Lanes = _LANES
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
        _complete_operands(self)
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.out


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MxMulConfig(shared.BlockResultConfig):
    """What an ``mx-mul`` core computes and what it is built for; raises as ``MxAddConfig``."""

    fmt_a: Block = _FMT_A
    fmt_b: Block = _FMT_B
    out: Block | None = _OUT
    k: shared.Lanes = _K
    lanes: shared.Lanes = _LANES
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
    dsp: Multipliers = Field(
        default="auto", description="hard multipliers: 'auto', 'none', or at most so many"
    )
    target: Target = TARGET

    @model_validator(mode="after")
    def _complete(self):
        _complete_operands(self)
        return self

    @property
    def block(self):
        """Format of the result."""
        return self.out

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
