"""Test vectors of ``float-compare``: all pairs of corners, neighbors, opposites, random pairs."""

import numpy as np

from hwgen.catalogue.vectors.float_samples import corner_codes, random_codes

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` pairs of codes."""
    random = np.random.default_rng(seed)
    corners = corner_codes(config.fmt)
    a, b = (each.ravel() for each in np.meshgrid(corners, corners))
    missing = max(count - len(a), 64)
    more = random_codes(config.fmt, (2, missing), random)
    highest = np.uint64((1 << config.fmt.width) - 1)
    sign = np.uint64(1 << (config.fmt.width - 1))
    kind = np.arange(missing) % 4
    one = np.uint64(1)
    near = [more[1], more[0], more[0] ^ sign, more[0] + one & highest]
    other = np.select([kind == index for index in range(4)], near)
    return {"i": {"a": np.concatenate([a, more[0]]), "b": np.concatenate([b, other])}}
