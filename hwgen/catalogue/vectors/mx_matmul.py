"""Test vectors of ``mx-matmul``: the blocks of ``mx-dot``, arranged in matrices."""

import numpy as np

from hwgen.catalogue.vectors import mx_dot

__all__ = ["vectors"]

_MOST_SETS = 400


def vectors(config, count, seed):
    """Return at least ``count`` tokens, whole products.

    Pairs of blocks that ``mx-dot`` is tested with meet on the diagonals of the matrices; what
    meets elsewhere is left to chance.
    """
    random = np.random.default_rng(seed)
    if config.weight_stationary and config.max_blocks > 1:
        return {"i": _passes(config, count, random, seed)}
    if config.weight_stationary:
        return {"i": _weight_stationary(config, count, random, seed)}
    return {"i": _output_stationary(config, count, random, seed)}


def _pairs(config, count, seed):
    """Return at least ``count`` pairs of blocks: elements (n, k) and scales (n,) of both."""
    fields = mx_dot.vectors(config.dot, count, seed)["i"]
    elements = [np.asarray(fields[name]).reshape(-1, config.k) for name in "ab"]
    return *elements, fields["scale_a"], fields["scale_b"]


def _output_stationary(config, count, random, seed):
    side = min(config.rows, config.columns)
    a, b, scale_a, scale_b = _pairs(config, -(-count // config.k) * side, seed)
    blocks = -(-len(a) // side)
    where = [
        (np.arange(blocks)[:, None] * side + np.arange(size)) % len(a)
        for size in (config.rows, config.columns)
    ]
    fields = {
        "a": a[where[0]].transpose(0, 2, 1).reshape(-1, config.rows),
        "b": b[where[1]].transpose(0, 2, 1).reshape(-1, config.columns),
        "scale_a": np.repeat(scale_a[where[0]], config.k, axis=0),
        "scale_b": np.repeat(scale_b[where[1]], config.k, axis=0),
    }
    if config.max_blocks > 1:
        marks = _block_marks(config, blocks, random)
        fields |= dict(zip(("first", "last"), np.repeat(marks, config.k, axis=1), strict=True))
    # scales before a block's last token must not matter
    early = np.arange(blocks * config.k) % config.k != config.k - 1
    for name, block in (("scale_a", config.fmt_a), ("scale_b", config.fmt_b)):
        codes = 1 << block.scale.width
        fields[name][early] = random.integers(0, codes, fields[name][early].shape)
    return _squeezed(fields)


def _block_marks(config, blocks, random):
    """Return first and last marks of products of 1 to ``max_blocks`` blocks."""
    first, last = np.zeros((2, blocks), dtype=np.uint64)
    start = 0
    while start < blocks:
        length = min(int(random.integers(1, min(config.max_blocks, 12) + 1)), blocks - start)
        first[start] = last[start + length - 1] = 1
        start += length
    return first, last


def _weight_stationary(config, count, random, seed):
    rows, columns = config.rows, config.columns
    sets = min(_MOST_SETS, -(-count // (2 * rows)) + 2)
    a, b, scale_a, scale_b = _pairs(config, sets * columns, seed)
    sets = min(_MOST_SETS, len(a) // columns)
    tokens = {"row": [], "load": [], "compute": []}
    loaded, current = 0, -1
    # as often as not faster than the rows of A, and the other way round
    haste = random.choice([0.3, 0.9, 1.0], sets + 1)
    while loaded < sets * rows or len(tokens["row"]) < count:
        load = loaded < sets * rows and random.random() < haste[current + 1]
        compute = loaded == sets * rows or random.random() < 0.8
        tokens["row"].append(max(current, 0) * columns + int(random.integers(columns)))
        tokens["load"].append(load)
        tokens["compute"].append(compute)
        loaded += load
        current = loaded // rows - 1
    for _ in range(columns):
        tokens["row"].append(max(current, 0) * columns + int(random.integers(columns)))
        tokens["load"].append(0)
        tokens["compute"].append(1)
    return _with_weights(config, tokens, (a, b, scale_a, scale_b), sets, random)


def _with_weights(config, tokens, pairs, sets, random):
    """Return the fields of tokens: which pair's A they hold, whether they load and compute."""
    rows, columns = config.rows, config.columns
    a, b, scale_a, scale_b = pairs
    row, load, compute = (
        np.array(tokens[name]).astype(np.int64) for name in ("row", "load", "compute")
    )
    total = len(row)
    weights = random.integers(0, 1 << config.fmt_b.element.width, (total, columns))
    scales = random.integers(0, 1 << config.fmt_b.scale.width, (total, columns))
    loads = np.flatnonzero(load)[: sets * rows]
    of_set = b[: sets * columns].reshape(sets, columns, rows).transpose(0, 2, 1)
    weights[loads] = of_set.reshape(-1, columns)
    scales[loads[rows - 1 :: rows]] = scale_b[: sets * columns].reshape(sets, columns)
    fields = {"a": a[row], "b": weights, "scale_a": scale_a[row], "scale_b": scales}
    fields |= {"compute": compute, "load": load}
    fields |= {name: np.array(tokens[name]) for name in ("first", "last") if name in tokens}
    return _squeezed({name: np.asarray(each, np.uint64) for name, each in fields.items()})


def _passes(config, count, random, seed):
    """Return the tokens of products of several blocks, one set of weights a block.

    The rows that a set serves are as few as one, or more than there are accumulators where every
    row is a product of its own; the next set is complete as early as with the last of them.
    """
    rows, columns = config.rows, config.columns
    pairs = _pairs(config, -(-count // 2), seed)
    sets = min(_MOST_SETS, len(pairs[0]) // columns)
    tokens = {name: [] for name in ("row", "load", "compute", "first", "last")}
    current = 0
    _merge(tokens, rows, [], random)
    while current < sets or len(tokens["row"]) < count:
        served = min(int(random.choice([1, 2, 3, 4, 16])), config.accumulators)
        blocks = int(random.integers(1, min(config.max_blocks, 6) + 1))
        seldom = random.random() * max(1, config.accumulators / 16)
        if seldom < 0.2:
            served, blocks = config.accumulators + int(random.integers(1, 4)), 1
        elif seldom < 0.4:
            served = config.accumulators
        for block in range(blocks):
            base = min(current, sets - 1) * columns
            used = [
                (base + int(random.integers(columns)), block == 0, block == blocks - 1)
                for _ in range(served)
            ]
            current += 1
            _merge(tokens, rows, used, random)
    # the last token gives a result, whose latency is measured
    for name, value in {"row": base, "load": 0, "compute": 1, "first": 1, "last": 1}.items():
        tokens[name].append(value)
    return _with_weights(config, tokens, pairs, sets, random)


def _merge(tokens, loads, used, random):
    """Append tokens with ``loads`` rows of weights, the last at the end, and the rows of A."""
    length = max(loads, len(used)) + int(random.choice([0, 0, 3]))
    where = {
        "late": np.arange(length - len(used), length),
        "early": np.arange(len(used)),
        "anywhere": np.sort(random.permutation(length)[: len(used)]),
    }[random.choice(["late", "early", "anywhere"])]
    loading = np.zeros(length, bool)
    loading[-1] = True
    loading[random.permutation(length - 1)[: loads - 1]] = True
    idle = (0, *(random.random(2) < 0.5))
    held = dict(zip(where.tolist(), used, strict=True))
    for position in range(length):
        row, first, last = held.get(position, idle)
        tokens["row"].append(row)
        tokens["load"].append(loading[position])
        tokens["compute"].append(position in held)
        tokens["first"].append(first)
        tokens["last"].append(last)


def _squeezed(fields):
    """Return fields of one element as arrays of one dimension."""
    return {
        name: each[:, 0] if each.ndim == 2 and each.shape[1] == 1 else each
        for name, each in fields.items()
    }
