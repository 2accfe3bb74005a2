"""Catalogue entry of ``ternary-matvec``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import ternary_matvec as test_vectors
from hwgen.cores.ternary.config import TernaryMatvecConfig
from hwgen.golden import ternary_matvec as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.ternary.matvec import TernaryMatvec

    return TernaryMatvec(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/ternary_matvec.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    sums = golden_model.ternary_matvec(
        tokens["activations"].astype(np.uint8).view(np.int8).astype(np.int64),
        tokens["weights"].astype(np.uint8).reshape(len(tokens["load"]), -1),
        tokens["load"],
        tokens["compute"],
        packing=config.packing,
        columns=config.columns,
        rows=config.rows,
    )
    mask = np.uint64((1 << config.sum_shape.width) - 1)
    return {"o": {"sum": sums.astype(np.uint64) & mask}}


_SEMANTICS = """\
`y = W x`, exactly: the weights are -1, 0 and +1, x holds `columns` INT8 elements, and every row of
W gives one sum in the narrowest integer that holds all of them. This is the product of BitNet
b1.58; its scales (one a tensor of weights, one a token of activations) multiply sums, and are left
to whoever takes them.

**Tokens.** A token may offer `lanes` elements of x (`load`), `lanes` packed weights (`compute`),
both or nothing. A vector comes in as many beats as a row of weights. The core holds up to two
complete vectors and works with the older one for `rows` rows; a vector is complete after the token
with its last beat. While it holds two, elements that are offered are ignored; while it holds none,
weights are. So the next vector comes in while this one is in use. A beat of weights is taken every
clock cycle, and the sum of a row leaves after its last beat.

**Packings.** `weights` are the bytes as they lie in memory, decoded once, before the lanes, to two
bits a weight. `hwgen.formats.ternary` packs and unpacks all of them.

- `two-bit`, 128 weights in 32 bytes, 4 lanes a byte: byte p has weights p, p + 32, p + 64, p + 96
  in bits 7:6, 5:4, 3:2, 1:0 as 0, 1, 2 (I2_S of bitnet.cpp).
- `tl2`, 24 weights in 5 bytes, 24 lanes a block: eight magnitudes abs(9a + 3b + c) of 4 bits, low
  half of a byte first, then eight signs. Magnitudes and signs, 1 for a negative number, are those
  of bitnet.cpp; the order of bytes is ours.
- `tq1_0`, 256 weights in 54 bytes, 5 lanes a byte: bytes of five digits to base 3, and an fp16
  scale (block_tq1_0 of ggml).

`trit-decode` with `--lanes` and `--out two-bit` gives such bytes from compressed weights, and
`absmax-quantise` INT8 vectors.

A row is a whole number of blocks; fill it with zeros. Two-bit code 3 and the `tl2` magnitudes 14
and 15 stand for nothing and count as zeros. The scales of `tq1_0` blocks pass through and are
ignored.

**TL2 of bitnet.cpp.** Its converter, `utils/convert-hf-to-gguf-bitnet.py`, lays a matrix out for
the registers of a CPU, by tile sizes that are another for each shape, so that no row can be read
from one end to the other. A byte holds two codes of a row there as well, but the first one in its
high half; the next byte is of the next row of a tile (of 32 rows, of which the second and the third
eight have changed places). Signs follow all magnitudes of the matrix, 16 codes of a row a word, the
first one highest. Columns beyond the last whole tile are codes of two weights. Such a file must be
unpacked and packed anew with `hwgen.formats.ternary`; the 5 bits for three weights are the same.

**Order of x.** Element l of beat n of a vector is the one that meets slot `lanes * n + l` of a row,
slots counted byte by byte: for `two-bit`, x[0], x[32], x[64], x[96], x[1] and so on; for `tl2` the
natural order; for `tq1_0`, x[0], x[32], ..., x[128], x[1] and so on. `columns_of_slots` of
`hwgen.formats.ternary` is this order. Slots of `tq1_0` that hold no weight (the fifth of the last
four bytes with weights, and those of the scale) take part in x, but what they hold is ignored.

**Lanes.** A lane has no multiplier: an element is skipped by the reset of its register or by a mask
in the carry chain of the adder tree, and subtracted by the chain's other table input. Where
registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="ternary-matvec",
    summary="exact product of a packed matrix of -1, 0, +1 and INT8 vectors (BitNet b1.58)",
    source="S. Ma et al., The Era of 1-bit LLMs: All Large Language Models are in 1.58 Bits, "
    "arXiv:2402.17764, section 2",
    config=TernaryMatvecConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core ternary-matvec --columns 128 --rows 4 --freq 100",
        "hwgen build --core ternary-matvec --lanes 32 --board ulx3s --freq 100",
        "hwgen emit --core ternary-matvec --packing tq1_0 --columns 256 --freq 100",
    ),
)
