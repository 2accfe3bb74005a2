"""Test vectors of ``gpt``: texts of one token, wrong tokens, a full context; then random texts."""

import numpy as np

__all__ = ["vectors"]

_LONGEST_PROMPT, _MOST_WANTED = 6, 5


def vectors(config, count, seed):
    """Return at least ``count`` tokens; the last one is a text of its own.

    Texts have a few tokens each, but for one that goes on until the context is full, where
    ``count`` is at least that large.
    """
    random = np.random.default_rng(seed)
    machine = config.program.machine
    vocabulary, context = machine.vocabulary, machine.context
    ends = [0, vocabulary - 1]
    wrong = [vocabulary] if vocabulary & vocabulary - 1 else []
    rows = [(token, 1, wanted) for token in ends for wanted in (1, 0, 2)]
    rows += [(token, 1, 1) for token in wrong]
    if count >= context:
        # beyond the context, and once more
        rows += [(ends[1], 1, context + 1), (0, 0, 1)]
    while len(rows) < count - 1:
        rows += _text(random, vocabulary, context)
    rows.append((int(random.integers(vocabulary)), 1, 1))
    token, first, wanted = np.array(rows, np.uint64).T
    return {"i": {"token": token, "first": first, "wanted": wanted}}


def _text(random, vocabulary, context):
    length = int(random.integers(1, min(context, _LONGEST_PROMPT) + 1))
    tokens = random.integers(vocabulary, size=length).tolist()
    wanted = int(random.integers(_MOST_WANTED))
    return [
        (token, int(place == 0), wanted if place == length - 1 else 0)
        for place, token in enumerate(tokens)
    ]
