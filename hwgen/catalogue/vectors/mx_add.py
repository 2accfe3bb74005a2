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
    _oppose(config, fields, random)
    return {"i": {**fields, **random_fields(config, len(fields["scale_a"]), random)}}


def _cancel(config, fields, random):
    """Let every third pair of blocks of one format be opposite, but for a few elements."""
    if config.fmt_a != config.fmt_b or not config.fmt_a.element.signed:
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


def _oppose(config, fields, random):
    """Let infinities of all signs meet in one lane of blocks that hold numbers else."""
    elements = (config.fmt_a.element, config.fmt_b.element)
    infinities = [each.infinity_code for each in elements]
    if None in infinities:
        return
    beats = config.k // config.lanes
    for block in range(1, min(len(fields["scale_a"]) // beats, 200), 9):
        beat = slice(block * beats, (block + 1) * beats)
        lane = random.integers(config.lanes)
        for name, element, infinity in zip("ab", elements, infinities, strict=True):
            numbers = random.integers(0, element.max_code, fields[name][beat].shape)
            fields[name][beat] = numbers
            sign = int(random.integers(2)) << element.width - 1 if element.signed else 0
            place = (block * beats, lane) if config.lanes > 1 else block * beats
            fields[name][place] = infinity | sign
        for name, block in (("scale_a", config.fmt_a), ("scale_b", config.fmt_b)):
            fields[name][beat] = block.scale.encode(1.0)
