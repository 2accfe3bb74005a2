"""Operands that deserve a directed test in any float core, and random ones that meet."""

import numpy as np

__all__ = ["close_operands", "corner_codes", "pairs", "products_near"]


def corner_codes(fmt):
    """Return codes at and next to every edge of a format, both signs, special codes included."""
    fraction = fmt.significand_bits
    sign = 1 << fmt.width - 1
    one = fmt.bias << fraction if fmt.bias < 1 << fmt.exponent_bits else 0
    edges = [0, 1 << fraction, 2 << fraction, fmt.max_code, one]
    edges += [code for code in (fmt.infinity_code, fmt.nan_code) if code is not None]
    near = np.add.outer(edges, [-2, -1, 0, 1, 2]).ravel()
    middle = [1 << fraction >> 1, (1 << fraction) - 1]
    near = np.concatenate([near, middle])
    near = np.unique(near[(near >= 0) & (near < sign)])
    return np.concatenate([near, near | sign]).astype(np.uint64)


def pairs(first, second):
    """Return every pair of two arrays of codes."""
    grids = np.meshgrid(first, second, indexing="ij")
    return [each.ravel() for each in grids]


def close_operands(fmt, codes, random):
    """Return codes a few exponents from the given ones, with any sign and with sparse fractions.

    Sums of such pairs cancel, tie, carry into the next exponent, or need sticky bits.
    """
    fraction = fmt.significand_bits
    count = len(codes)
    field = (codes >> np.uint64(fraction)).astype(np.int64) & ((1 << fmt.exponent_bits) - 1)
    reach = fraction + 4
    field += random.integers(-reach, reach + 1, count) * (random.random(count) < 0.7)
    field = np.clip(field, 0, (1 << fmt.exponent_bits) - 1)
    sparse = 1 << random.integers(0, fraction + 1, count)
    dense = random.integers(0, 1 << fraction, count)
    near = codes.astype(np.int64) + random.integers(-2, 3, count)
    kind = random.integers(0, 4, count)
    bits = np.select(
        [kind == 0, kind == 1, kind == 2], [sparse, (1 << fraction) - sparse, near], dense
    )
    bits &= (1 << fraction) - 1
    signs = random.integers(0, 2, count) << fmt.width - 1
    return (signs | field << fraction | bits).astype(np.uint64)


def products_near(fmt_a, fmt_b, target_exponent, count, random):
    """Return pairs whose product has about the given exponents of 2, some operands subnormal."""
    operands = []
    exponents = np.broadcast_to(target_exponent, (count,)).astype(np.int64)
    low, high = fmt_a.lsb_exponent, fmt_a.max_exponent
    other_low, other_high = fmt_b.lsb_exponent, fmt_b.max_exponent
    lowest = np.clip(exponents - other_high, low, high)
    highest = np.clip(exponents - other_low, lowest, high)
    first = random.integers(lowest, highest + 1)
    for fmt, scale in ((fmt_a, first), (fmt_b, exponents - first)):
        bits = random.integers(0, 2, (2, count))
        significand = random.integers(1 << 23, 1 << 24, count)
        keep = random.integers(0, 24, count)
        significand = np.where(bits[0] == 1, significand, significand >> keep << keep)
        magnitude = fmt.round_scaled(significand, scale - 23, overflow="saturate").astype(np.int64)
        operands.append((magnitude | bits[1] << fmt.width - 1).astype(np.uint64))
    return operands
