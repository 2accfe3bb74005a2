"""Test vectors of ``ternary-matvec``: sums at their limits, each weight alone, wrong codes."""

import numpy as np

from hwgen.formats import ternary

from .held_vectors import schedule

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` tokens; the last one completes a row.

    Elements and weights come at all speeds, together and apart, and sometimes while the core has
    no use for them.
    """
    random = np.random.default_rng(seed)
    load, compute, beat_of, word_of = schedule(config.beats, config.rows, count, random)
    beats = _beats(config, int(beat_of.max()) // config.beats + 1, random)
    words = _words(config, int(word_of.max()) // config.beats + 1, random)
    tokens = len(load)
    activations = random.integers(0, 256, (tokens, config.lanes))
    weights = random.integers(0, 256, (tokens, config.word_bytes))
    activations[beat_of >= 0] = beats[beat_of[beat_of >= 0]]
    weights[word_of >= 0] = words[word_of[word_of >= 0]]
    fields = {
        "activations": activations,
        "weights": weights if config.word_bytes > 1 else weights[:, 0],
        "load": load,
        "compute": compute,
    }
    return {"i": {name: np.asarray(each, np.uint64) for name, each in fields.items()}}


def _beats(config, count, random):
    """Return the beats of ``count`` vectors: extremes, few elements, random ones."""
    x = random.integers(-128, 128, (count, config.columns))
    kind = random.integers(0, 6, (count, 1))
    kind[: min(count, 3), 0] = [0, 1, 2][: min(count, 3)]
    few = np.where(random.random(x.shape) < 4 / config.columns, x, 0)
    x = np.select([kind == 0, kind == 1, kind == 2], [-128, 127, few], x)
    slots = ternary.columns_of_slots(config.packing, config.columns).ravel()
    garbage = random.integers(0, 256, (count, len(slots)))
    return np.where(slots < 0, garbage, x[:, slots] & 255).reshape(-1, config.lanes)


def _words(config, count, random):
    """Return the words of ``count`` rows: of one kind, few weights, random ones, wrong codes."""
    trits = random.integers(-1, 2, (count, config.columns))
    kind = random.integers(0, 8, (count, 1))
    directed = min(count, 6)
    kind[:directed, 0] = np.arange(directed)
    alone = np.zeros_like(trits)
    places = random.integers(0, config.columns, count)
    alone[np.arange(count), places] = random.choice([-1, 1], count)
    trits = np.select([kind == 0, kind == 1, kind == 2, kind == 3], [-1, 1, 0, alone], trits)
    packed = ternary.pack(trits, config.packing, scale=float(random.normal()))
    anything = random.integers(0, 256, packed.shape)
    return np.where(kind == 4, anything, packed).reshape(-1, config.word_bytes)
