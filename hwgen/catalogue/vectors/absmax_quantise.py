"""Test vectors of ``absmax-quantise``: ties and numbers beside them, magnitudes of every size."""

import numpy as np

from hwgen.formats import FloatFormat

__all__ = ["vectors"]

_LEAST_VECTORS = 60


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole vectors."""
    random = np.random.default_rng(seed)
    wanted = max(_LEAST_VECTORS, -(-count // config.beats))
    make = _float_codes if isinstance(config.fmt, FloatFormat) else _integer_codes
    codes = make(config, wanted, random).astype(np.uint64).reshape(-1, config.lanes)
    return {"i": {"values": codes if config.lanes > 1 else codes[:, 0]}}


def _near_ties(magnitudes, random, shape):
    """Return dividends for which 127 x / magnitude lies on a tie, or a unit or so beside it."""
    odd = 2 * random.integers(0, 128, shape) - 127
    ties = odd * magnitudes // 254
    return ties + random.integers(-1, 3, shape) * (random.random(shape) < 0.7)


def _placed(values, extremes, random):
    """Put an extreme of either sign at a random place of each row, or leave the row."""
    rows, columns = values.shape
    values[np.arange(rows), random.integers(0, columns, rows)] = extremes
    return values


def _integer_codes(config, wanted, random):
    fmt = config.fmt
    low, high = (-(1 << fmt.width - 1) if fmt.signed else 0), fmt.max_code
    # magnitudes of few bits and of many; those with ties; the largest of all, which is negative
    bits = random.integers(1, high.bit_length() + 1, wanted)
    magnitudes = np.minimum(random.integers(1, 1 << bits, endpoint=True), high)
    multiples = np.maximum(1, magnitudes // 254) * 254
    chosen = (random.random(wanted) < 0.5) & (multiples <= high)
    magnitudes[chosen] = multiples[chosen]
    fixed = [high, 1, max(1, high - 1), 0, -low, 2, min(127, high), min(254, high)]
    magnitudes[: len(fixed)] = fixed
    shape = (wanted, config.columns)
    values = _near_ties(magnitudes[:, None], random, shape)
    anything = random.integers(-magnitudes[:, None], magnitudes[:, None], shape, endpoint=True)
    values = np.where(random.random(shape) < 0.5, values, anything)
    values = np.clip(values, -magnitudes[:, None], magnitudes[:, None])
    signs = random.choice([-1, 1], wanted)
    signs[4] = -1
    values = _placed(values, signs * magnitudes, random)
    return np.clip(values, low, high) & ((1 << fmt.width) - 1)


def _float_codes(config, wanted, random):
    fmt, shape = config.fmt, (wanted, config.columns)
    top_bit = 1 << fmt.significand_bits
    sign = np.uint64(1 << fmt.width - 1)
    exponents = random.integers(fmt.lsb_exponent, fmt.max_exponent - fmt.significand_bits, wanted)
    near = int(np.floor(np.log2(max(config.least, 2.0**fmt.lsb_exponent))))
    some = random.random(wanted) < 0.2
    exponents[some] = near - fmt.significand_bits + random.integers(-1, 3, int(some.sum()))
    exponents = np.maximum(exponents, fmt.lsb_exponent)
    largest = random.integers(top_bit, 2 * top_bit, wanted)
    ties = np.maximum(1, largest // 254) * 254
    largest = np.where((random.random(wanted) < 0.5) & (ties < 2 * top_bit), ties, largest)
    # fractions that a value of so many places less has as well
    places = random.integers(0, 11, shape)
    significands = _near_ties(largest[:, None] << 8, random, shape).astype(np.float64) / 256
    anything = random.integers(-2 * top_bit + 1, 2 * top_bit, shape) / 2.0**places
    significands = np.where(random.random(shape) < 0.5, significands, anything)
    limit = largest[:, None].astype(np.float64)
    values = _placed(np.clip(significands, -limit, limit), largest, random)
    codes = fmt.encode(np.ldexp(values, exponents[:, None])).astype(np.uint64)
    codes ^= np.where(random.random(shape) < 0.5, sign, np.uint64(0))
    codes[0], codes[1] = 0, sign
    raw = random.integers(0, 1 << fmt.width, (wanted // 8 + 1, config.columns))
    codes[2 : 2 + len(raw)] = raw[: wanted - 2]
    infinity = fmt.infinity_code
    for row, code in enumerate((infinity, infinity | int(sign), infinity + 1, fmt.max_code, 1), 3):
        codes[-row] &= ~sign
        codes[-row, row % config.columns] = code
    return codes
