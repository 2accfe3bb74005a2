"""Catalogue entry of ``float-fma``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.float_semantics import SEMANTICS
from hwgen.catalogue.float_tokens import outputs_of, rounding_of
from hwgen.catalogue.vectors import float_fma as test_vectors
from hwgen.cores.floating.config import FloatFmaConfig
from hwgen.golden import float_arith

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.fma import FloatFma

    return FloatFma(config)


def _golden(config, inputs):
    tokens = inputs["i"]
    result = float_arith.fused_multiply_add(
        tokens["a"],
        tokens["b"],
        tokens["c"],
        format_a=config.fmt_a,
        format_b=config.fmt_b,
        format_c=config.fmt_c,
        output=config.out,
        negate_product=tokens.get("negate_product", False),
        negate_addend=tokens.get("negate_addend", False),
        **rounding_of(config, tokens),
    )
    return outputs_of(config, result)


CORE = Core(
    name="float-fma",
    summary="a * b + c of floats of any formats, rounded once",
    source="IEEE 754-2019, clause 5.4.1 (fusedMultiplyAdd); OCP 8-bit Floating Point Specification "
    "for fn formats",
    config=FloatFmaConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics="`result` is `a * b + c`, the exact value rounded once; `--fmt` sets all four "
    "formats, `--fmt-a`, `--fmt-b`, `--fmt-c` and `--out` one each. With `--negations` the fields "
    "`negate_product` and `negate_addend` of the input change the signs of the two terms. One "
    "triple a clock cycle.\n\n"
    "A zero result of terms with equal signs keeps their sign; otherwise it is +0, rounding down "
    "-0 (IEEE 754, clause 6.3). Infinity times zero is invalid and NaN, also where `c` is a quiet "
    "NaN; so is the sum of opposite infinities, and a signaling NaN.\n\n" + SEMANTICS,
    examples=(
        "hwgen verify --core float-fma --fmt fp16 --freq 150",
        "hwgen emit --core float-fma --fmt-a e4m3 --fmt-b e5m2 --fmt-c fp32 --out fp32",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b", "fmt_c", "out")},
)
