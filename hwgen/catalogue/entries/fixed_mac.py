"""Catalogue entry of ``fixed-mac``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.fixed import RESULT_SEMANTICS, outputs
from hwgen.catalogue.vectors import fixed as test_vectors
from hwgen.cores.fixed.mac_config import FixedMacConfig
from hwgen.golden import fixed as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.fixed.mac import FixedMac

    return FixedMac(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of products; see ``hwgen/golden/fixed.py``."""
    fields = inputs["i"]
    products, exponent = golden_model.multiply(fields["a"], fields["b"], config.fmt_a, config.fmt_b)
    starts = np.flatnonzero(fields["first"])
    ends = np.flatnonzero(fields["last"])
    sums = np.concatenate([[0], np.cumsum(products)]).astype(object)
    begin = starts[np.searchsorted(starts, ends, side="right") - 1]
    return outputs(config, sums[ends + 1] - sums[begin], exponent, fields, ends)


_SEMANTICS = f"""\
The value is the sum of `a * b` over the tokens from the one marked `first` to the one marked
`last`, both included; a token may be both. One product enters every clock cycle, the next sum may
start right after the last one, and only tokens marked `last` have a result. Exact for up to
`max_terms` products; a longer sum is not defined. Random bits of a stochastic rounding are those of
the last token.

{RESULT_SEMANTICS}"""

CORE = Core(
    name="fixed-mac",
    summary="sum of products of fixed-point numbers between two marks",
    source="exact sum of exact products, rounded once",
    config=FixedMacConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.mac_vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core fixed-mac --fmt int8 --max-terms 64",
        "hwgen verify --core fixed-mac --fmt q1.6 --out q7.8 --freq 150",
        "hwgen emit --core fixed-mac --fmt uint4 --out uint8 --overflow wrap",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
