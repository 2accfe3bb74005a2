"""Catalogue entry of ``fixed-add``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.fixed import RESULT_SEMANTICS, outputs
from hwgen.catalogue.vectors import fixed as test_vectors
from hwgen.cores.fixed.add_config import FixedAddConfig
from hwgen.golden import fixed as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.fixed.add import FixedAdd

    return FixedAdd(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of operands; see ``hwgen/golden/fixed.py``."""
    fields = inputs["i"]
    subtract = fields.get("subtract", np.full(len(fields["a"]), config.operation == "subtract"))
    exact, exponent = golden_model.add(
        fields["a"], fields["b"], config.fmt_a, config.fmt_b, subtract
    )
    return outputs(config, exact, exponent, fields)


_SEMANTICS = f"""\
The value is `a + b` or `a - b`, exact; with `--operation both` the input bit `subtract` decides
token by token. The binary points of the operands may differ: the sum is in units of the finer of
both, whose low bits take no adder.

{RESULT_SEMANTICS}"""

CORE = Core(
    name="fixed-add",
    summary="sum or difference of two fixed-point numbers of any formats",
    source="exact sum, rounded once",
    config=FixedAddConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.add_vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core fixed-add --fmt q3.4 --out q2.2 --rounding nearest-even",
        "hwgen verify --core fixed-add --fmt-a int8 --fmt-b q1.6 --operation both",
        "hwgen emit --core fixed-add --fmt int32 --freq 200",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
