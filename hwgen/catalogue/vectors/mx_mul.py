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
    blocks = len(values["scale_a"]) // beats
    # the sum of both scale codes: from below the least scale of a result to above the greatest
    total = random.integers(100, 400, blocks)
    scale_a = values["scale_a"][::beats].astype(np.int64)
    centered = (random.random(blocks) < 0.7) & (scale_a < 255)
    scale_b = np.where(centered, np.clip(total - scale_a, 0, 254), values["scale_b"][::beats])
    values["scale_b"] = np.repeat(scale_b.astype(np.uint64), beats)
    return fields
