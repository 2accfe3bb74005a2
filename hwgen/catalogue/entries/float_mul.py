"""Catalogue entry of ``float-mul``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.float_semantics import SEMANTICS
from hwgen.catalogue.float_tokens import outputs_of, rounding_of
from hwgen.catalogue.vectors import float_mul as test_vectors
from hwgen.cores.floating.config import FloatMulConfig
from hwgen.golden import float_arith

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.multiply import FloatMul

    return FloatMul(config)


def _golden(config, inputs):
    tokens = inputs["i"]
    result = float_arith.multiply(
        tokens["a"],
        tokens["b"],
        format_a=config.fmt_a,
        format_b=config.fmt_b,
        output=config.out,
        **rounding_of(config, tokens),
    )
    return outputs_of(config, result)


CORE = Core(
    name="float-mul",
    summary="product of two floats of any formats, rounded once",
    source="IEEE 754-2019, clause 5.4.1; OCP 8-bit Floating Point Specification for fn formats",
    config=FloatMulConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics="`result` is `a * b`; `--fmt` sets the formats of both factors and of the result, "
    "`--fmt-a`, `--fmt-b` and `--out` set one each. One pair a clock cycle.\n\n"
    "The sign is that of the rule of signs, for zeros and infinities too. Infinity times zero is "
    "NaN and invalid; a signaling NaN is invalid.\n\n" + SEMANTICS,
    examples=(
        "hwgen verify --core float-mul --fmt fp32 --freq 100",
        "hwgen emit --core float-mul --fmt e4m3 --out bf16 --dsp none",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b", "out")},
)
