"""Test vectors of ``float-fma``: corners, products that meet the addend, edges of the output."""

import numpy as np

from hwgen.catalogue.vectors.float_add import extra_fields
from hwgen.catalogue.vectors.float_corners import (
    close_operands,
    corner_codes,
    pairs,
    products_near,
)
from hwgen.catalogue.vectors.float_mul import edge_exponents

__all__ = ["vectors"]

_DIRECTED = 4000


def _directed(config, random):
    """Return triples of corners: all pairs of factors with some addends, and the reverse."""
    a, b, c = (corner_codes(each) for each in (config.fmt_a, config.fmt_b, config.fmt_c))
    first = pairs(a, b)
    second = [random.choice(b, len(a) * len(c)), *pairs(a, c)]
    return np.hstack(
        [
            np.array([*first, random.choice(c, len(first[0]))]),
            np.array([second[1], second[0], second[2]]),
        ]
    )


def _addend_near(config, a, b, random):
    """Return addends that cancel the product's leading bits, or follow them closely."""
    with np.errstate(invalid="ignore"):
        product = np.abs(config.fmt_a.decode(a) * config.fmt_b.decode(b))
    finite = np.where(np.isfinite(product), product, 0.0)
    codes = config.fmt_c.encode(finite).astype(np.uint64)
    negative = config.fmt_a.is_negative(a) != config.fmt_b.is_negative(b)
    sign = np.uint64(1 << config.fmt_c.width - 1)
    opposite = np.where(negative, codes, codes | sign)
    kind = random.integers(0, 3, len(codes))
    near = close_operands(config.fmt_c, codes, random)
    return np.select([kind == 0, kind == 1], [opposite, opposite ^ np.uint64(1)], near)


def vectors(config, count, seed):
    """Return at least ``count`` triples of operands."""
    random = np.random.default_rng(seed)
    formats = config.fmt_a, config.fmt_b, config.fmt_c
    directed = _directed(config, random)
    missing = max(count - directed.shape[1], 256)
    a, b, c = (random.integers(0, 1 << each.width, missing, dtype=np.uint64) for each in formats)
    edge = random.random(missing) < 0.5
    exponents = edge_exponents(config.out, int(edge.sum()), random)
    a[edge], b[edge] = products_near(*formats[:2], exponents, int(edge.sum()), random)
    near = random.random(missing) < 0.75
    c[near] = _addend_near(config, a[near], b[near], random)
    a, b, c = np.hstack([directed, np.stack([a, b, c])])
    names = ["negate_product", "negate_addend"] if config.negations else []
    return {"i": {"a": a, "b": b, "c": c} | extra_fields(config, len(a), random, names)}
