"""Test vectors of ``rotary``: values of every size and sign, all pairs, first and last places."""

import numpy as np

__all__ = ["vectors"]

_LEAST, _GREATEST = -(1 << 31), (1 << 31) - 1


def vectors(config, count, seed):
    """Return at least ``count`` tokens."""
    random = np.random.default_rng(seed)
    corners = np.array([_LEAST, _GREATEST, 0, 1, -1, 1 << 16])
    directed = np.stack([each.ravel() for each in np.meshgrid(corners, corners)])
    size = max(count, 3 * directed.shape[1])
    values = random.integers(_LEAST, _GREATEST, (2, size)) >> random.integers(0, 31, (2, size))
    values[:, : directed.shape[1]] = directed
    values[:, directed.shape[1] : 2 * directed.shape[1]] = directed
    pairs, positions = 1 << config.pair_bits, 1 << config.position_bits
    pair, position = random.integers(0, pairs, size), random.integers(0, positions, size)
    position[: directed.shape[1]] = 0
    position[-8:] = positions - 1
    pair[-16:-8] = pairs - 1
    a, b = (values & 0xFFFFFFFF).astype(np.uint64)
    fields = {"a": a, "b": b, "pair": pair.astype(np.uint64)}
    return {"i": {**fields, "position": position.astype(np.uint64)}}
