"""Test vectors of ``float-add``: all pairs of corners, close operands, any operands."""

import numpy as np

from hwgen.catalogue.vectors.float_corners import close_operands, corner_codes, pairs

__all__ = ["extra_fields", "vectors"]


def extra_fields(config, count, random, names):
    """Return random values of the one-bit fields ``names`` and of ``random``, where present."""
    fields = {name: random.integers(0, 2, count, dtype=np.uint64) for name in names}
    if config.draws_random and config.random_source == "input":
        fields["random"] = random.integers(0, 1 << config.random_bits, count, dtype=np.uint64)
    return fields


def vectors(config, count, seed):
    """Return at least ``count`` pairs of operands."""
    random = np.random.default_rng(seed)
    fmt = config.fmt
    corners = corner_codes(fmt)
    directed = np.array(pairs(corners, corners))
    missing = max(count - directed.shape[1], 64)
    a = random.integers(0, 1 << fmt.width, missing, dtype=np.uint64)
    b = random.integers(0, 1 << fmt.width, missing, dtype=np.uint64)
    near = random.random(missing) < 0.8
    b[near] = close_operands(fmt, a[near], random)
    opposite = random.random(missing) < 0.02
    b[opposite] = a[opposite] ^ np.uint64(1 << fmt.width - 1)
    a, b = np.hstack([directed, np.stack([a, b])])
    names = ["subtract"] if config.operation == "both" else []
    return {"i": {"a": a, "b": b} | extra_fields(config, len(a), random, names)}
