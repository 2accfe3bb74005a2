"""Test vectors of ``ternary-matvec``: sums at their limits, each weight alone, wrong codes."""

import numpy as np

from hwgen.formats import ternary

__all__ = ["vectors"]

_IDLE_FRACTION = 0.1


def vectors(config, count, seed):
    """Return at least ``count`` tokens; the last one completes a row.

    Elements and weights come at all speeds, together and apart, and sometimes while the core has
    no use for them.
    """
    random = np.random.default_rng(seed)
    load, compute, beat_of, word_of = _schedule(config, count, random)
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


def _schedule(config, count, random):
    """Return (load, compute, beat that is loaded or -1, word that is used or -1) of tokens."""
    tokens = []
    loaded = used = 0
    of_vector = config.beats * config.rows
    while len(tokens) < count or not used or used % config.beats or tokens[-1][3] < 0:
        if len(tokens) % (2 * config.beats) == 0:
            haste = random.choice([0.05, 0.5, 1.0]), random.choice([0.3, 0.9, 1.0, 1.0])
            if len(tokens) < 4 * config.beats or random.random() < 0.3:
                haste = 1.0, 1.0
        held = loaded // config.beats - used // of_vector
        load_rate = _IDLE_FRACTION if held == 2 else haste[0] if held else 1.0
        compute_rate = haste[1] if held else _IDLE_FRACTION
        load, compute = random.random() < load_rate, random.random() < compute_rate
        beat, word = -1, -1
        if load and held < 2:
            beat, loaded = loaded, loaded + 1
        if compute and held:
            word, used = used, used + 1
        tokens.append((load, compute, beat, word))
    return np.array(tokens, int).T


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
