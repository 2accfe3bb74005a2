"""Test vectors of ``rms-norm``: lengths of all kinds; values of every size, equal and extreme."""

import numpy as np

from .vector_stream import vector_marks

__all__ = ["vectors"]

_LEAST, _GREATEST = -(1 << 31), (1 << 31) - 1


def vectors(config, count, seed):
    """Return at least ``count`` tokens, whole vectors."""
    random = np.random.default_rng(seed)
    last, numbers = vector_marks(config.longest, count, random)
    many, size = numbers[-1] + 1, len(last)
    # values about a center that may be far from zero, or near the ends of the range
    sizes = 2.0 ** random.uniform(0, 31, many)
    center = np.where(random.random(many) < 0.5, 0, random.uniform(-1, 1, many) * 2.0**31)
    values = center[numbers] + random.standard_normal(size) * sizes[numbers]
    kinds = random.integers(0, 12, many)
    kinds[:6] = [3, 0, 1, 2, 3, 1]
    kind = kinds[numbers]
    values = np.where(kind == 0, 0, values)
    values = np.where(kind == 1, center[numbers], values)
    values = np.where(kind == 2, random.integers(-1, 2, size), values)
    values = np.where(kind == 3, random.choice([_LEAST, _GREATEST], many)[numbers], values)
    values = np.where(kind == 4, random.choice([_LEAST, _GREATEST], size), values)
    values = np.clip(np.rint(values), _LEAST, _GREATEST).astype(np.int64)
    gains = random.integers(-(1 << 17), 1 << 17, size)
    one = min(1 << config.gain_fraction, (1 << 17) - 1)
    gains = np.where(random.random(size) < 0.3, random.choice([one, 0, -(1 << 17)], size), gains)
    found = {
        "value": (values & 0xFFFFFFFF).astype(np.uint64),
        "gain": (gains & (1 << 18) - 1).astype(np.uint64),
    }
    if config.bias:
        bias = random.integers(_LEAST, _GREATEST, size) >> random.integers(0, 31, size)
        found["bias"] = (bias & 0xFFFFFFFF).astype(np.uint64)
    return {"i": {**found, "last": last}}
