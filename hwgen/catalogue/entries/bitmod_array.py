"""Catalogue entry of ``bitmod-array``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import bitmod_array as test_vectors
from hwgen.cores.codebook.array_config import LANES, BitmodArrayConfig
from hwgen.golden.bitmod_array import bitmod_array
from hwgen.golden.codebook_dot import weight_integers

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.codebook.array import BitmodArray

    return BitmodArray(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/bitmod_array.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    count = len(tokens["load"])
    per_column = {
        name: tokens[name].reshape(count, -1) for name in ("selector", "scale") if name in tokens
    }
    codes = tokens["weights"].reshape(count, config.columns, LANES)
    selector = per_column.get("selector")
    integers = weight_integers(
        codes.reshape(-1, LANES), config.weights, None if selector is None else selector.ravel()
    )
    x, _ = config.fmt.finite_parts(tokens["x"])
    sums = bitmod_array(
        x.reshape(count, config.rows, LANES),
        integers.reshape(codes.shape),
        tokens["load"],
        tokens["compute"],
        beats=config.beats,
        group_beats=config.unit.beats,
        tiles=config.tiles,
        scale=per_column.get("scale"),
    )
    mask = np.uint64((1 << config.unit.sum_shape.width) - 1)
    units = config.rows * config.columns
    codes = sums.astype(np.uint64) & mask
    return {"o": {"sum": codes.reshape(-1) if units == 1 else codes.reshape(-1, units)}}


_SEMANTICS = """\
`y = W X`, exactly, for a matrix of codebook weights in groups with integer scales and `rows`
vectors at a time: `y = sum over groups of scale * sum over the group of entry * x`. The float that
a row of W is rescaled by at the end multiplies sums, and is left to whoever takes them.

**Tokens.** A token may offer four elements of each vector (`load`), four weights of each of
`columns` rows of W (`compute`), both or nothing. `x` holds the elements of the first vector, of the
second, ...; `weights` those of the first row, of the second, ... Vectors have `groups * group`
elements and come in as many tokens as the weights of a row. The core holds two sets of vectors and
works with the older one for `tiles` products of the array, `tiles * columns` rows of W; a set is
complete after the token with its last elements. While it holds two, elements that are offered are
ignored; while it holds none, weights are. So the next vectors come in while these are in use.

**Weights.** `selector` says which special value a row's weights have, token by token; `scale` is
read with the last token of a group. The codes are those of `hwgen.formats.codebook`, and
`hwgen quantize` writes them with two-level scales.

**Result.** One token a tile: the sum of the first vector with each row of W, of the second, ..., as
narrow as the largest sum allows.

`--architecture serial` takes a token in as many clock cycles as its weights have terms (two for
BitMoD's 3 and 4 bits) and multiplies by the scale bit by bit while the next group comes in;
`multiply` takes a token every cycle. The decoders of a column serve all of its rows."""

CORE = Core(
    name="bitmod-array",
    summary="exact products of a matrix of codebook weights (BitMoD) and several vectors at a time",
    source="Y. Chen et al., BitMoD: Bit-serial Mixture-of-Datatype LLM Acceleration, HPCA 2025, "
    "section 4",
    config=BitmodArrayConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core bitmod-array --rows 2 --columns 2 --group 32 --freq 150",
        "hwgen build --core bitmod-array --board ulx3s --freq 100",
        "hwgen emit --core bitmod-array --weights bitmod-fp3 --architecture multiply --freq 150",
    ),
)
