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
    row, load, compute = (np.array(each).astype(np.int64) for each in tokens.values())
    total = len(row)
    weights = random.integers(0, 1 << config.fmt_b.element.width, (total, columns))
    scales = random.integers(0, 1 << config.fmt_b.scale.width, (total, columns))
    loads = np.flatnonzero(load)[: sets * rows]
    of_set = b[: sets * columns].reshape(sets, columns, rows).transpose(0, 2, 1)
    weights[loads] = of_set.reshape(-1, columns)
    scales[loads[rows - 1 :: rows]] = scale_b[: sets * columns].reshape(sets, columns)
    fields = {"a": a[row], "b": weights, "scale_a": scale_a[row], "scale_b": scales}
    fields |= {"compute": compute, "load": load}
    return _squeezed({name: np.asarray(each, np.uint64) for name, each in fields.items()})


def _squeezed(fields):
    """Return fields of one element as arrays of one dimension."""
    return {
        name: each[:, 0] if each.ndim == 2 and each.shape[1] == 1 else each
        for name, each in fields.items()
    }
