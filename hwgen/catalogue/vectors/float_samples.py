"""Codes of a float format for single operands: corners, and random ones with few bits set."""

import numpy as np

__all__ = ["corner_codes", "random_codes"]


def corner_codes(fmt):
    """Return zeros, subnormals, powers of two, neighbors of 1, extremes and special codes.

    All as uint64 codes of ``fmt``, each once, of both signs where the format has them.
    """
    fraction, top = fmt.significand_bits, fmt.significand_bits + fmt.exponent_bits
    one = min(max(fmt.bias, 0), (1 << fmt.exponent_bits) - 1) << fraction
    magnitudes = {0, 1, 2, 3, fmt.max_code, fmt.max_code - 1, one, one + 1, one - 1}
    magnitudes |= {(1 << fraction) + step for step in (-2, -1, 0, 1)}
    magnitudes |= {1 << bit for bit in range(top)} | {(1 << bit) - 1 for bit in range(top + 1)}
    if fmt.specials in ("ieee", "fn"):
        beyond = fmt.max_code + 1
        magnitudes |= {beyond, beyond + 1, fmt.nan_code, fmt.nan_code + 1, (1 << top) - 1}
    inside = [each for each in magnitudes if 0 <= each < 1 << top]
    signs = (0, 1 << top) if fmt.signed else (0,)
    return np.array(sorted(sign | each for sign in signs for each in inside), np.uint64)


def random_codes(fmt, shape, random):
    """Return random codes; a quarter have few bits set, so that ties and zeros happen."""
    codes = random.integers(0, 1 << fmt.width, shape, dtype=np.uint64)
    sparse = random.integers(0, 1 << fmt.width, shape, dtype=np.uint64)
    sparse &= random.integers(0, 1 << fmt.width, shape, dtype=np.uint64)
    return np.where(random.integers(0, 4, shape) == 0, codes & sparse, codes)
