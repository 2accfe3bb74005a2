"""Catalogue entry of ``rotary``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors.rotary import vectors
from hwgen.cores.function.rotary_config import RotaryConfig
from hwgen.golden.rotary import rotary

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.function.rotary import Rotary

    return Rotary(config)


def _golden(config, inputs):
    """Return turned pairs; see ``hwgen/golden/rotary.py``."""
    stream = {name: np.asarray(each).astype(np.int64) for name, each in inputs["i"].items()}
    values = [stream[name] - (stream[name] >> 31 << 32) for name in ("a", "b")]
    found = rotary(
        *values,
        stream["pair"],
        stream["position"],
        width=config.width,
        base=config.base,
        fine_bits=config.fine_bits,
    )
    return {
        "o": {
            name: (each & 0xFFFFFFFF).astype(np.uint64)
            for name, each in zip(("a", "b"), found, strict=True)
        }
    }


_SEMANTICS = """\
Both values of a pair are signed, 32 bits, 16 of them behind the point; so are the results. Which
values of a head make a pair is the sender's matter: neighbours, or those of both halves.

    angle = position * base**(-2 pair / width)
    a     = a cos(angle) - b sin(angle)
    b     = a sin(angle) + b cos(angle)

An angle is put together from the upper and the lower half of the position's bits, each with a table
of cosines and sines of 30 fraction bits, so that no position has a larger error than another; the
cosine and the sine of the whole have 16 fraction bits. They, and the results, are rounded to
nearest, ties up; a result is limited to 32 bits. These are the angles of the GPT machine. Tables
hold what the bits of `pair` and `position` can say, which may be more than `width` and `context`
ask for.

**Error** of results in range: half a unit of 2**-16, and 0.51 parts in 2**16 of `abs(a) + abs(b)`.

Each of both tables has 64 bits for every pair and every number that half of the position's bits
can be, in block RAM: 64 Kbit by default. For example, pair 0 with the values 1 and 0 (65536 and 0)
at position 1 becomes 35409 and 55147, or 0.540298 and 0.841476: the cosine and the sine of 1 are
0.540302 and 0.841471.

Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="rotary",
    summary="rotary position embedding (RoPE): pairs of values turned by their position",
    source="J. Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, "
    "arXiv:2104.09864",
    config=RotaryConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core rotary --width 32 --context 256 --freq 60",
        "hwgen emit --core rotary --width 128 --context 4096 --base 500000 --freq 60",
        "hwgen build --core rotary --width 48 --context 256 --board ulx3s --freq 60",
    ),
)
