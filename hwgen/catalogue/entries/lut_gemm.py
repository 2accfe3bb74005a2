"""Catalogue entry of ``lut-gemm``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import lut_gemm as test_vectors
from hwgen.cores.lookup.gemm_config import LutGemmConfig
from hwgen.golden.lut_gemm import product_stream

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.lookup.gemm import LutGemm

    return LutGemm(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/lut_gemm.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    if config.bias_width:
        codes, top = tokens["bias"].astype(np.int64), 1 << config.bias_width - 1
        tokens["bias"] = (codes ^ top) - top
    results = product_stream(
        **tokens,
        columns=config.columns,
        rows=config.rows,
        planes=config.bits,
        lanes=config.lanes,
        format_x=config.fmt,
    )
    width = config.result_shape.width
    codes = results & (1 << width) - 1
    return {"o": {"y": codes if width > 64 else codes.astype(np.uint64)}}


_SEMANTICS = """\
`y = sum over b of (alpha[b] B[b]) x + bias x`, exactly: B[b] are `bits` matrices of +1 and -1 with
`rows` rows and `columns` columns, x is a vector of `columns` elements. Coefficients (unsigned) and
biases (signed) are integers that belong to a row and a tile of `lanes` columns; y is in units of
the lowest bit of `fmt` and has the narrowest format that holds every result. Nothing is rounded: a
scale that all coefficients of a row share is left to whoever takes the result.

**Tokens.** A token may offer an element of x (`load`), a row of weights of a tile (`compute`), both
or nothing. Elements come column by column. Weights come tile by tile, of each tile the planes one
after the other, of each plane its rows: `lanes` bits, lane j for column j of the tile, with their
coefficient in `alpha`; those of a tile's first plane also with the row's `bias`, which is ignored
in later planes. With the weights of the last plane of the last tile each row's result leaves.

The core holds up to two complete tiles of x and works with the older one, for `bits * rows` tokens
with weights; a tile is complete after the token with its last element. While it holds two, elements
that are offered are ignored; while it holds none, weights are. So the next tile, of this vector or
of the next one, comes in while this one is in use, and costs no time where `bits * rows` is at
least `lanes`. Only when a tile is completed and no other is held, its tables are waited for: some
ten clock cycles in which no token is taken, or with tables in block RAM `longest_pause` of
`interface.json`.

**Groups.** A coefficient comes with every tile, so a group of columns with common coefficients may
be any multiple of `lanes`: its coefficients are sent again with each of its tiles. With 32 lanes
the words of LUT-GEMM's storage, `[columns / 32][bits][rows]`, are the tokens' weights in the order
of memory (`hwgen.formats.binary_coding` packs them, lowest bit first). A matrix that `hwgen
quantize --method bcq3 --scale uint8` made has its signs (the bits of `codes`) and its integer
coefficients (`scales`) in the container as they are taken here. Uniform integers are binary coded
as well: bit b has the coefficient `2**b` and the bias is `2**bits - 1 - 2 * zero point`, all in
units of half a scale.

**Tables.** For every four columns of a tile the signed sums of their elements are written once, and
looked up for each row and plane. The sums of opposite signs are negatives of each other, so that a
table has eight entries; a distributed memory of 16 words holds the half tables of two tiles, the
one in use and the one that is filled. Two tables are filled at a time, an entry of each a clock
cycle. With `--table-inputs 8` a table is that of eight columns: 128 entries in a block RAM, again
for two tiles. The elements of a tile first come in; builders then write its tables, each 135 clock
cycles for one: the first entry is the sum of the eight elements, and in the order of a Gray code
every further one differs from the last in one sign. There are as many builders (1, 2, 4, ...) as
let all of that take no more than `bits * rows` cycles, or one for each table where it takes longer
anyway; the first tile of all, and any that comes late, is waited for.

A sum for every row is kept in distributed memory, so that `rows` is a matter of area: a longer
matrix is cut into parts of so many rows, each with the vector anew.

`dsp` is about two products a clock cycle: the coefficient by the sum of the tile, and the bias by
the sum of its elements. Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="lut-gemm",
    summary="binary-coded matrix times vector: sums of elements are looked up, exactly",
    source="G. Park et al., LUT-GEMM: Quantized Matrix Multiplication based on LUTs for Efficient "
    "Inference in Large-Scale Generative Language Models, ICLR 2024, section 3",
    config=LutGemmConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core lut-gemm --columns 64 --freq 100",
        "hwgen verify --core lut-gemm --table-inputs 8 --rows 64 --freq 100",
        "hwgen build --core lut-gemm --lanes 64 --bits 4 --board ulx3s --freq 100",
        "hwgen emit --core lut-gemm --bits 2 --bias-width 0 --fmt int4",
    ),
)
