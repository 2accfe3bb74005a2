"""Test vectors of ``f2f-decode``: single bits of every code, segments, corrections, masks."""

import numpy as np

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` tokens: one-hot codes and zeros, then random segments."""
    random = np.random.default_rng(seed)
    zeros = np.zeros((config.history, config.inputs + 1), np.int64)
    hot = np.concatenate([[0], 1 << np.arange(config.inputs)])
    # each code alone in the window, at every age; then all ones again and again
    alone = np.concatenate([hot[None], zeros]).T.ravel()
    full = np.full(2 * config.history + 2, (1 << config.inputs) - 1)
    directed = np.concatenate([alone, full])
    extra = max(count - len(directed), 200)
    code = np.concatenate([directed, random.integers(0, 1 << config.inputs, extra)])
    first = np.zeros(len(code), np.int64)
    first[len(directed) :] = random.random(extra) < 0.2
    first[0] = 1
    # a history that is not cleared shows with the code after many ones
    first[len(alone) + len(full) // 2] = 1
    fields = {"code": code, "first": first}
    if config.corrections:
        fields = _with_corrections(config, fields, random)
    tokens = len(fields["code"])
    if config.mask == "input":
        rates = random.choice([0.0, 0.1, 0.5, 1.0], (tokens, 1))
        fields["mask"] = random.random((tokens, config.outputs)) < rates
    return {"i": {name: np.asarray(each).astype(np.uint64) for name, each in fields.items()}}


def _with_corrections(config, fields, random):
    """Put corrections before the codes: every position once, then none to four at random."""
    tokens = {"code": [], "first": [], "correction": []}
    unused = range(config.inputs, config.word_width)
    for number, (code, first) in enumerate(zip(*fields.values(), strict=True)):
        positions = random.integers(0, 1 << config.word_width, random.choice([0, 0, 0, 1, 2, 4]))
        if number < config.outputs:
            positions = [number, *positions]
        # the same position twice toggles nothing
        positions = [*positions, *positions] if random.random() < 0.05 else positions
        # bits above a code's, and the mark on a correction, mean nothing
        code += sum(1 << bit for bit in unused if random.random() < 0.5)
        tokens["code"] += [*positions, code]
        tokens["first"] += [*random.integers(0, 2, len(positions)), first]
        tokens["correction"] += [1] * len(positions) + [0]
    return tokens
