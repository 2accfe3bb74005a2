"""Test vectors of ``mx-dot``: corners of the elements, of the scales and of the output format."""

import numpy as np

from hwgen.formats import FloatFormat

__all__ = ["vectors"]


# most special codes that are tried in pairs
_SPECIAL_CODES = 8


class _Corners:
    """Codes of one element format that deserve a directed test."""

    def __init__(self, element, specials):
        codes = np.arange(1 << element.width, dtype=np.uint64)
        self.special = codes[element.is_nan(codes) | element.is_infinite(codes)]
        plain = codes[~np.isin(codes, self.special)] if specials == "ieee" else codes
        values, _ = element.finite_parts(plain)
        magnitudes = np.abs(values)
        nonzero = plain[magnitudes > 0]
        self.zero = plain[np.argmin(magnitudes)]
        self.largest = plain[np.argmax(values)]
        self.lowest = plain[np.argmin(values)]
        self.smallest = nonzero[np.argmin(magnitudes[magnitudes > 0])]
        self.plain = plain

    def corner_codes(self):
        """Return the corner codes, special ones last; of a wide format some of the special ones."""
        corners = [self.zero, self.largest, self.lowest, self.smallest]
        special = self.special
        if len(special) > _SPECIAL_CODES:
            # the first one of each sign is an infinity, where there are any
            special = special[np.arange(_SPECIAL_CODES) * len(special) // _SPECIAL_CODES]
        return np.unique(np.concatenate([np.array(corners, dtype=np.uint64), special]))


# blocks of two products: so many at least, and one in so many of the blocks asked for
_TWO_POWER_BLOCKS = 300
_TWO_POWER_SHARE = 6
_RANDOM_BLOCKS = 100


def _one(scale):
    """Return the code of a scale of 1."""
    return int(scale.encode(1.0))


def _scale_corners(scale):
    if not isinstance(scale, FloatFormat):
        return [0, 1, 126, 127, 128, 253, 254, 255]
    normal = 1 << scale.significand_bits
    codes = [0, 1, normal - 1, normal, _one(scale) + 1, scale.max_code]
    codes += [] if scale.nan_code is None else [scale.nan_code]
    if scale.signed and scale.specials != "fnuz":
        codes += [code | 1 << scale.width - 1 for code in codes[:3]]
    return codes


def _scales_near_one(config, reach, shape, random):
    """Return scale codes of both operands, shape (*shape, 2)."""
    scales = [each.scale for each in (config.fmt_a, config.fmt_b)]
    limits = [
        (max(0, _one(each) - reach), min(1 << each.width, _one(each) + reach)) for each in scales
    ]
    return np.stack([random.integers(*each, shape) for each in limits], axis=-1).astype(np.uint64)


def _any_scales(config, count, random):
    """Return any scale codes of both operands but the power-of-two NaN, shape (count, 2)."""
    limits = [
        (1 << each.scale.width) - (not isinstance(each.scale, FloatFormat))
        for each in (config.fmt_a, config.fmt_b)
    ]
    return random.integers(0, limits, (count, 2), dtype=np.uint64)


def _directed_blocks(config, random):
    """Return (a, b, scale_a, scale_b) of directed blocks, one row a block."""
    corners = [_Corners(each.element, config.specials) for each in (config.fmt_a, config.fmt_b)]
    a, b = corners
    k = config.k
    rows_a, rows_b = [], []

    def row(code_a, code_b):
        rows_a.append(np.broadcast_to(code_a, k).astype(np.uint64))
        rows_b.append(np.broadcast_to(code_b, k).astype(np.uint64))

    for code_a in a.corner_codes():
        for code_b in b.corner_codes():
            row(code_a, code_b)
    for lane in range(k):
        one = np.full(k, a.zero, dtype=np.uint64)
        one[lane] = a.lowest
        row(one, b.largest)
        row(random.choice(a.plain, k), np.where(np.arange(k) == lane, b.smallest, b.zero))
    alternating = np.arange(k) % 2 == 0
    row(np.where(alternating, a.largest, a.lowest), b.largest)
    row(np.where(alternating, a.largest, a.smallest), np.where(alternating, b.lowest, b.smallest))
    for special_a in a.special[:4]:
        for lane in random.integers(0, k, 2):
            one = random.choice(a.plain, k)
            one[lane] = special_a
            row(one, random.choice(b.plain, k))
    for special_b in b.special[:4]:
        one = random.choice(b.plain, k)
        one[random.integers(0, k)] = special_b
        row(random.choice(a.plain, k), one)
    formats = (config.fmt_a.scale, config.fmt_b.scale)
    scales = np.tile(np.array([_one(each) for each in formats], np.uint64), (len(rows_a), 1))
    scales[::3] = _scales_near_one(config, 7, len(scales[::3]), random)
    for scale_a in _scale_corners(formats[0]):
        for scale_b in _scale_corners(formats[1]):
            row(random.choice(a.plain, k), random.choice(b.plain, k))
            scales = np.vstack([scales, np.array([[scale_a, scale_b]], dtype=np.uint64)])
    return np.array(rows_a), np.array(rows_b), scales[:, 0], scales[:, 1]


def _random_blocks(config, count, random):
    """Return random blocks: half any code at all, half sparse with scales that nearly cancel."""
    k = config.k
    elements = (config.fmt_a.element, config.fmt_b.element)
    a, b = (random.integers(0, 1 << each.width, (count, k), dtype=np.uint64) for each in elements)
    plain = [_Corners(each, config.specials).plain for each in elements]
    tame = np.arange(count) % 4 != 0
    for codes, finite in zip((a, b), plain, strict=True):
        codes[tame] = finite[codes[tame] % np.uint64(len(finite))]
    scales = _any_scales(config, count, random)
    near = np.arange(count) % 2 == 0
    scales[near] = _scales_near_one(config, 17, int(near.sum()), random)
    if config.out != "exact":
        edge = np.arange(count) % 4 == 1
        scales[edge] = _edge_scales(config, int(edge.sum()), random)
    return a, b, scales[:, 0], scales[:, 1]


def _edge_scales(config, count, random):
    """Return scales whose results lie where the output format ends, shape (count, 2).

    That is, from far below its subnormal numbers to above them, and around its largest number,
    where rounding has special cases that scales drawn at random seldom meet. Float scales, which
    reach less far, are drawn at random.
    """
    if any(isinstance(each.scale, FloatFormat) for each in (config.fmt_a, config.fmt_b)):
        return _any_scales(config, count, random)
    least = config.fmt_a.element.lsb_exponent + config.fmt_b.element.lsb_exponent
    bits, out = config.block_sum_shape.width, config.out
    reach = out.significand_bits + 6
    low = np.arange(out.lsb_exponent - bits - reach, out.lsb_exponent + reach)
    high = np.arange(out.max_exponent - bits - 2, out.max_exponent + 3)
    sums = np.concatenate([low, low, high]) + 254 - least
    sums = sums[(sums >= 0) & (sums <= 508)]
    if not len(sums):
        return _any_scales(config, count, random)
    total = random.choice(sums, count)
    scale_a = random.integers(np.maximum(0, total - 254), np.minimum(254, total) + 1)
    return np.stack([scale_a, total - scale_a], axis=1).astype(np.uint64)


def _two_power_blocks(config, count, random):
    """Return blocks whose sum is that of two products, each a power of two: ties, or nearly."""
    lanes = random.integers(0, config.k, (count, 2))
    operands = []
    for element in (config.fmt_a.element, config.fmt_b.element):
        codes = np.arange(1 << element.width, dtype=np.uint64)
        magnitudes = np.abs(element.finite_parts(codes)[0])
        usual = ~(element.is_nan(codes) | element.is_infinite(codes))
        powers = codes[usual & (magnitudes > 0) & (magnitudes & (magnitudes - 1) == 0)]
        operand = np.full((count, config.k), codes[np.argmin(magnitudes)])
        np.put_along_axis(operand, lanes, random.choice(powers, lanes.shape), axis=1)
        operands.append(operand)
    scales = _edge_scales(config, count, random)
    return *operands, scales[:, 0], scales[:, 1]


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole blocks, whole dot products."""
    random = np.random.default_rng(seed)
    beats = config.k // config.lanes
    parts = [_directed_blocks(config, random)]
    if config.out != "exact":
        sparse = max(_TWO_POWER_BLOCKS, count // beats // _TWO_POWER_SHARE)
        parts.append(_two_power_blocks(config, sparse, random))
    missing = -(-count // beats) - sum(len(part[0]) for part in parts)
    parts.append(_random_blocks(config, max(missing, _RANDOM_BLOCKS), random))
    a, b, scale_a, scale_b = (np.concatenate(each) for each in zip(*parts, strict=True))
    fields = {
        "a": a.reshape(-1, config.lanes),
        "b": b.reshape(-1, config.lanes),
        "scale_a": np.repeat(scale_a, beats),
        "scale_b": np.repeat(scale_b, beats),
    }
    if config.lanes == 1:
        fields |= {name: fields[name][:, 0] for name in "ab"}
    if config.max_blocks > 1:
        first, last = _block_marks(config, len(a), random)
        fields |= {"first": np.repeat(first, beats), "last": np.repeat(last, beats)}
    return {"i": fields}


def _block_marks(config, blocks, random):
    """Return the first and last marks of dot products of 1 to ``max_blocks`` blocks."""
    first, last = np.zeros((2, blocks), dtype=np.uint64)
    position = 0
    while position < blocks:
        longest = min(config.max_blocks, 16 if random.integers(8) else 64)
        length = min(int(random.integers(1, longest + 1)), blocks - position)
        first[position] = 1
        last[position + length - 1] = 1
        position += length
    return first, last
