"""Catalogue entry of ``fixed-convert``: golden model and test vectors of its configurations."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.fixed import RESULT_SEMANTICS, outputs
from hwgen.catalogue.vectors import fixed as test_vectors
from hwgen.cores.fixed.convert_config import FixedConvertConfig
from hwgen.golden import fixed as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.fixed.convert import FixedConvert

    return FixedConvert(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of numbers; see ``hwgen/golden/fixed.py``."""
    fields = inputs["i"]
    exact, exponent = golden_model.convert(fields["a"], config.fmt)
    return outputs(config, exact, exponent, fields)


_SEMANTICS = f"""\
The value is that of the code `a`. `out` is a format here, never `exact`.

{RESULT_SEMANTICS}"""

CORE = Core(
    name="fixed-convert",
    summary="rounding of a fixed-point number to another format",
    source="two's complement fixed point, rounded once",
    config=FixedConvertConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.convert_vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core fixed-convert --fmt q7.8 --out int8",
        "hwgen verify --core fixed-convert --fmt int16 --out uq2.3 --rounding toward-zero --flags",
        "hwgen emit --core fixed-convert --fmt q3.28 --out q0.15 --rounding stochastic",
    ),
)
