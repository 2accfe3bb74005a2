"""Operands for ``mx-dot`` beyond the catalogue's: exhaustive sets and edges of the output."""

import numpy as np

__all__ = ["all_element_pairs", "all_scale_pairs", "edge_scales", "joined", "two_powers"]

_ONE = 127  # the scale code of 1.0


def all_element_pairs(config, lane):
    """Return every pair of element codes in one lane, all other lanes zero, scales 1."""
    width_a, width_b = config.fmt_a.element.width, config.fmt_b.element.width
    codes = np.arange(1 << width_a + width_b, dtype=np.uint64)
    a, b = np.zeros((2, len(codes), config.lanes), np.uint64)
    a[:, lane] = codes & np.uint64((1 << width_a) - 1)
    b[:, lane] = codes >> np.uint64(width_a)
    return _blocks(config, a, b, np.full((2, len(codes)), _ONE, np.uint64))


def all_scale_pairs(config, seed=0):
    """Return every pair of scale codes, each with random elements."""
    random = np.random.default_rng(seed)
    codes = np.arange(1 << 16, dtype=np.uint64)
    elements = (config.fmt_a.element, config.fmt_b.element)
    a, b = (
        random.integers(0, 1 << each.width, (len(codes), config.lanes), dtype=np.uint64)
        for each in elements
    )
    return _blocks(config, a, b, np.stack([codes & np.uint64(255), codes >> np.uint64(8)]))


def edge_scales(config, values, seed=0):
    """Return operands with new scales, whose results lie where the output format ends.

    That is, from far below its subnormal numbers to above them, and around its largest number,
    where rounding has special cases that scales drawn at random seldom meet.
    """
    random = np.random.default_rng(seed)
    fields = dict(values["i"])
    count = len(fields["scale_a"])
    least = config.fmt_a.element.lsb_exponent + config.fmt_b.element.lsb_exponent
    bits = config.significand_width
    smallest = config.out.lsb_exponent
    largest = int(np.log2(config.out.max_value))
    reach = config.out.significand_bits + 6
    low = np.arange(smallest - bits - reach, smallest + reach)
    high = np.arange(largest - bits - 2, largest + 3)
    sums = np.concatenate([low, low, high]) + 254 - least
    sums = sums[(sums >= 0) & (sums <= 508)]
    total = random.choice(sums, count)
    scale_a = random.integers(np.maximum(0, total - 254), np.minimum(254, total) + 1)
    fields["scale_a"] = scale_a.astype(np.uint64)
    fields["scale_b"] = (total - scale_a).astype(np.uint64)
    return {"i": fields}


def two_powers(config, count, seed=0):
    """Return dots whose sum is that of two products, each a power of two: ties, or all but ties."""
    random = np.random.default_rng(seed)
    operands = []
    lanes = np.argsort(random.random((count, config.lanes)), axis=1)[:, :2]
    for element in (config.fmt_a.element, config.fmt_b.element):
        codes = np.arange(1 << element.width, dtype=np.uint64)
        magnitudes = np.abs(element.finite_parts(codes)[0])
        usual = ~(element.is_nan(codes) | element.is_infinite(codes))
        powers = codes[usual & (magnitudes > 0) & (magnitudes & (magnitudes - 1) == 0)]
        operand = np.full((count, config.lanes), codes[np.argmin(magnitudes)])
        np.put_along_axis(operand, lanes, random.choice(powers, lanes.shape), axis=1)
        operands.append(operand)
    return _blocks(config, *operands, np.full((2, count), _ONE, np.uint64))


def joined(*parts):
    """Return several operand sets one after the other."""
    names = parts[0]["i"]
    return {"i": {name: np.concatenate([part["i"][name] for part in parts]) for name in names}}


def _blocks(config, a, b, scales):
    if config.lanes == 1:
        a, b = a[:, 0], b[:, 0]
    fields = {"a": a, "b": b, "scale_a": scales[0], "scale_b": scales[1]}
    if config.max_blocks > 1:
        ones = np.ones(len(a), np.uint64)
        fields |= {"first": ones, "last": ones}
    return {"i": fields}
