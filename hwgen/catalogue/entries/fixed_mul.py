"""Catalogue entry of ``fixed-mul``: golden model and test vectors of its configurations."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.fixed import RESULT_SEMANTICS, outputs
from hwgen.catalogue.vectors import fixed as test_vectors
from hwgen.cores.fixed.mul_config import FixedMulConfig
from hwgen.golden import fixed as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.fixed.multiply import FixedMul

    return FixedMul(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of operands; see ``hwgen/golden/fixed.py``."""
    fields = inputs["i"]
    exact, exponent = golden_model.multiply(fields["a"], fields["b"], config.fmt_a, config.fmt_b)
    return outputs(config, exact, exponent, fields)


_SEMANTICS = f"""\
The value is `a * b`, exact. With `--dsp auto` operands of 6 bits and more go to a hard multiplier
where one is wide and fast enough; `none` builds rows of carry chains.

{RESULT_SEMANTICS}"""

CORE = Core(
    name="fixed-mul",
    summary="product of two fixed-point numbers of any formats",
    source="exact product, rounded once",
    config=FixedMulConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.multiply_vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core fixed-mul --fmt q1.6 --out q1.6 --freq 150",
        "hwgen verify --core fixed-mul --fmt-a uint4 --fmt-b int8 --dsp none",
        "hwgen emit --core fixed-mul --fmt int16 --out q0.15 --rounding stochastic",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
