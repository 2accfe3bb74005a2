"""Test vectors of ``lutnet``: extremes, thresholds and their neighbors, then random ones."""

import numpy as np

__all__ = ["vectors"]

_MOST_DIRECTED = 1 << 11


def vectors(config, count, seed):
    """Return at least ``count`` tokens that hold whole vectors."""
    random = np.random.default_rng(seed)
    given = config.network.inputs
    low, high = given.bounds
    rows = [np.full((1, given.count), each) for each in (low, high, 0, min(1, high))]
    rows.append(np.where(np.eye(given.count, dtype=bool)[:_MOST_DIRECTED], high, low))
    first = config.network.layers[0]
    if first.kind == "thresholds":
        near = first.thresholds[:, :, None] + np.array([-1, 0, 1])
        near = np.clip(near.reshape(given.count, -1), low, high)
        rows.append(near.T[:_MOST_DIRECTED])
        # each element near one of its thresholds
        picks = random.integers(0, near.shape[1], (64, given.count))
        rows.append(near[np.arange(given.count), picks])
    missing = max(-(-count // config.beats) - sum(len(each) for each in rows), 50)
    rows.append(random.integers(low, high + 1, (missing, given.count)))
    x = np.concatenate(rows).reshape(-1, config.lanes) & given.most
    x = x.astype(np.uint64)
    return {"i": {"x": x if config.lanes > 1 else x[:, 0]}}
