"""Between the tokens of a float core's streams and its golden model."""

import numpy as np

from hwgen.golden.lfsr import random_words

__all__ = ["outputs_of", "random_of"]


def random_of(config, tokens):
    """Return the random bits of every token, as the golden models take them; None without."""
    if not config.draws_random:
        return None
    kind = np.dtype(f"uint{config.random_bits}")
    if config.random_source == "input":
        return np.asarray(tokens["random"]).astype(kind)
    return random_words(config.random_bits, len(tokens["a"]), config.random_seed)


def outputs_of(config, result):
    """Return the output stream for the result of a golden model."""
    fields = {"result": result.codes}
    if config.flags:
        for name in ("invalid", "overflow", "underflow", "inexact"):
            fields[name] = np.asarray(getattr(result, name)).astype(np.uint64)
    return {"o": fields}
