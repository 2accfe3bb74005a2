"""Test vectors of ``float-dot``: pairs of corners, products that cancel, ties, special numbers."""

import numpy as np

from hwgen.catalogue.vectors.float_samples import corner_codes, random_codes

__all__ = ["vectors"]

_TIES = 200


def _finite(fmt, codes):
    special = fmt.is_nan(codes) | fmt.is_infinite(codes)
    return np.where(special, np.uint64(fmt.max_code), codes)


def _corner_rows(config, random):
    """Return rows with one pair of corners each, in any lane, zeros elsewhere or random numbers."""
    corners = [corner_codes(fmt) for fmt in (config.fmt_a, config.fmt_b)]
    pairs = np.array(np.meshgrid(*corners)).reshape(2, -1)
    if pairs.shape[1] > 4096:
        pairs = pairs[:, random.choice(pairs.shape[1], 4096, replace=False)]
    count = pairs.shape[1]
    lane = random.integers(0, config.k, count)
    rows = []
    for pair, fmt in zip(pairs, (config.fmt_a, config.fmt_b), strict=True):
        row = _finite(fmt, random_codes(fmt, (count, config.k), random))
        row[np.arange(count) % 2 == 0] = 0
        row[np.arange(count), lane] = pair
        rows.append(row)
    return rows


def _cancelling_rows(config, count, random):
    """Return rows in which products come in pairs of opposites, in random order, with few more."""
    fmt_a, fmt_b = config.fmt_a, config.fmt_b
    a = _finite(fmt_a, random_codes(fmt_a, (count, config.k), random))
    b = _finite(fmt_b, random_codes(fmt_b, (count, config.k), random))
    half = config.k // 2
    a[:, half : 2 * half], b[:, half : 2 * half] = a[:, :half], b[:, :half]
    if fmt_a.signed:
        flipped = a[:, half : 2 * half] ^ np.uint64(1 << (fmt_a.width - 1))
        a[:, half : 2 * half] = _finite(fmt_a, flipped)
    # a lane in some rows breaks the balance: often by the smallest numbers
    broken = random.integers(0, 3, count) > 0
    lane = random.integers(0, config.k, count)
    for codes, fmt in ((a, fmt_a), (b, fmt_b)):
        few = np.uint64(1) << random.integers(0, fmt.width - 1, count, dtype=np.uint64)
        rows = np.flatnonzero(broken)
        codes[rows, lane[rows]] = _finite(fmt, few[rows])
    order = random.permuted(np.tile(np.arange(config.k), (count, 1)), axis=1)
    return [np.take_along_axis(codes, order, axis=1) for codes in (a, b)]


def _close_rows(config, count, random):
    """Return rows whose numbers have close exponents, special numbers now and then."""
    rows = []
    for fmt in (config.fmt_a, config.fmt_b):
        top = (1 << fmt.exponent_bits) - 1
        codes = random_codes(fmt, (count, config.k), random)
        field = random.integers(0, top + 1, (count, 1)) + random.integers(-2, 3, codes.shape)
        field = np.clip(field, 0, top).astype(np.uint64) << np.uint64(fmt.significand_bits)
        codes = codes & ~np.uint64(top << fmt.significand_bits) | field
        tame = np.arange(count)[:, None] % 8 > 0
        rows.append(np.where(tame, _finite(fmt, codes), codes))
    return rows


def _powers(fmt, exponents):
    """Return the codes of powers of two, clipped to the range of the format."""
    lowest, highest = fmt.lsb_exponent, fmt.max_exponent
    if not fmt.subnormals:
        lowest = fmt.min_normal_exponent
    values = np.ldexp(1.0, np.clip(exponents, lowest, highest))
    return fmt.encode(values, "toward-zero").astype(np.uint64)


def _tie_rows(config, count, random):
    """Return rows of a power of two, half a unit of its last place, and something tiny.

    Only the tiny product, which may be hundreds of bits below, breaks the tie.
    """
    fmt_a, fmt_b, out = config.fmt_a, config.fmt_b, config.out
    bits = out.significand_bits if config.out != "exact" else 16
    low, high = fmt_a.lsb_exponent + fmt_b.lsb_exponent, fmt_a.max_exponent + fmt_b.max_exponent
    if config.out != "exact":
        low, high = max(low, out.lsb_exponent), min(high, out.max_exponent)
    top = random.integers(low, max(low, high) + 1, count)
    lengths = random.integers(0, 200, count)
    exponents = np.stack([top, top - bits - 1, top - bits - 2 - lengths], 1)[:, : config.k]
    a, b = np.zeros((2, count, config.k), np.uint64)
    first = (exponents + fmt_a.min_normal_exponent - fmt_b.min_normal_exponent) // 2
    a[:, : exponents.shape[1]] = _powers(fmt_a, first)
    b[:, : exponents.shape[1]] = _powers(fmt_b, exponents - first)
    signs = random.integers(0, 2, a.shape, dtype=np.uint64) * np.uint64(fmt_a.signed)
    return [np.where(a > 0, a | signs << np.uint64(fmt_a.width - 1), a), b]


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole dot products."""
    random = np.random.default_rng(seed)
    parts = [_corner_rows(config, random)]
    missing = max(-(-count // config.beats) - len(parts[0][0]), 256)
    parts.append(_cancelling_rows(config, -(-missing // 2), random))
    parts.append(_close_rows(config, -(-missing // 2), random))
    parts.append(_tie_rows(config, _TIES, random))
    a, b = (np.concatenate(each) for each in zip(*parts, strict=True))
    shape = (-1, config.lanes) if config.lanes > 1 else (-1,)
    order = random.permutation(len(a))
    fields = {"a": a[order].reshape(shape), "b": b[order].reshape(shape)}
    if config.random_lanes and config.random_source == "input":
        limit = 1 << config.random_bits
        fields["random"] = random.integers(0, limit, len(fields["a"]), dtype=np.uint64)
    return {"i": fields}
