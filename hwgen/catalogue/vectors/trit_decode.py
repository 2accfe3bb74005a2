"""Test vectors of ``trit-decode``: a whole dictionary, all its codes, then loads among reads."""

import numpy as np

__all__ = ["vectors"]

# places of the ring that words lie in, at least
_DRAINING = 64


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
    if config.lanes is not None:
        fields = _ended(config, fields)
    return {"i": {name: np.asarray(each).astype(np.uint64) for name, each in fields.items()}}


def _ended(config, fields):
    """Return the tokens with more at the end, so that the last one completes the last word.

    They load an entry of one pair, read it until a pair is missing, and then load it again and
    again: meanwhile all words but the last leave.
    """
    length, held = 0, {}
    for code, load, pairs in zip(fields["code"], fields["load"], fields["pairs"], strict=True):
        if load:
            held[int(code)] = int(pairs)
        else:
            length += held[int(code)]
    of_word = config.lanes // 2
    missing = -(length + 1) % of_word
    loads = [1] + [0] * missing + [1] * (_DRAINING * 16 // of_word + 32) + [0]
    count = len(loads)
    extra = {
        "code": np.zeros(count, int),
        "load": np.array(loads),
        "trits": np.zeros((count, config.trits), int),
        "pairs": np.ones(count, int),
    }
    extra["trits"][:, :2] = 1, 2
    return {name: np.concatenate([each, extra[name]]) for name, each in fields.items()}
