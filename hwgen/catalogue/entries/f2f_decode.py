"""Catalogue entry of ``f2f-decode``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import f2f_decode as test_vectors
from hwgen.cores.decoders.f2f_config import F2fDecodeConfig
from hwgen.golden import xor_decode as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.decoders.f2f_decode import F2fDecode

    return F2fDecode(config)


def _golden(config, inputs):
    """Return the weight bits for a sequence of tokens; see ``hwgen/golden/xor_decode.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    bits = golden_model.xor_decode_tokens(
        config.code,
        tokens["code"],
        tokens["first"],
        tokens.get("correction"),
        tokens.get("mask"),
    )
    return {"o": {"bits": bits.astype(np.uint64)}}


_SEMANTICS = """\
A code of `inputs` bits gives `outputs` weight bits, one code a clock cycle. Every weight bit is the
exclusive or of some bits of this code and of the `history` codes before it. `first` marks the first
code of a segment, a row of weights for instance: codes before it count as zero. The first code
after a reset has to be marked, too.

Which bits take part follows from the sizes and `matrix_seed`: row n of the matrix is made of the
lowest `inputs * (history + 1)` bits of the SHA-256 of the text `xor-code/SEED/N`, read as a
big-endian integer, for N = 0, 1, 2 and so on; rows that are zero or were there before are left
out. Bit `inputs * d + b` of a row stands for bit b of the code d codes ago.

The encoder is `hwgen.quant.xor_encode`: it finds the codes that leave the fewest bits wrong where a
mask says that a bit matters, and lists those that are wrong. One bit plane of the weights of a
layer with 90 % zeros so takes a tenth of its bits, and [93 to 99 % of the bits that matter come out
right](../benchmarks/compression.md) before any correction.

With `--corrections` nothing is lost. A token with `correction` set holds no code but the position
of a weight bit in the word of the next code, which it toggles; it gives no output and takes a clock
cycle. Any number of them may stand before a code. A position that no bit has toggles none, and
`first` means nothing there. With `--mask input` the bits of a word whose mask bit is 0 leave as 0,
corrected or not; the mask comes with the code."""

CORE = Core(
    name="f2f-decode",
    summary="decoder of sparse weights: parities of a few code bits, one code a clock cycle",
    source="fixed-to-fixed XOR code (Park et al., ICLR 2022)",
    config=F2fDecodeConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core f2f-decode --inputs 4 --outputs 12",
        "hwgen emit --core f2f-decode --history 2 --corrections --mask input --freq 150",
        "hwgen show core f2f-decode",
    ),
)
