"""Test vectors of ``float-mul``: pairs of corners, products at the edges of the output, any."""

import numpy as np

from hwgen.catalogue.vectors.float_add import extra_fields
from hwgen.catalogue.vectors.float_corners import corner_codes, pairs, products_near

__all__ = ["edge_exponents", "vectors"]


def edge_exponents(out, count, random):
    """Return exponents of 2 around where the numbers of ``out`` end, at both ends."""
    low = random.integers(out.lsb_exponent - 3, out.min_normal_exponent + 2, count)
    high = random.integers(out.max_exponent - 2, out.max_exponent + 2, count)
    return np.where(random.random(count) < 0.75, low, high)


def vectors(config, count, seed):
    """Return at least ``count`` pairs of operands."""
    random = np.random.default_rng(seed)
    operands = config.fmt_a, config.fmt_b
    directed = np.array(pairs(*(corner_codes(each) for each in operands)))
    missing = max(count - directed.shape[1], 64)
    a, b = (random.integers(0, 1 << each.width, missing, dtype=np.uint64) for each in operands)
    edge = random.random(missing) < 0.6
    exponents = edge_exponents(config.out, int(edge.sum()), random)
    a[edge], b[edge] = products_near(*operands, exponents, int(edge.sum()), random)
    a, b = np.hstack([directed, np.stack([a, b])])
    return {"i": {"a": a, "b": b} | extra_fields(config, len(a), random, [])}
