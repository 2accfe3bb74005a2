"""What the catalogue entries of the fixed-point cores share: from exact results to codes."""

import numpy as np

from hwgen.golden import fixed as golden_model
from hwgen.golden.lfsr import random_words

__all__ = ["RESULT_SEMANTICS", "outputs"]

RESULT_SEMANTICS = """\
`--out exact` gives that value as it is, in a format wide enough for every result. Any other `out`
is a format: the value is rounded once, as if the format had no limits, then brought into range:
`--overflow saturate` gives the nearest limit, `wrap` the low bits of the rounded value. With
`--flags` the output bit `overflow` tells that the rounded value was not in the format.

`--rounding stochastic` rounds the magnitude up where F + random carries, F being the first
`random_bits` bits of the discarded fraction. The random bits come with the operands
(`--random-source input`, field `random`) or from a register inside that moves on with every
accepted token and starts from `random_seed` after reset."""


def outputs(config, exact, exponent, inputs, used=None):
    """Return the output stream for exact results.

    Parameters
    ----------
    config : FixedResultConfig
    exact : array
        Python integers, one a result.
    exponent : int
        Exponent of 2 of their unit.
    inputs : dict
        Fields of the input stream.
    used : array, optional
        Numbers of the tokens that have the results; all by default.
    """
    if config.out == "exact":
        width = config.exact_shape.width
        codes = exact & ((1 << width) - 1)
        return {"o": {"result": codes if width > 64 else codes.astype(np.uint64)}}
    used = np.arange(len(exact)) if used is None else used
    random, bits = None, int(config.random_bits)
    if config.random_input:
        random = np.asarray(inputs["random"])[used]
    elif config.needs_random:
        tokens = len(np.asarray(inputs["a"]))
        random = random_words(bits, tokens, config.random_seed)[used]
    codes, beyond = golden_model.finish(
        exact, exponent, config.out, config.rounding, config.overflow, random, bits
    )
    fields = {"result": codes}
    if config.flags:
        fields["overflow"] = beyond
    return {"o": fields}
