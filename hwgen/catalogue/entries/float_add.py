"""Catalogue entry of ``float-add``."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.float_semantics import SEMANTICS
from hwgen.catalogue.float_tokens import outputs_of, rounding_of
from hwgen.catalogue.vectors import float_add as test_vectors
from hwgen.cores.floating.config import FloatAddConfig
from hwgen.golden import float_arith

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.add import FloatAdd

    return FloatAdd(config)


def _golden(config, inputs):
    tokens = inputs["i"]
    result = float_arith.add(
        tokens["a"],
        tokens["b"],
        format=config.fmt,
        subtract=tokens.get("subtract", config.operation == "subtract"),
        **rounding_of(config, tokens),
    )
    return outputs_of(config, result)


CORE = Core(
    name="float-add",
    summary="sum or difference of two floats of any format, rounded once",
    source="IEEE 754-2019, clause 5.4.1; OCP 8-bit Floating Point Specification for fn formats",
    config=FloatAddConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics="`result` is `a + b` or, with `--operation subtract`, `a - b`; with `both` the field "
    "`subtract` of the input chooses. One pair a clock cycle.\n\n"
    "A zero sum of operands with equal signs keeps their sign; the difference of equal numbers is "
    "+0, rounding down -0 (IEEE 754, clause 6.3). Infinity minus infinity is NaN and invalid; a "
    "signaling NaN is invalid.\n\n" + SEMANTICS,
    examples=(
        "hwgen verify --core float-add --fmt fp16 --freq 150",
        "hwgen emit --core float-add --fmt bf16 --operation both --rounding stochastic",
    ),
)
