"""Test vectors of ``gpt``: texts of one token, wrong tokens, a full context; then random texts."""

import numpy as np

from hwgen.formats.gpt_sampling import INVERSE_BITS, SEED_BITS

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
    fields = {"token": token, "first": first, "wanted": wanted}
    if config.sampling:
        fields |= _draws(random, len(rows), vocabulary)
    return {"i": fields}


def _draws(random, count, vocabulary):
    """Return how tokens are drawn: at all temperatures, among few, all and the greatest one."""
    some = random.integers(1, vocabulary, count)
    counts = np.choose(random.integers(4, size=count), [0, 1, some, vocabulary + 1])
    inverse = np.exp2(random.uniform(0, INVERSE_BITS, count)).astype(np.uint64)
    inverse[random.integers(8, size=count) == 0] = 0
    # the last one tells the latency, which is that without a draw
    inverse[-1] = 0
    return {
        "inverse_temperature": inverse,
        "count": counts.astype(np.uint64),
        "seed": random.integers(1, 1 << SEED_BITS, count, dtype=np.uint64),
    }


def _text(random, vocabulary, context):
    length = int(random.integers(1, min(context, _LONGEST_PROMPT) + 1))
    tokens = random.integers(vocabulary, size=length).tolist()
    wanted = int(random.integers(_MOST_WANTED))
    return [
        (token, int(place == 0), wanted if place == length - 1 else 0)
        for place, token in enumerate(tokens)
    ]
