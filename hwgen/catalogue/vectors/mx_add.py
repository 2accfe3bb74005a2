"""Test vectors of ``mx-add`` and ``mx-mul``: corners, cancellation, all distances of scales."""

import numpy as np

from .mx_convert import block_fields, random_fields

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole blocks."""
    random = np.random.default_rng(seed)
    fields = block_fields(
        [config.fmt_a, config.fmt_b],
        [("a", "scale_a"), ("b", "scale_b")],
        config.k,
        config.lanes,
        -(-count * config.lanes // config.k),
        random,
    )
    _cancel(config, fields, random)
    return {"i": {**fields, **random_fields(config, len(fields["scale_a"]), random)}}


def _cancel(config, fields, random):
    """Let every third pair of blocks of one format be opposite, but for a few elements."""
    if config.fmt_a.element != config.fmt_b.element or not config.fmt_a.element.signed:
        return
    beats = config.k // config.lanes
    chosen = np.arange(len(fields["scale_a"])) // beats % 3 == 0
    element = config.fmt_a.element
    sign = np.uint64(1 << element.width - 1)
    opposite = fields["a"][chosen] ^ sign
    if not hasattr(element, "exponent_bits"):
        opposite = (np.uint64(1 << element.width) - fields["a"][chosen]) & (2 * sign - np.uint64(1))
    odd = random.random(opposite.shape) < 0.4
    opposite[odd] ^= np.uint64(1)
    fields["b"][chosen] = opposite
    fields["scale_b"][chosen] = fields["scale_a"][chosen]
