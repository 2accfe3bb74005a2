"""Catalogue entry of ``trit-decode``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import trit_decode as test_vectors
from hwgen.cores.decoders.trit_config import TritDecodeConfig
from hwgen.golden import trit_decode as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.decoders.trit_decode import TritDecode

    return TritDecode(config)


def _golden(config, inputs):
    """Return the sequences for a stream of tokens; see ``hwgen/golden/trit_decode.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    trits, pairs = golden_model.trit_decode_tokens(config.entries, **tokens)
    if config.lanes is None:
        return {"o": {"trits": trits, "pairs": pairs}}
    words = golden_model.steady_words(trits, pairs, config.lanes)
    if config.out == "trits":
        return {"o": {"trits": words}}
    packed = golden_model.two_bit_words(words)
    return {"o": {"weights": packed if config.lanes > 4 else packed[:, 0]}}


_SEMANTICS = """\
A code is the number of an entry of a dictionary; out comes the entry: `pairs` pairs of trits, two
bits each, the first trit lowest, zeros beyond the last. A trit is 0, 1 or 2; in a row of ternary
weights 0 stands for zero, 1 for its least and 2 for its greatest value. One code a clock cycle;
with the default of 1024 entries a code of 10 bits is [13.5 weights](../benchmarks/compression.md)
where 88.5 % of them are zero, 0.74 bits a weight.

The dictionary lies in block RAM and comes through the same stream: a token with `load` set writes
`trits` and `pairs` to the entry `code` and gives no output. A token without it reads, and its
`trits` and `pairs` mean nothing. A code sees what was written last before it. Until an entry has
been written its contents are undefined; a reset leaves entries as they are.

With `--lanes` the trits of all sequences in a row come out as tokens of so many trits, whatever the
lengths of the sequences: a token leaves once its trits are there, one a clock cycle. They wait in a
ring of distributed memory with room for 16 words of the longest sequence or more; while it is
nearly full no code is taken, so a code a clock cycle goes on for as long as it has no more trits
than a token on average. With `--out two-bit` a token is packed weights as `ternary-matvec` takes
them: 0 becomes the code of 0, 1 that of -1, 2 that of +1. Encode rows in the order of that core's
slots (`hwgen.formats.ternary.columns_of_slots`), and let `lanes` be the same in both.

`hwgen.quant.trit_encode` builds dictionaries and encodes rows."""

CORE = Core(
    name="trit-decode",
    summary="decoder of ternary weights below one bit each: a dictionary in block RAM",
    source="dictionary of trit sequences (QMoE, Frantar and Alistarh, 2023)",
    config=TritDecodeConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core trit-decode --lanes 16 --out two-bit --freq 100",
        "hwgen verify --core trit-decode --entries 16 --longest 2",
        "hwgen emit --core trit-decode --freq 120",
        "hwgen show core trit-decode",
    ),
)
