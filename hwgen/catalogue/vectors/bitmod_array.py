"""Test vectors of ``bitmod-array``: extremes, every code and selector, few elements, any speed."""

import numpy as np

from hwgen.golden.codebook_dot import weight_integers

from .held_vectors import schedule

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` tokens; the last one completes a tile."""
    random = np.random.default_rng(seed)
    load, compute, beat_of, word_of = schedule(config.beats, config.tiles, count, random)
    tokens = len(load)
    elements = random.integers(0, 1 << config.fmt.width, (tokens, config.rows * 4))
    fields = _anything(config, tokens, random)
    taken, used = beat_of >= 0, word_of >= 0
    beats = _vectors(config, int(beat_of.max()) // config.beats + 1, random)
    elements[taken] = beats[beat_of[taken]]
    words = _words(config, int(word_of.max()) // config.beats + 1, random)
    for name, each in words.items():
        fields[name][used] = each[word_of[used]]
    fields |= {"x": elements, "load": load, "compute": compute}
    one = {name for name, each in fields.items() if each.ndim == 2 and each.shape[1] == 1}
    return {
        "i": {
            name: (each[:, 0] if name in one else each).astype(np.uint64)
            for name, each in fields.items()
        }
    }


def _anything(config, tokens, random):
    """Return fields of tokens that offer no weights, or in vain."""
    weights, columns = config.weights, config.columns
    fields = {"weights": random.integers(0, 1 << weights.width, (tokens, columns * 4))}
    if weights.selector_width:
        fields["selector"] = random.integers(0, 1 << weights.selector_width, (tokens, columns))
    if config.scale_width:
        fields["scale"] = random.integers(0, 1 << config.scale_width, (tokens, columns))
    return fields


def _vectors(config, count, random):
    """Return the beats of ``count`` times ``rows`` vectors: extremes, few elements, random ones."""
    fmt = config.fmt
    shape = count, config.beats, config.rows * 4
    x = random.integers(0, 1 << fmt.width, shape)
    few = np.where(random.random(shape) < 0.5 / config.beats, x, 0)
    kind = random.integers(0, 6, (count, 1, 1))
    kind[: min(count, 3), 0, 0] = np.arange(3)[: min(count, 3)]
    x = np.select([kind == 0, kind == 1, kind == 2], [fmt.min_code, fmt.max_code, few], x)
    return x.reshape(count * config.beats, -1)


def _words(config, count, random):
    """Return the words of ``count`` tiles of the matrix.

    Tiles of the least and of the greatest integer, with the greatest scale; of special codes;
    random ones, in which each column has groups of its own.
    """
    weights, columns, groups = config.weights, config.columns, config.groups
    shape = count, groups, config.unit.beats
    kind = random.integers(0, 6, (count, 1, 1, 1))
    kind[: min(count, 4), 0, 0, 0] = np.arange(4)[: min(count, 4)]
    codes = random.integers(0, 1 << weights.width, (*shape, columns * 4))
    words = {}
    extremes = []
    if weights.selector_width:
        selector = random.integers(0, 1 << weights.selector_width, (count, groups, 1, columns))
        special = random.random(codes.shape) < 0.6
        codes = np.where((kind == 2) & special, weights.special_code, codes)
    if hasattr(weights, "entries"):
        extremes = [_code_of(weights, order) for order in (np.argmin, np.argmax)]
        for number, (code, _) in enumerate(extremes):
            codes = np.where(kind == number, code, codes)
    if weights.selector_width:
        for number, (_, chosen) in enumerate(extremes):
            selector = np.where(kind == number, chosen, selector)
        words["selector"] = np.broadcast_to(selector, (*shape, columns))
    if config.scale_width:
        highest = (1 << config.scale_width) - 1
        scale = random.integers(0, highest + 1, (*shape, columns))
        power = 1 << random.integers(0, config.scale_width, scale.shape)
        scale = np.where(random.random(scale.shape) < 0.3, power, scale)
        words["scale"] = np.where(kind < 2, highest, scale)
    words["weights"] = codes
    return {name: each.reshape(count * config.beats, -1) for name, each in words.items()}


def _code_of(weights, order):
    """Return (code, selector) of the least or greatest integer; ``order`` says which."""
    count = 1 << weights.width
    selectors = np.arange(1 << weights.selector_width)
    codes = np.broadcast_to(np.arange(count), (len(selectors), count))
    integers = weight_integers(codes, weights, selectors if weights.specials else None)
    selector, code = np.unravel_index(order(integers), integers.shape)
    return int(code), int(selector)
