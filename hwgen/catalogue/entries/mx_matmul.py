"""Catalogue entry of ``mx-matmul``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.exact import exact_codes
from hwgen.catalogue.vectors import mx_matmul as test_vectors
from hwgen.cores.systolic.matmul_config import MxMatmulConfig
from hwgen.golden import mx_matmul as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.systolic.matmul import MxMatmul

    return MxMatmul(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/mx_matmul.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    matrices = ["a", "b", "scale_b"] + ["scale_a"] * (not config.weight_stationary)
    for name in matrices:
        tokens[name] = tokens[name].reshape(len(tokens[name]), -1)
    options = {
        "format_a": config.fmt_a,
        "format_b": config.fmt_b,
        "output": None if config.out == "exact" else config.out,
        "rounding": config.rounding,
        "overflow": config.overflow,
        "specials": config.specials,
    }
    if config.max_blocks > 1:
        options["max_blocks"] = config.max_blocks
        options["accumulator_width"] = config.dot.significand_width
        options["accumulator_step"] = config.accumulator_step
    if config.weight_stationary:
        outputs = golden_model.weight_stationary(
            **tokens, **options, accumulators=config.accumulators
        )
    else:
        outputs = golden_model.output_stationary(
            **tokens, **options, block_size=config.k, lanes=config.lanes
        )
    if config.out == "exact":
        outputs = exact_codes(config.dot, outputs)
    return {"o": {name: _squeezed(each) for name, each in outputs.items()}}


def _squeezed(values):
    return values[:, 0] if values.shape[1] == 1 else values


_SEMANTICS = """\
C = A B. Every element of C is what [`mx-dot`](core-mx-dot.md) gives for a row of A and a column
of B, to the bit: exact within a block, blocks of different scales in an accumulator that is aligned
to the largest scale so far (its width, step and what it may lose are those of `mx-dot`), one
rounding. Float scales, as those of `nvfp4`, mean the same as there.

**Output-stationary.** C has `rows` by `columns` elements, the inner dimension any number of blocks
up to `max_blocks` (beyond, the accumulator may wrap). A token holds one inner index: a column of A
(`rows` codes in `a`) and a row of B (`columns` codes in `b`). `k` tokens are a block; with its last
one the scales of every row of A and every column of B are read, and the marks `first` and `last`
of a product's first and last block (with `--max-blocks 1` there are none, and every block is a
product). After the block marked `last` the product leaves in `lanes` lanes: lane l holds rows
`l * rows / lanes` and following, row by row, one element a token. The default is the fewest lanes
that keep up with the array, `lanes * k >= rows * columns`: one lane's accumulator and rounding
serve `k` elements. The next product may follow without a pause, also before the last one has left.

**Weight-stationary.** The array holds one block of every column of B: `rows` is `k` (an array with
fewer rows than a block has elements must be output-stationary). A token may
hold a row of weights (`load`), a row of A (`compute`), both, or nothing. The weights come row by
row, `rows` rows a set; `scale_b` counts in the token that completes a set. From the token after it
on these weights are in use, and the next set can be loaded meanwhile, so that loading costs no time
where a set serves `rows` or more rows of A. With `--max-blocks 1`, the default here, every token
with `compute` after the first complete set gives one token with `columns` results: the products of
that row of A with every column.

An inner dimension of several blocks, up to `max_blocks`, takes as many passes: load the block's
set of weights, then send that block of every row of A, always in the same order. Every column has
an accumulator for each of `accumulators` rows (`k` by default): row n that a set serves, counted
from 0, goes on with accumulator n modulo `accumulators`. Its first block is marked `first`, which
drops what was there; its block marked `last` gives the token with results, other blocks give none.
Larger products are cut into groups of so many rows of A and `columns` columns of B. A row whose
only block is both `first` and `last` is a product by itself.

The utilization of the elements is the share of clock cycles in which tokens come: one token a
clock cycle is taken as long as results are, but for two cycles after a set of weights that served
one or two rows of a longer product. `latency` counts from the token that completes a
product to its last result token: `rows + columns` clock cycles through the array, the stages of an
element and of the edge, and, output-stationary, `rows * columns / lanes` for the results to leave.

NaN, infinities and exact results are as in `mx-dot`. Where registers go:
[pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="mx-matmul",
    summary="systolic matrix product of MX blocks, exact within a block, one rounding at the end",
    source="OCP Microscaling Formats (MX) Specification v1.0, sections 6.1 (Dot) and 6.2 "
    "(DotGeneral); H. T. Kung and C. E. Leiserson, Systolic Arrays (for VLSI), 1978",
    config=MxMatmulConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen build --core mx-matmul --fmt mxfp4 --board ulx3s",
        "hwgen verify --core mx-matmul --fmt mxint8 --rows 4 --columns 4 --freq 100",
        "hwgen emit --core mx-matmul --fmt mxfp4 --dataflow weight-stationary --columns 32",
        "hwgen verify --core mx-matmul --fmt nvfp4 --dataflow weight-stationary --max-blocks 64",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
