"""The order of tokens for cores that hold two vectors and multiply them by many weights."""

import numpy as np

__all__ = ["schedule"]

_IDLE_FRACTION = 0.1


def schedule(beats, uses, count, random):
    """Return what tokens offer to a core that holds two vectors, at all speeds, at times in vain.

    Parameters
    ----------
    beats : int
        Tokens of a vector, and of the weights that meet it once.
    uses : int
        How often weights meet a vector.
    count : int
        Tokens, at least; the last one ends a use.
    random : numpy.random.Generator

    Returns
    -------
    tuple of array
        Of every token: whether it offers a part of a vector, and weights; the number of the beat
        that is taken, of the weights that are used, or -1.
    """
    tokens = []
    loaded = used = 0
    of_vector = beats * uses
    while len(tokens) < count or not used or used % beats or tokens[-1][3] < 0:
        if len(tokens) % (2 * beats) == 0:
            haste = random.choice([0.05, 0.5, 1.0]), random.choice([0.3, 0.9, 1.0, 1.0])
            if len(tokens) < 4 * beats or random.random() < 0.3:
                haste = 1.0, 1.0
        held = loaded // beats - used // of_vector
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
