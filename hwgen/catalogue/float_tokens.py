"""Between the tokens of a float core's streams and its golden model."""

import numpy as np

from hwgen.golden.lfsr import random_words

__all__ = ["kept_outputs", "outputs_of", "rounding_of"]

_FLAGS = ("invalid", "overflow", "underflow", "inexact")


def rounding_of(config, tokens):
    """Return how every token's result is rounded: the arguments of the golden models for that."""
    rules = {name: getattr(config, name) for name in ("rounding", "overflow", "subnormals")}
    return {**rules, "random": _random(config, tokens)}


def _random(config, tokens):
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
        for name in _FLAGS:
            fields[name] = np.asarray(getattr(result, name)).astype(np.uint64)
    return {"o": fields}


def kept_outputs(config, outputs):
    """Return the output stream for fields of a golden model, flags only where there are any."""
    kept = {name: each for name, each in outputs.items() if config.flags or name not in _FLAGS}
    return {"o": {name: _codes(each) for name, each in kept.items()}}


def _codes(values):
    return values if values.dtype == object else values.astype(np.uint64)
