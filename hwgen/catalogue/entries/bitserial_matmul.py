"""Catalogue entry of ``bitserial-matmul``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import bitserial_matmul as test_vectors
from hwgen.cores.bitserial.config import MODES, BitserialMatmulConfig
from hwgen.golden.bitserial_matmul import product_stream

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.bitserial.matmul import BitserialMatmul

    return BitserialMatmul(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/bitserial_matmul.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    if config.modes == "bipolar":
        tokens["mode"] = np.full(len(tokens["start"]), MODES["bipolar"])
    sizes = {name: getattr(config, name) for name in ("rows", "columns", "k", "words")}
    rows = product_stream(tokens, **sizes) & (1 << config.result_width) - 1
    return {"o": {"row": (rows if config.columns > 1 else rows[:, 0]).astype(np.uint64)}}


_SEMANTICS = """\
`C = A B`, exactly, for matrices of integers of 1 to `max_bits` bits: shapes, widths and what the
bits mean come with every product. An operand of b bits is b planes of one bit an element; the core
multiplies a plane of A by a plane of B at a time, as an `and` (or an exclusive or) and a popcount,
so that a product costs as many passes as its operands have bits: `bits_left * bits_right`. The
pairs of planes are taken by falling weight, diagonal by diagonal, and the sum doubles from one
diagonal to the next: nothing is shifted.

**Operands.** With `mode` 0, integers: unsigned, or in two's complement where `signed_left` or
`signed_right` is 1. Ternary operands are integers of two bits: a plane of what is not zero, and one
of what is negative. With `mode` 1 both operands are bipolar: bit i of an element counts
`(2 x - 1) 2**i`, so that an operand of n bits is an odd integer from `-(2**n - 1)` to `2**n - 1`
(one bit: +1 and -1, the product of XNOR-Net). With `mode` 2 the left operand is bipolar and the
right one an integer. `--modes` chooses what is built: `all`, or less for a smaller circuit.

**Tokens.** A token with `start` tells the shape of a product; the next ones hold its planes,
`words` words of `k` bits in `data`. All numbers are less one: `row_tiles` tiles of `rows` rows of
A, `column_tiles` tiles of `columns` columns of B, `k_words` words a plane of a row, `bits_left` and
`bits_right` planes. Word w of a plane holds elements `k w` and following, the first one in its
lowest bit. Between products a token without `start` is nothing; `start` is looked at there only.

For every column of tiles its right tile comes first (columns of B), then all left tiles (rows of A)
from the top down. Of a tile come `words` rows (or columns) at a time, of these the planes from the
lowest up, of these the words: token by token one word of each. `hwgen.formats.bit_planes` makes the
tokens of two matrices, and the product from the rows of the results.

A plane's words times the planes, of either operand, must be at most `buffer`. Elements beyond the
inner dimension, which fill the last word, are 0 bits. As a bipolar operand has no code for zero,
`padding` tells how many they are: in `mode` 1 the last `padding` places do not count. Rows and
columns beyond the matrices may hold anything; so do their results.

**Results.** A token holds a row of a tile of C, `columns` elements in two's complement, `rows`
tokens a tile, in the order of the left tiles. The elements are as wide as the largest that the
buffers admit.

**Overlap.** The buffers hold two tiles of each operand: while one is in use, the next one comes in,
and the results of the one before leave. So the array works in every clock cycle as long as tokens
come in time: a left tile of `bits_left * k_words * rows / words` tokens for every
`bits_left * bits_right * k_words` cycles, which is to say `words * bits_right >= rows`, and some
room for the right tile, which comes once for all its left ones. A tile that takes less than about
`rows` cycles, or ten, waits for the results of the one before.

Buffers of up to 16 words, and those at a `freq` that block memory does not reach, are distributed
memory; larger ones are block memory.

`latency` is that of a product whose tiles take longest: from its last token, through all its
passes, to its last row. Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="bitserial-matmul",
    summary="matrix product of 1- to 8-bit operands, widths chosen at run time, by bit planes",
    source="Y. Umuroglu, L. Rasnayake, M. Sjalander, BISMO: A Scalable Bit-Serial Matrix "
    "Multiplication Overlay for Reconfigurable Computing, FPL 2018",
    config=BitserialMatmulConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core bitserial-matmul --rows 2 --columns 2 --words 2 --freq 100",
        "hwgen build --core bitserial-matmul --modes integers --board ulx3s --freq 100",
        "hwgen emit --core bitserial-matmul --rows 8 --columns 8 --k 128 --max-bits 4",
    ),
)
