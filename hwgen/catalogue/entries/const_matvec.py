"""Catalogue entry of ``const-matvec``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import const_matvec as test_vectors
from hwgen.cores.fixed.matvec_config import ConstMatvecConfig
from hwgen.golden import const_matvec as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.fixed.const_matvec import ConstMatvec

    return ConstMatvec(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of vectors; see ``hwgen/golden/const_matvec.py``."""
    weights = config.weights
    x = np.asarray(inputs["i"]["x"]).reshape(-1, weights.shape[1])
    y = golden_model.const_matvec(x, weights, config.fmt, config.output_shape.width)
    return {"o": {"y": y if len(weights) > 1 else y[:, 0]}}


_SEMANTICS = """\
`y = W x`, exactly: W has M rows and N columns of integers, x holds N elements, y holds M. Every
element of y is in units of the lowest bit of `fmt`, and all have the width of the widest: the
narrowest format that holds every sum for every x.

W comes from a file: `.npy`, `.safetensors` (with `--tensor`), or `.csv` with one row a line. With
`--transpose` the file holds N rows and M columns. Floats are taken where all of them are whole
numbers. `random-intN/RxC/SEED` stands for R x C integers of N bits drawn by
`numpy.random.default_rng(SEED).integers`. At most 16,384 entries of at most 31 bits and a sign.

`digest` is the SHA-256 of the text `RxC:` and the entries as little-endian 64-bit integers, row by
row, as the file has them. It is filled in, is written to `interface.json`, and a config that names
it refuses a file with other contents; so one config always gives one Verilog.

The circuit has no multipliers: rows are written in canonical signed digits, and sums of two terms
that several outputs need are added once. Zero rows and columns cost nothing. One vector enters
every clock cycle; the latency follows from `freq`. Measured against another generator:
[benchmark](../benchmarks/const-matvec.md)."""

CORE = Core(
    name="const-matvec",
    summary="exact product of a constant integer matrix and a vector, without multipliers",
    source="integer matrix product",
    config=ConstMatvecConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core const-matvec --matrix random-int8/4x6/1",
        "hwgen emit --core const-matvec --fmt uint4 --freq 150",
        "hwgen show core const-matvec",
    ),
)
