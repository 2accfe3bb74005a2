"""Test vectors of ``codebook-dot``: rows of extremes, every code and selector, then random ones."""

import numpy as np

from hwgen.golden.codebook_dot import weight_integers

from .codebook_floats import float_elements

__all__ = ["vectors"]

_LONGEST_DIRECTED = 1 << 13
_KINDS = 8


def vectors(config, count, seed):
    """Return at least ``count`` tokens that hold whole rows.

    What is read with the last token of a group only is anything in the others.
    """
    random = np.random.default_rng(seed)
    lengths = _row_lengths(config, count, random)
    groups = sum(lengths)
    shape = (groups, config.beats)
    kind = np.concatenate(
        [
            np.full(n, at % _KINDS if at < 2 * _KINDS else random.integers(_KINDS))
            for at, n in enumerate(lengths)
        ]
    )
    tokens = _weights(config, kind, shape, random)
    if not config.floats:
        tokens["x"] = _elements(config, kind, tokens, shape, random)
    if config.scale_width:
        tokens["scale"] = _scales(config, kind, shape, random)
    if config.floats:
        tokens["x"] = float_elements(config, kind, tokens, shape, random)
    if config.max_groups > 1:
        ends = np.cumsum(lengths) - 1
        tokens |= _marks(shape, ends, random)
    flat = {name: each.reshape(groups * config.beats, -1) for name, each in tokens.items()}
    return {
        "i": {
            name: (each[:, 0] if each.shape[1] == 1 else each).astype(np.uint64)
            for name, each in flat.items()
        }
    }


def _row_lengths(config, count, random):
    """Return groups of every row: short rows, and long ones of each directed kind if they fit."""
    most = config.max_groups
    longest = max(1, min(most, _LONGEST_DIRECTED // (4 * config.beats)))
    lengths = [longest if at < 4 else int(random.integers(1, min(most, 3) + 1)) for at in range(16)]
    while sum(lengths) * config.beats < count:
        lengths.append(int(random.integers(1, min(most, 6) + 1)))
    return lengths


def _weights(config, kind, shape, random):
    """Return codes, selectors and zero points: of kinds 0 to 3 those of extreme integers."""
    weights, lanes = config.weights, config.lanes
    count = 1 << weights.width
    codes = random.integers(0, count, (*shape, lanes))
    few = random.random((*shape, lanes)) < 0.1
    codes = np.where((kind == 6)[:, None, None] & ~few, _code_of(config, 0), codes)
    tokens = {}
    if weights.selector_width:
        selectors = random.integers(0, 1 << weights.selector_width, (shape[0], 1))
        # kind 7: selectors that change with every token, and many special codes
        any_selector = random.integers(0, 1 << weights.selector_width, shape)
        tokens["selector"] = np.where((kind == 7)[:, None], any_selector, selectors)
        special = random.random((*shape, lanes)) < 0.6
        chosen = (kind == 7)[:, None, None] & special
        codes = np.where(chosen, weights.special_code, codes)
    if config.zero_points:
        zero = random.integers(0, count, (shape[0], 1))
        zero = np.where((kind == 5)[:, None], random.integers(0, count, shape), zero)
        tokens["zero"] = np.broadcast_to(zero, shape).copy()
    for number, (code, selector) in enumerate(_extreme_codes(config)):
        for each in (number, number + 2):
            here = kind == each
            codes[here] = np.resize(code, lanes)
            if "selector" in tokens:
                tokens["selector"][here] = selector
            if "zero" in tokens:
                # the least integer less the greatest zero point, and the other way round
                tokens["zero"][here] = 0 if number else count - 1
    return {"weights": codes, **tokens}


def _extreme_codes(config):
    """Return (codes of one or two lanes, selector) of the least and of the greatest integer."""
    weights = config.weights
    count = 1 << weights.width
    if config.paired:
        mark = weights.victim_code
        options = [([code], 0) for code in range(count)]
        options += [([code, mark], 0) for code in range(count) if code != mark]
        value = [weights.significands(np.resize(code, 2)).sum() for code, _ in options]
        return [options[int(np.argmin(value))], options[int(np.argmax(value))]]
    selectors = np.arange(1 << weights.selector_width)
    codes = np.broadcast_to(np.arange(count), (len(selectors), count))
    integers = weight_integers(codes, weights, selectors if weights.specials else None)
    found = [
        np.unravel_index(each, integers.shape) for each in (integers.argmin(), integers.argmax())
    ]
    return [([int(code)], int(selector)) for selector, code in found]


def _code_of(config, integer):
    """Return a code that stands for an integer, or the lowest one."""
    entries = getattr(config.weights, "entries", (0,))
    return entries.index(integer) if integer in entries else 0


def _elements(config, kind, tokens, shape, random):
    """Return codes of elements: extremes, small ones, any, one in a token."""
    fmt, lanes = config.fmt, config.lanes
    least, greatest = fmt.min_code, fmt.max_code
    x = random.integers(0, 1 << fmt.width, (*shape, lanes))
    kind = kind[:, None, None]
    x = np.where(kind < 2, least, np.where(kind < 4, greatest, x))
    small = random.integers(-1 if fmt.signed else 0, 2, x.shape) % (1 << fmt.width)
    x = np.where(kind == 4, small, x)
    alone = np.arange(lanes) == random.integers(0, lanes, (*shape, 1))
    return np.where((kind == 5) & ~alone, 0, x)


def _scales(config, kind, shape, random):
    """Return scales: the greatest with extremes, else any; 0 and 1 and powers of two often."""
    highest = (1 << config.scale_width) - 1
    scale = random.integers(0, highest + 1, shape)
    power = 1 << random.integers(0, config.scale_width, shape)
    scale = np.where(random.random(shape) < 0.3, power, scale)
    scale = np.where(random.random(shape) < 0.1, 0, scale)
    scale[kind < 4, -1] = highest
    return scale


def _marks(shape, ends, random):
    """Return the marks of rows; in tokens that are not the last of a group they are anything."""
    first, last = random.integers(0, 2, (2, *shape))
    first[:, -1] = last[:, -1] = 0
    last[ends, -1] = 1
    first[np.concatenate([[0], ends[:-1] + 1]), -1] = 1
    return {"first": first, "last": last}
