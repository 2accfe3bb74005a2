"""Test vectors of ``bitserial-matmul``: products of extremes, then of any shapes and widths."""

import numpy as np

from hwgen.formats.bit_planes import words_of_bits

__all__ = ["vectors"]

INTEGERS, BIPOLAR, MIXED = range(3)
# a tile of a random product takes at most so many clock cycles, or one in twenty any number
_FEW_CYCLES = 128
# however few tokens are asked for
_RANDOM_PRODUCTS = 32
_DENSITIES = (0.0, 0.1, 0.5, 0.5, 0.9, 1.0)


def vectors(config, count, seed):
    """Return at least ``count`` tokens that hold whole products.

    Between the products there are tokens of none, and the last product, whose tiles take longest,
    comes when all before it is done.
    """
    random = np.random.default_rng(seed)
    fields = {each.name for each in config.input_fields}
    directed = list(_extremes(config))
    products = [_product(config, random, **each) for each in directed]
    longest = _product(config, random, **_longest(config))
    tokens = sum(map(len, (data for _, data in products)))
    while tokens < count or len(products) < len(directed) + _RANDOM_PRODUCTS:
        products.append(_product(config, random, **_any(config, random)))
        tokens += len(products[-1][1])
    slowest = max(_cycles(facts) for facts, _ in products)
    columns = {name: [] for name in fields}
    for facts, data in products:
        _append(columns, config, random, facts, data)
        if random.random() < 0.3:
            _append(columns, config, random, None, _noise(config, random, random.integers(1, 4)))
    # by then two tiles are done, and their results have left
    _append(
        columns, config, random, None, _noise(config, random, 2 * slowest + 8 * config.rows + 99)
    )
    _append(columns, config, random, *longest)
    return {"i": {name: np.concatenate(parts) for name, parts in columns.items()}}


def _modes(config):
    names = {"integers": INTEGERS, "bipolar": BIPOLAR, "mixed": MIXED}
    return [code for name, code in names.items() if config.multiplies(name)]


def _cycles(facts):
    """Return how many clock cycles a tile of a product takes."""
    return (facts["bits_left"] + 1) * (facts["bits_right"] + 1) * (facts["k_words"] + 1)


def _longest(config):
    bits = config.longest_bits
    return {"bits": (bits, bits), "k_words": config.buffer // bits, "density": (1.0, 1.0)}


def _extremes(config):
    """Return the options of products of only ones, and of only highest bits, in every mode."""
    most = config.max_bits
    for mode in _modes(config):
        for bits in ((most, most), (1, most), (most, 1), (min(2, most), min(3, most))):
            words = max(1, min(config.buffer // max(bits), _FEW_CYCLES // (bits[0] * bits[1])))
            for density in ((1.0, 1.0), (0.0, 1.0), (0.5, 0.5)):
                yield {"mode": mode, "bits": bits, "k_words": words, "density": density}
            top = {"mode": mode, "bits": bits, "k_words": 1, "density": (0.5, 0.5)}
            for signed in ((1, 1), (0, 1), (1, 0)):
                yield {**top, "signed": signed, "tops": True, "tiles": (2, 2)}


def _any(config, random):
    """Return the options of a product of any mode, shape and widths."""
    bits = [int(each) for each in random.integers(1, config.max_bits, 2, endpoint=True)]
    if random.random() < 0.4:
        bits = [min(each, int(random.integers(1, 3))) for each in bits]
    most = config.buffer // max(bits)
    if random.random() < 0.95:
        most = max(1, min(most, _FEW_CYCLES // (bits[0] * bits[1])))
    tiles = tuple(int(each) for each in random.integers(1, 4, 2))
    if random.random() < 0.1:
        tiles = (int(random.integers(1, 12)), 1)
    return {
        "mode": int(random.choice(_modes(config))),
        "bits": tuple(bits),
        "k_words": int(random.integers(1, most, endpoint=True)),
        "signed": tuple(int(each) for each in random.integers(0, 2, 2)),
        "padding": int(random.integers(0, config.k)) if random.random() < 0.5 else 0,
        "tiles": tiles,
        "density": tuple(random.choice(_DENSITIES, 2)),
    }


def _product(
    config,
    random,
    *,
    bits,
    k_words,
    density,
    mode=None,
    signed=(0, 0),
    padding=0,
    tiles=(1, 1),
    tops=False,
):
    """Return (facts, words of every token) of a product; ``tops``: ones in highest planes only."""
    facts = {
        **{"row_tiles": tiles[0] - 1, "column_tiles": tiles[1] - 1, "k_words": k_words - 1},
        **{"bits_left": bits[0] - 1, "bits_right": bits[1] - 1},
        **{"signed_left": signed[0], "signed_right": signed[1]},
        **{"mode": _modes(config)[0] if mode is None else mode, "padding": padding},
    }
    parts = []
    for side, count in (*((1, 1), (0, tiles[0])) * tiles[1],):
        rows = (config.rows, config.columns)[side] // config.words
        shape = (count * rows, bits[side], k_words, config.words, config.k)
        ones = random.random(shape, np.float32) < density[side]
        if tops:
            ones[:] = False
            ones[:, -1] = True
        if facts["mode"] == BIPOLAR and padding:
            ones[:, :, -1, :, config.k - padding :] = False
        parts.append(words_of_bits(ones.reshape(-1, config.words, config.k)))
    return facts, np.concatenate(parts)


def _noise(config, random, count):
    """Return words that belong to nothing."""
    some = words_of_bits(random.integers(0, 2, (16, config.words, config.k)))
    return some[random.integers(0, len(some), count)]


def _append(columns, config, random, facts, data):
    """Add the tokens of a product, or of none, to lists of arrays by field.

    Fields that mean nothing in a token hold anything.
    """
    begins = facts is not None
    if begins:
        data = np.concatenate([_noise(config, random, 1), data])
    starts = random.integers(0, 2, len(data)) if begins else np.zeros(len(data), int)
    if begins:
        starts[0] = 1
    for each in config.input_fields:
        if each.name == "data":
            values = data if config.k > 64 else data.astype(np.uint64)
            columns["data"].append(values if config.words > 1 else values[:, 0])
            continue
        if each.name == "start":
            columns["start"].append(starts.astype(np.uint64))
            continue
        values = random.integers(0, 1 << each.width, len(data), dtype=np.uint64)
        if begins:
            values[0] = facts[each.name]
        columns[each.name].append(values)
