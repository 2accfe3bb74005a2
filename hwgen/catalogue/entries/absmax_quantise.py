"""Catalogue entry of ``absmax-quantise``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import absmax_quantise as test_vectors
from hwgen.cores.ternary.absmax_config import AbsmaxQuantiseConfig
from hwgen.golden import absmax_quantise as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.ternary.absmax_quantise import AbsmaxQuantise

    return AbsmaxQuantise(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/absmax_quantise.py``."""
    codes, divisors = golden_model.absmax_quantise(
        inputs["i"]["values"], format=config.fmt, columns=config.columns, least=config.least
    )
    return {"o": {"codes": (codes & 255).astype(np.uint64), "absmax": divisors.astype(np.uint64)}}


_SEMANTICS = """\
A vector of `columns` values arrives as `columns / lanes` beats; lane j of beat t is value
`t * lanes + j`. Its codes go out in as many beats and the same order, each beat with the vector's
divisor, while the next vector comes in: a beat is taken and given in every clock cycle.

    absmax = max(largest magnitude of the vector, least)
    code   = 127 x / absmax, rounded to the nearest integer, ties to even

The quotient is that of the exact numbers, rounded once. `absmax` is in the values' format (of a
float, the code), or, for integers and fixed point, an unsigned number of their lowest bits: the
magnitude of the most negative value included. So `x` is about `code * absmax / 127`.

**BitNet b1.58** quantizes activations, a token at a time, to `clip(round(x s), -128, 127)` with
`s = 127 / max(absmax, 1e-5)`. With exact arithmetic no magnitude is above 127, and nothing is
clipped: -128 is an artifact of an `s` that was rounded up, and does not occur here. `least` is that
1e-5, rounded to the format and at least its lowest unit; for integers it is 1, and only keeps a
vector of zeros from a division by zero. To quantize for `ternary-matvec` let the values come in the
order of the weights' slots.

**Floats** (`bf16`, `fp16`, any with the special codes of IEEE 754): subnormal numbers count as what
they are. A vector with a NaN or an infinity has codes of 0 only, and its `absmax` tells why: it is
the largest code of all without its sign, so a NaN if there is one.

**How.** Values wait in a ring of memory, block RAM from 33 places on, while the largest of them is
found. A lane then finds the seven bits of `abs(x) * 127 / absmax` by adding or subtracting the
divisor, the highest bit first: R starts as `254 abs(x) - 127 absmax`, a bit is 1 where R is not
negative, and R then moves toward zero by the bit's weight times `absmax`. That is the integer part
of `(254 abs(x) + absmax) / (2 absmax)`, which is the quotient rounded, ties away from zero. Only
in a tie does R become zero; all later bits are 0 then. So an even code needs no more than this: the
lowest bit is 1 where R is positive, not where it is zero. No reciprocal is taken, so nothing but
this rounding takes place, whatever the widths. A float is first moved to the exponent of `absmax`;
9 places or more below it, it is less than `127 * 2 / 2**9`, below one half, and its code is 0.

Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="absmax-quantise",
    summary="vectors to INT8 codes by their largest magnitude, an exact quotient (BitNet b1.58)",
    source="S. Ma et al., The Era of 1-bit LLMs: All Large Language Models are in 1.58 Bits, "
    "arXiv:2402.17764, section 2",
    config=AbsmaxQuantiseConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core absmax-quantise --columns 64 --freq 100",
        "hwgen build --core absmax-quantise --columns 64 --fmt int12 --board ulx3s --freq 100",
        "hwgen emit --core absmax-quantise --fmt bf16 --lanes 4 --freq 100",
    ),
)
