"""Test vectors of ``softmax``: lengths of all kinds; equal, close, distant and extreme scores."""

import numpy as np

from .vector_stream import vector_marks

__all__ = ["vectors"]

_ONE = 1 << 16
_LEAST, _GREATEST = -(1 << 31), (1 << 31) - 1


def vectors(config, count, seed):
    """Return at least ``count`` tokens, whole vectors."""
    random = np.random.default_rng(seed)
    last, numbers = vector_marks(config.longest, count, random)
    many = numbers[-1] + 1
    # a vector's scores lie about a center, more or less far from each other
    center = random.integers(_LEAST, _GREATEST, many, endpoint=True)
    spread = (_ONE * 2.0 ** random.uniform(-6, 5, many)).astype(np.int64)
    spread[random.random(many) < 0.1] = 0
    offsets = random.standard_normal(len(last)) * spread[numbers]
    scores = center[numbers] + np.rint(offsets).astype(np.int64)
    extreme = random.random(len(last)) < (random.random(many) < 0.2)[numbers] * 0.5
    scores = np.where(extreme, random.choice([_LEAST, 0, _GREATEST], len(last)), scores)
    scores = np.clip(scores, _LEAST, _GREATEST)
    return {"i": {"score": (scores & 0xFFFFFFFF).astype(np.uint64), "last": last}}
