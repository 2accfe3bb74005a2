"""Test vectors of ``mx-mul``: those of ``mx-add``, with scales whose product is in range."""

import numpy as np

from .mx_add import vectors as vectors_of_sum

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole blocks."""
    fields = vectors_of_sum(config, count, seed)
    random = np.random.default_rng(seed + 1)
    values = fields["i"]
    beats = config.k // config.lanes
    first, second = config.fmt_a.scale, config.fmt_b.scale
    scale_a = first.decode(values["scale_a"][::beats])
    # exponent of the product: from below the least scale of a result to above the greatest
    result = config.out.scale
    total = random.integers(result.lsb_exponent - 30, result.max_exponent + 20, len(scale_a))
    usable = np.isfinite(scale_a) & (scale_a != 0) & (random.random(len(scale_a)) < 0.7)
    exponents = np.frexp(np.where(usable, scale_a, 1.0))[1]
    wanted = np.exp2(np.clip(total - exponents, -1000, 1000)) * (1 + random.random(len(scale_a)))
    scale_b = np.where(usable, second.encode(wanted), values["scale_b"][::beats])
    values["scale_b"] = np.repeat(scale_b.astype(np.uint64), beats)
    return fields
