"""Test vectors of ``lut-gemm``: products of extremes, then random ones, in tokens of any order."""

import numpy as np

from hwgen.golden.held_tiles import HeldTiles

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` tokens that hold whole products.

    Elements and weights come early, late or together; some are offered where none is taken, and
    hold what must not matter.
    """
    random = np.random.default_rng(seed)
    kinds = _vectors_of_extremes(config, random)
    uses = config.tiles * config.bits * config.rows
    products = max(len(kinds) + 2, -(-count // uses))
    x = np.concatenate([kinds, _elements(config, (products - len(kinds), config.columns), random)])
    shape = (products, config.tiles, config.bits, config.rows)
    weights, alpha, bias = _coefficients(config, shape, random)
    extreme = slice(0, len(kinds))
    _add_extremes(config, weights[extreme], alpha[extreme], bias[extreme])
    fields = {"x": x.reshape(-1), "weights": weights.reshape(-1, config.lanes)}
    fields |= {"alpha": alpha.reshape(-1), "bias": bias.reshape(-1)}
    if not config.bias_width:
        del fields["bias"]
    return {"i": _arranged(config, fields, random)}


def _elements(config, shape, random):
    """Return codes of elements: any, extremes, or small ones, the same kind in a vector."""
    fmt = config.fmt
    anything = random.integers(0, 1 << fmt.width, shape)
    extremes = random.choice([fmt.min_code, fmt.max_code], shape)
    small = random.integers(-1 if fmt.signed else 0, 2, shape) % (1 << fmt.width)
    kind = random.integers(0, 4, (shape[0], 1))
    return np.where(kind == 0, extremes, np.where(kind == 1, small, anything)).astype(np.uint64)


def _vectors_of_extremes(config, random):
    """Return vectors of least and greatest elements, and one with a single element."""
    fmt = config.fmt
    rows = [np.full(config.columns, code) for code in (fmt.min_code, fmt.max_code)]
    single = np.zeros(config.columns, np.int64)
    single[random.integers(config.columns)] = fmt.max_code
    return np.stack([*rows, single]).astype(np.uint64)


def _coefficients(config, shape, random):
    """Return random weights, coefficients and biases; extremes among them."""
    weights = random.integers(0, 2, (*shape, config.lanes))
    equal = random.random(shape) < 0.2
    weights[equal] = weights[equal][:, :1]
    highest = config.largest_alpha
    alpha = random.integers(0, highest, shape, endpoint=True)
    alpha = np.where(random.random(shape) < 0.2, random.choice([0, 1, highest], shape), alpha)
    low, high = config.bias_bounds
    bias = random.integers(low, high, shape, endpoint=True)
    bias = np.where(random.random(shape) < 0.2, random.choice([low, high], shape), bias)
    return weights, alpha, bias % (1 << config.bias_width)


def _add_extremes(config, weights, alpha, bias):
    """Make the weights of two rows in three all equal, with the greatest coefficients.

    Weights and biases are as large as can be in one of them, as small as can be in the next.
    """
    top = 1 << config.bias_width >> 1
    for first, weight, code in ((0, 1, max(top - 1, 0)), (1, 0, top)):
        weights[:, :, :, first::3] = weight
        alpha[:, :, :, first::3] = config.largest_alpha
        bias[:, :, :, first::3] = code


def _arranged(config, fields, random):
    """Return the tokens that hold the elements and the weights in ``fields``."""
    tiles = HeldTiles(config.lanes, config.bits * config.rows)
    elements, uses = len(fields["x"]), len(fields["weights"])
    load, compute = [], []
    loaded = used = 0
    haste = (1.0, 1.0)
    while used < uses:
        if random.random() < 0.02:
            haste = tuple(random.choice([0.2, 0.6, 1.0], 2))
        wants = loaded < elements and random.random() < haste[0]
        uses_weights = random.random() < haste[1]
        loads, computes = tiles.take(wants, uses_weights)
        load.append((wants, loads))
        compute.append((uses_weights, computes))
        loaded, used = loaded + loads, used + computes
    tokens = {}
    for names, marks in ((("x",), load), (("weights", "alpha", "bias"), compute)):
        taken = np.array([each[1] for each in marks])
        for name in names:
            if name in fields:
                tokens[name] = _spread(fields[name], taken, random)
    tokens["load"] = np.array([each[0] for each in load], np.uint64)
    tokens["compute"] = np.array([each[0] for each in compute], np.uint64)
    return tokens


def _spread(values, taken, random):
    """Return a value a token: the next one where it is taken, any elsewhere."""
    spread = values[random.integers(0, len(values), len(taken))]
    spread[taken] = values
    return spread.astype(np.uint64)
