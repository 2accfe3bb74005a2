"""Test vectors of ``trit-decode``: a whole dictionary, all its codes, then loads among reads."""

import numpy as np

__all__ = ["vectors"]

# places of the ring that words lie in, at least
_DRAINING = 64
_FILLING = 300


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

    The longest sequence, again and again, fills the ring where words are shorter. Then an entry of
    one pair is loaded, read until a pair is missing, and loaded again and again: meanwhile all
    words but the last leave.
    """
    length, held = 0, {}
    for code, load, pairs in zip(fields["code"], fields["load"], fields["pairs"], strict=True):
        if load:
            held[int(code)] = int(pairs)
        else:
            length += held[int(code)]
    of_word = config.lanes // 2
    length += _FILLING * config.longest
    missing = -(length + 1) % of_word
    filling = [1] + [0] * _FILLING
    loads = _DRAINING * 16 // of_word + 32
    tokens = len(fields["code"]) + len(filling) + missing + loads + 2
    # words are in no fixed proportion to codes, not even by chance
    loads += tokens % ((length + missing + 1) // of_word) == 0
    draining = [1] + [0] * missing + [1] * loads + [0]
    load = np.array(filling + draining)
    count, first = len(load), len(filling)
    trits = np.random.default_rng(length).integers(0, 3, (count, config.trits))
    trits[first:, 2:] = 0
    extra = {
        "code": np.where(np.arange(count) < first, 1, 0),
        "load": load,
        "trits": trits,
        "pairs": np.where(np.arange(count) < first, config.longest, 1),
    }
    return {name: np.concatenate([each, extra[name]]) for name, each in fields.items()}
