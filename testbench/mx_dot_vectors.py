"""Exhaustive sets of operands for ``mx-dot``."""

import numpy as np

__all__ = ["all_element_pairs", "all_scale_pairs"]

_ONE = 127  # the scale code of 1.0


def all_element_pairs(config, lane):
    """Return every pair of element codes in one lane, all other lanes zero, scales 1."""
    width_a, width_b = config.fmt_a.element.width, config.fmt_b.element.width
    codes = np.arange(1 << width_a + width_b, dtype=np.uint64)
    a, b = np.zeros((2, len(codes), config.lanes), np.uint64)
    a[:, lane] = codes & np.uint64((1 << width_a) - 1)
    b[:, lane] = codes >> np.uint64(width_a)
    return _blocks(config, a, b, np.full((2, len(codes)), _ONE, np.uint64))


def all_scale_pairs(config, seed=0):
    """Return every pair of scale codes, each with random elements."""
    random = np.random.default_rng(seed)
    codes = np.arange(1 << 16, dtype=np.uint64)
    elements = (config.fmt_a.element, config.fmt_b.element)
    a, b = (
        random.integers(0, 1 << each.width, (len(codes), config.lanes), dtype=np.uint64)
        for each in elements
    )
    return _blocks(config, a, b, np.stack([codes & np.uint64(255), codes >> np.uint64(8)]))


def _blocks(config, a, b, scales):
    if config.lanes == 1:
        a, b = a[:, 0], b[:, 0]
    fields = {"a": a, "b": b, "scale_a": scales[0], "scale_b": scales[1]}
    if config.max_blocks > 1:
        ones = np.ones(len(a), np.uint64)
        fields |= {"first": ones, "last": ones}
    return {"i": fields}
