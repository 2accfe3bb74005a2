"""Test vectors of ``trit-decode``: a whole dictionary, all its codes, then loads among reads."""

import numpy as np

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` tokens; nothing is read that has not been written."""
    random = np.random.default_rng(seed)
    depth = config.entries
    every = np.arange(depth)
    # at most half of the tokens load the dictionary
    loaded = every if depth <= 4096 else np.r_[0, depth - 1, random.integers(0, depth, 2000)]
    extra = max(count - 2 * len(loaded), 200)
    more = random.choice(loaded, extra)
    # a read right after the write of the same entry, and the other way round
    more[1::5] = more[0::5][: len(more[1::5])]
    code = np.concatenate([loaded, loaded, more])
    load = np.concatenate([np.ones(len(loaded)), np.zeros(len(loaded)), random.random(extra) < 0.3])
    # the last token completes the last result
    load[-1] = 0
    trits = random.integers(0, 3, (len(code), config.trits))
    pairs = random.integers(1, config.longest + 1, len(code))
    trits[np.arange(config.trits) >= 2 * pairs[:, None]] = 0
    # what a token holds beside a code to read means nothing
    trits[load == 0] = 3
    fields = {"code": code, "load": load, "trits": trits, "pairs": pairs}
    return {"i": {name: np.asarray(each).astype(np.uint64) for name, each in fields.items()}}
