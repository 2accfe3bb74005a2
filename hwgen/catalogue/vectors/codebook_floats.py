"""Float elements of ``codebook-dot``'s test vectors: ties, sums that cancel, what is no number."""

import numpy as np

from .float_samples import corner_codes, random_codes

__all__ = ["float_elements"]

_SPECIAL_GROUPS = 0.3


def float_elements(config, kind, tokens, shape, random):
    """Return codes of elements, shape (groups, tokens, lanes), for groups of each kind.

    Kinds 0 to 3 are the least and the greatest numbers; 4 is three numbers a group that may make a
    tie of the result; 5 one corner a token; others are any. Some of the groups cancel, and some
    hold infinities and NaNs. Where the kind asks for it, ``tokens`` changes as well.
    """
    fmt, lanes = config.fmt, config.lanes
    size = (*shape, lanes)
    of_group = kind[:, None, None]
    x = _finite(fmt, random_codes(fmt, size, random))
    corners = _finite(fmt, corner_codes(fmt))
    alone = np.arange(lanes) == random.integers(0, lanes, (*shape, 1))
    x = np.where(of_group == 5, np.where(alone, random.choice(corners, size), 0), x)
    balanced = np.flatnonzero((kind > 5) & (random.random(len(kind)) < 0.5))
    _balance(fmt, x, tokens, balanced, random)
    for group in np.flatnonzero(kind == 4):
        x[group] = _tie(config, tokens, group, x[group].shape, random)
    x = np.where(of_group < 2, fmt.min_code, np.where(of_group < 4, fmt.max_code, x))
    _add_specials(fmt, x, np.flatnonzero(kind > 3), random)
    return x


def _finite(fmt, codes):
    special = fmt.is_nan(codes) | fmt.is_infinite(codes)
    return np.where(special, np.uint64(fmt.max_code), codes)


def _balance(fmt, x, tokens, groups, random):
    """Let the second half of groups be the opposite of the first, but for one small number."""
    half = x.shape[1] // 2
    if not half or not fmt.signed:
        return
    here, there = (groups, slice(0, half)), (groups, slice(half, 2 * half))
    for name in ("weights", "selector"):
        if name in tokens:
            tokens[name][there] = tokens[name][here]
    x[there] = _finite(fmt, x[here] ^ np.uint64(1 << fmt.width - 1))
    for group in groups[random.random(len(groups)) < 0.7]:
        few = np.uint64(1) << random.integers(0, fmt.width, dtype=np.uint64)
        place = tuple(random.integers(0, each) for each in x.shape[1:])
        x[(group, *place)] = _finite(fmt, np.array([few]))[0]


def _tie(config, tokens, group, shape, random):
    """Return elements of a group: zeros, a number, half a step of the result's, and a small one.

    ``tokens`` gets weights and a scale that are powers of two, where the codebook has any.
    """
    fmt = config.fmt
    precision = fmt.significand_bits if config.out == "exact" else config.out.significand_bits
    top = random.integers(fmt.min_normal_exponent, fmt.max_exponent + 1)
    dense = int(random.integers(1 << fmt.significand_bits, 2 << fmt.significand_bits))
    below = top - precision - 1 + random.choice([-1, 0, 0, 0, 1])
    small = int(random.integers(fmt.lsb_exponent, max(below, fmt.lsb_exponent) + 1))
    pairs = [(dense, top - fmt.significand_bits), (1, below), (random.integers(0, 2), small)]
    x = np.zeros(int(np.prod(shape)), np.uint64)
    places = random.permutation(len(x))[:3]
    for place, (significand, exponent) in zip(places, pairs, strict=False):
        code = fmt.round_scaled(np.array([significand]), exponent, overflow="saturate")[0]
        sign = random.integers(0, 1 + fmt.signed) if code else 0
        x[place] = int(code) | int(sign) << fmt.width - 1
    entries = getattr(config.weights, "entries", ())
    powers = [code for code, each in enumerate(entries) if each and abs(each).bit_count() == 1]
    if powers:
        tokens["weights"][group].reshape(-1)[places] = random.choice(powers)
    if "scale" in tokens:
        tokens["scale"][group, -1] = 1 << random.integers(0, config.scale_width)
    return x.reshape(shape)


def _add_specials(fmt, x, groups, random):
    """Put one or two infinities or NaNs, where there are any, into some groups."""
    codes = corner_codes(fmt)
    codes = codes[fmt.is_nan(codes) | fmt.is_infinite(codes)]
    if not len(codes):
        return
    infinite = codes[fmt.is_infinite(codes)]
    for group in groups[random.random(len(groups)) < _SPECIAL_GROUPS]:
        for _ in range(random.integers(1, 3)):
            place = tuple(random.integers(0, each) for each in x.shape[1:])
            often = infinite if len(infinite) and random.random() < 0.7 else codes
            x[(group, *place)] = random.choice(often)
