"""Test vectors of ``integer-function``: extremes, powers of two, ends of entries, all sizes."""

import numpy as np

__all__ = ["vectors"]

_BITS = 32
_ONE = 1 << 16
# tables have an entry every so many units, and cover magnitudes of less than 16
_ENTRY = 1 << 11
_COVERED = 16 * _ONE


def vectors(config, count, seed):
    """Return at least ``count`` tokens."""
    random = np.random.default_rng(seed)
    powers = 1 << np.arange(_BITS - 1, dtype=np.int64)
    entries = random.choice(np.arange(0, _COVERED, _ENTRY), 100, replace=False)
    directed = np.concatenate([[0, (1 << _BITS - 1) - 1], powers, entries, 8 * _ONE - powers])
    directed = np.concatenate([directed - 1, directed, directed + 1])
    directed = np.concatenate([directed, -directed, [-(1 << _BITS - 1)]])
    wanted = max(count * config.lanes, 2 * len(directed))
    wanted += -wanted % config.lanes
    drawn = wanted - len(directed)
    # as many values within the tables as of all sizes
    sizes = random.integers(1, _BITS, drawn)
    anywhere = random.integers(-(1 << sizes), 1 << sizes)
    within = random.integers(-_COVERED - _ENTRY, _COVERED + _ENTRY, drawn)
    values = np.concatenate([directed, np.where(random.random(drawn) < 0.5, anywhere, within)])
    codes = (values & (1 << _BITS) - 1).astype(np.uint64).reshape(-1, config.lanes)
    return {"i": {"value": codes if config.lanes > 1 else codes[:, 0]}}
