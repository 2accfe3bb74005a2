"""Test vectors of ``float-convert``: corners of both formats, midpoints, random codes."""

import numpy as np

from hwgen.catalogue.vectors.float_samples import corner_codes, random_codes
from hwgen.formats import FloatFormat

__all__ = ["vectors"]


def _integer_corners(fmt):
    """Return codes with one bit, runs of bits, and their neighbors and opposites."""
    highest = (1 << fmt.width) - 1
    ones = [1 << bit for bit in range(fmt.width)]
    runs = [(high - low) & highest for high in [*ones, highest + 1] for low in ones if low <= high]
    near = [each + step & highest for each in ones for step in (-1, 0, 1)]
    codes = {0, highest, *ones, *runs, *near}
    return np.array(sorted(codes | {-each & highest for each in codes}), np.uint64)


def _near_output(fmt, out, random):
    """Return codes of ``fmt`` at, between and beside the corners of ``out``."""
    corners = corner_codes(out) if isinstance(out, FloatFormat) else _integer_corners(out)
    finite = corners[~(out.is_nan(corners) | out.is_infinite(corners))]
    values = np.unique(out.decode(finite))
    gaps = np.concatenate([values, (values[:-1] + values[1:]) / 2, values * 1.5])
    codes = fmt.encode(gaps, "toward-zero").astype(np.uint64)
    highest = np.uint64((1 << fmt.width) - 1)
    steps = [codes, codes + np.uint64(1), codes - np.uint64(1)]
    return np.unique(np.concatenate(steps) & highest)


def vectors(config, count, seed):
    """Return at least ``count`` tokens of ``lanes`` codes."""
    random = np.random.default_rng(seed)
    fmt, out = config.fmt, config.out
    floating = isinstance(fmt, FloatFormat)
    directed = corner_codes(fmt) if floating else _integer_corners(fmt)
    directed = random.permutation(np.concatenate([directed, _near_output(fmt, out, random)]))
    total = -(-max(count * config.lanes, len(directed) + 64) // config.lanes) * config.lanes
    missing = total - len(directed)
    if floating:
        more = random_codes(fmt, missing, random)
        inside = _inside(fmt, out, missing, random)
        more = np.where(np.arange(missing) % 2 == 0, inside, more)
    else:
        more = random.integers(0, 1 << fmt.width, missing, dtype=np.uint64)
        small = random.integers(0, fmt.width, missing, dtype=np.uint64)
        more = np.where(np.arange(missing) % 2 == 0, more >> small, more)
    shape = (-1, config.lanes) if config.lanes > 1 else (-1,)
    fields = {"value": np.concatenate([directed, more]).astype(np.uint64).reshape(shape)}
    if config.random_lanes and config.random_source == "input":
        words = random.integers(0, 1 << config.random_bits, total, dtype=np.uint64)
        fields["random"] = words.reshape(shape)
    return {"i": fields}


def _inside(fmt, out, count, random):
    """Return random codes of ``fmt`` of about the magnitudes that ``out`` has."""
    low = max(fmt.lsb_exponent, out.lsb_exponent - 4)
    high = min(fmt.max_exponent, out.max_exponent + 2)
    exponents = random.integers(min(low, high), max(low, high) + 1, count)
    signs = np.where(random.integers(0, 2, count) == 0, 1.0, -1.0)
    values = np.ldexp(signs * random.uniform(1, 2, count), exponents)
    return fmt.encode(values, "toward-zero").astype(np.uint64)
