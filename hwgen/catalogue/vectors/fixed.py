"""Test vectors of the fixed-point cores: extremes, ties, the limits of the result, random ones."""

import numpy as np

__all__ = [
    "add_vectors",
    "convert_vectors",
    "dot_vectors",
    "mac_vectors",
    "multiply_vectors",
]


def _corners(fmt):
    """Return the codes of a format that deserve a directed test."""
    mask = (1 << fmt.width) - 1
    near = [0, 1, 2, 3, -1, -2, -3, fmt.max_code, fmt.max_code - 1, fmt.min_code, fmt.min_code + 1]
    return np.unique(np.array([each & mask for each in near], dtype=np.uint64))


def _mixed(fmt, shape, random):
    """Return codes of which many are corners, or have one bit or a few neighboring bits set."""
    codes = random.integers(0, 1 << fmt.width, shape, dtype=np.uint64)
    corners = random.choice(_corners(fmt), shape)
    few = random.integers(1, 8, shape, dtype=np.uint64)
    places = random.integers(0, fmt.width, shape, dtype=np.uint64)
    mask = np.uint64((1 << fmt.width) - 1)
    short = (few << places) & mask
    short = np.where(random.integers(0, 2, shape), short, ~short + np.uint64(1) & mask)
    kind = random.integers(0, 4, shape)
    return np.select([kind == 0, kind == 1], [corners, short], codes)


def _random_bits(config, count, random):
    """Return the field ``random`` where the core has one: zeros, ones and random numbers."""
    if not config.random_input:
        return {}
    highest = (1 << int(config.random_bits)) - 1
    bits = random.integers(0, highest, count, dtype=np.uint64, endpoint=True)
    edge = random.integers(0, 6, count)
    limits = [np.uint64(0), np.uint64(highest)]
    return {"random": np.select([edge == 0, edge == 1], limits, bits)}


def _pairs(config, count, random):
    """Return (a, b): all pairs of corners, then at least ``count`` in all."""
    a, b = np.meshgrid(_corners(config.fmt_a), _corners(config.fmt_b))
    missing = max(count - a.size, 100)
    return (
        np.concatenate([a.ravel(), _mixed(config.fmt_a, missing, random)]),
        np.concatenate([b.ravel(), _mixed(config.fmt_b, missing, random)]),
    )


def multiply_vectors(config, count, seed):
    """Return at least ``count`` pairs of operands."""
    random = np.random.default_rng(seed)
    a, b = _pairs(config, count, random)
    return {"i": {"a": a, "b": b, **_random_bits(config, len(a), random)}}


def add_vectors(config, count, seed):
    """Return at least ``count`` pairs of operands, some of whose sums nearly cancel."""
    random = np.random.default_rng(seed)
    a, b = _pairs(config, count, random)
    fields = {"a": a, "b": b}
    if config.operation == "both":
        fields = {name: np.repeat(codes, 2) for name, codes in fields.items()}
        fields["subtract"] = np.arange(2 * len(a), dtype=np.uint64) % np.uint64(2)
    return {"i": {**fields, **_random_bits(config, len(fields["a"]), random)}}


def convert_vectors(config, count, seed):
    """Return at least ``count`` operands: around the result's limits, and around its ties."""
    random = np.random.default_rng(seed)
    fmt, out = config.fmt, config.out
    mask = (1 << fmt.width) - 1
    dropped = out.lsb_exponent - fmt.lsb_exponent
    lowest = -(1 << out.width - 1) if out.signed else 0
    wanted = []
    for limit in (lowest - 1, lowest, -1, 0, 1, out.max_code, out.max_code + 1):
        unit = 1 << max(0, dropped)
        at = limit << dropped if dropped >= 0 else limit >> -dropped
        wanted += [at + part + step for part in (0, unit // 2) for step in (-1, 0, 1)]
    low, high = config.exact_bounds
    directed = np.array([each & mask for each in wanted if low <= each <= high], dtype=np.uint64)
    codes = _mixed(fmt, max(count, 300), random)
    if 0 < dropped < fmt.width:
        half = np.uint64(1 << dropped - 1)
        ties = (codes[: len(codes) // 3] >> np.uint64(dropped) << np.uint64(dropped)) | half
        step = random.integers(-1, 2, len(ties)).astype(np.int64).astype(np.uint64)
        codes[: len(ties)] = (ties + step) & np.uint64(mask)
    a = np.concatenate([directed, codes])
    fields = _random_bits(config, len(a), random)
    if fields and dropped > 0:
        fields["random"] = _near_carries(config, a, fields["random"], random)
    return {"i": {"a": a, **fields}}


def _near_carries(config, codes, bits, random):
    """Return random bits, a third of them within one of where the rounding changes."""
    dropped, width = config.out.lsb_exponent - config.fmt.lsb_exponent, int(config.random_bits)
    for index in np.flatnonzero(random.integers(0, 3, len(codes)) == 0):
        value = int(codes[index]) - (int(codes[index] > config.fmt.max_code) << config.fmt.width)
        fraction = (abs(value) % (1 << dropped) << width) >> dropped
        bits[index] = ((1 << width) - fraction + int(random.integers(-1, 2))) % (1 << width)
    return bits


def mac_vectors(config, count, seed):
    """Return at least ``count`` products in sums of 1 to ``max_terms`` terms, whole sums only."""
    random = np.random.default_rng(seed)
    lengths = [min(config.max_terms, 4096)]
    while sum(lengths) < count or len(lengths) < 60:
        longest = min(config.max_terms, 16 if random.integers(8) else 64)
        lengths.append(int(random.integers(1, longest + 1)))
    total = sum(lengths)
    a, b = (_mixed(fmt, total, random) for fmt in (config.fmt_a, config.fmt_b))
    # the longest sum is the largest there is
    a[: lengths[0]] = config.fmt_a.min_code if config.fmt_a.signed else config.fmt_a.max_code
    b[: lengths[0]] = config.fmt_b.min_code if config.fmt_b.signed else config.fmt_b.max_code
    first, last = np.zeros((2, total), dtype=np.uint64)
    ends = np.cumsum(lengths)
    first[ends - lengths] = 1
    last[ends - 1] = 1
    marks = {"first": first, "last": last}
    return {"i": {"a": a, "b": b, **marks, **_random_bits(config, total, random)}}


def dot_vectors(config, count, seed):
    """Return at least ``count`` beats: extremes in all elements, one-hot, then mixed vectors."""
    random = np.random.default_rng(seed)
    k, beats = config.k, config.k // config.lanes
    formats = (config.fmt_a, config.fmt_b)
    rows = [[], []]
    for code_a in _corners(config.fmt_a):
        for code_b in _corners(config.fmt_b):
            for operand, code in zip(rows, (code_a, code_b), strict=True):
                operand.append(np.full((1, k), code, dtype=np.uint64))
    for operand, fmt in zip(rows, formats, strict=True):
        operand.append(np.diag(np.full(k, fmt.min_code or fmt.max_code, dtype=np.uint64)))
    vectors = max(-(-count // beats), 200)
    for operand, fmt in zip(rows, formats, strict=True):
        operand.append(_mixed(fmt, (vectors, k), random))
    a, b = (np.concatenate(each).reshape(-1, config.lanes) for each in rows)
    if config.lanes == 1:
        a, b = a[:, 0], b[:, 0]
    return {"i": {"a": a, "b": b, **_random_bits(config, len(a), random)}}
