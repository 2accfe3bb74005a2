"""Catalogue entry of ``fixed-dot``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.fixed import RESULT_SEMANTICS, outputs
from hwgen.catalogue.vectors import fixed as test_vectors
from hwgen.cores.fixed.dot_config import FixedDotConfig
from hwgen.golden import fixed as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.fixed.dot import FixedDot

    return FixedDot(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/fixed.py``."""
    fields = inputs["i"]
    beats = config.k // config.lanes
    a, b = (np.asarray(fields[name]).reshape(-1, config.k) for name in "ab")
    exact, exponent = golden_model.dot(a, b, config.fmt_a, config.fmt_b)
    last = np.arange(1, len(exact) + 1) * beats - 1
    return outputs(config, exact, exponent, fields, last)


_SEMANTICS = f"""\
The value is the sum of the products of `k` pairs of elements, exact. A vector arrives as
`k / lanes` beats: lane j of beat t is element `t * lanes + j`. Random bits of a stochastic rounding
are those of the last beat.

{RESULT_SEMANTICS}"""

CORE = Core(
    name="fixed-dot",
    summary="dot product of two fixed-point vectors",
    source="exact sum of exact products, rounded once",
    config=FixedDotConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.dot_vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core fixed-dot --fmt int8 --k 8",
        "hwgen verify --core fixed-dot --fmt q1.6 --k 16 --lanes 4 --out q3.12 --freq 150",
        "hwgen emit --core fixed-dot --fmt-a uint8 --fmt-b int4 --k 32 --dsp none",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
