"""Test vectors of ``float-accumulate``: sums that cancel, ties, long sums, special numbers."""

import numpy as np

from hwgen.catalogue.vectors.float_samples import corner_codes, random_codes

__all__ = ["cancelling", "finite_codes", "vectors"]

_LONGEST = 40


def finite_codes(fmt, shape, random):
    """Return random codes of finite numbers."""
    codes = random_codes(fmt, shape, random)
    special = fmt.is_nan(codes) | fmt.is_infinite(codes)
    return np.where(special, np.uint64(fmt.max_code), codes)


def cancelling(fmt, count, random):
    """Return ``count`` codes whose sum nearly cancels: pairs of opposites around a few others.

    The rest that stays may be anything down to the smallest number, so that every bit counts.
    """
    pairs = finite_codes(fmt, count // 2, random)
    sign = np.uint64((1 << (fmt.width - 1)) if fmt.signed else 0)
    opposite = pairs ^ sign
    if fmt.nan_code == int(sign):
        opposite[pairs == 0] = 0
    rest = finite_codes(fmt, count - 2 * len(pairs), random)
    kept = random.integers(0, 4) == 0
    codes = np.concatenate([pairs, opposite, rest])
    if kept and count > 2:
        codes[random.integers(count)] = random.choice(finite_codes(fmt, 8, random))
    return random.permutation(codes)


def _near(fmt, count, random):
    """Return codes of close exponents: sums that carry, ties, sums at the ends of the range."""
    fraction = np.uint64(fmt.significand_bits)
    top = (1 << fmt.exponent_bits) - 1
    field = np.clip(random.integers(0, top + 1) + random.integers(-1, 2, count), 0, top)
    codes = finite_codes(fmt, count, random)
    mask = np.uint64(top) << fraction
    codes = codes & ~mask | field.astype(np.uint64) << fraction
    special = fmt.is_nan(codes) | fmt.is_infinite(codes)
    return np.where(special, np.uint64(fmt.max_code), codes)


def _sums(config, count, random):
    """Yield the codes of one sum after the other, ``count`` numbers or more."""
    fmt, done = config.fmt, 0
    corners = corner_codes(fmt)
    for code in corners:
        yield np.array([code])
    ordinary = corners[~(fmt.is_nan(corners) | fmt.is_infinite(corners))]
    makers = (
        lambda size: cancelling(fmt, size, random),
        lambda size: _near(fmt, size, random),
        lambda size: random.choice(ordinary, size),
        lambda size: finite_codes(fmt, size, random),
        lambda size: np.repeat(random.choice(ordinary, 1), size),
    )
    zero_or_not = random.integers(0, 2, 4096)
    while done < count:
        longest = _LONGEST if random.integers(10) else config.max_terms
        size = int(random.integers(1, min(longest, config.max_terms, 4096) + 1))
        codes = makers[random.integers(len(makers))](size)
        if zero_or_not[done % 4096] == 0 and random.integers(4) == 0:
            codes[random.integers(size)] = random.choice(corners)
        done += size
        yield codes


def vectors(config, count, seed):
    """Return at least ``count`` numbers in whole sums.

    Now and then a sum is abandoned, and one goes on after it was answered.
    """
    random = np.random.default_rng(seed)
    values, first, last = [], [], []
    room = 0
    for codes in _sums(config, count, random):
        marks = np.zeros((2, len(codes)), np.uint64)
        goes_on = values and len(codes) <= room and random.integers(8) == 0
        marks[0, 0] = not goes_on
        marks[1, -1] = random.integers(16) > 0
        room = (room if goes_on else config.max_terms) - len(codes)
        values.append(codes)
        first.append(marks[0])
        last.append(marks[1])
    last[-1][-1] = 1
    fields = {
        name: np.concatenate(each).astype(np.uint64)
        for name, each in (("value", values), ("first", first), ("last", last))
    }
    if config.random_lanes and config.random_source == "input":
        limit = 1 << config.random_bits
        fields["random"] = random.integers(0, limit, len(fields["value"]), dtype=np.uint64)
    return {"i": fields}
