"""Test vectors of ``mx-quantise``: ties and limits of the elements, ends of the scale, specials."""

import numpy as np

from hwgen.formats import FloatFormat

from .mx_convert import random_fields

__all__ = ["boundary_values", "scalar_blocks", "vectors"]

_RANDOM_BLOCKS = 60
_TIE_BLOCKS = 120
_SCALE_BLOCKS = 400


def boundary_values(element):
    """Return the element values of both signs, the middles between neighbors, and what is near."""
    codes = np.arange(1 << element.width)
    values = element.decode(codes)
    values = np.unique(np.abs(values[np.isfinite(values)]))
    if len(values) > 600:
        values = np.concatenate([values[:80], values[-80:], values[80:-80:7]])
    middles = (values[1:] + values[:-1]) / 2
    largest = values[-1]
    beyond = largest + np.array([0.25, 0.5, 1.0, 1.5]) * (largest - values[-2])
    exact = np.concatenate([values, middles, beyond])
    near = np.concatenate([exact * (1 - 2.0**-9), exact * (1 + 2.0**-9)])
    magnitudes = np.concatenate([exact, near, [largest * (1 - 2.0**-23)]])
    return np.concatenate([magnitudes, -magnitudes])


def _exponents(number):
    """Return the range of exponents of a scalar format's numbers."""
    return number.lsb_exponent, number.max_exponent


def scalar_blocks(number, element, k, count, random):
    """Return codes of scalars, shape (blocks, k), at least ``count`` blocks."""
    low, high = _exponents(number)
    rows = []
    boundary = boundary_values(element)
    emax = element.max_exponent
    shifts = np.unique(
        np.clip([low, low + 1, -127, -126, 0, high - emax, high - emax - 1], -200, high)
    )
    for shift in shifts:
        picked = random.choice(boundary, k)
        picked[random.integers(k)] = element.max_value
        rows.append(np.ldexp(picked, int(shift)))
    for _ in range(_TIE_BLOCKS):
        picked = random.choice(boundary, k)
        picked[random.integers(k)] = np.ldexp(random.choice([1.0, 1.25, 1.5, 1.999]), emax)
        rows.append(np.ldexp(picked, int(random.integers(low, max(low, high - emax) + 1))))
    rows.append(np.zeros(k))
    rows.append(-np.zeros(k))
    single = np.zeros((min(2 * k, 64), k))
    for index, row in enumerate(single):
        scale = int(random.integers(low, high + 1))
        row[index % k] = np.ldexp(random.choice([1.0, -1.5, 1.99]), scale)
    directed = number.encode(np.concatenate([np.array(rows), single]))
    missing = max(count - len(directed), _RANDOM_BLOCKS)
    top = random.integers(low, high + 1, (missing, 1))
    spread = random.integers(0, 24, (missing, 1))
    exponents = top - random.integers(0, spread + 1, (missing, k))
    magnitudes = np.ldexp(1 + random.random((missing, k)), exponents)
    drawn = number.encode(np.where(random.random((missing, k)) < 0.5, -magnitudes, magnitudes))
    drawn[random.random((missing, k)) < 0.03] = 0
    raw = random.integers(0, 1 << number.width, (missing // 6 + 4, k), dtype=np.uint64)
    blocks = [directed, drawn, raw]
    codes = np.concatenate([each.astype(np.uint64) for each in blocks])
    return np.concatenate([codes, _special_blocks(number, codes, random)])


def _special_blocks(number, codes, random):
    """Return some blocks again with NaNs and infinities, or with all codes extreme."""
    special = [number.max_code, number.min_code, 0, 1, 1 << number.width - 1]
    if number.infinity_code is not None:
        sign = 1 << number.width - 1 if number.signed else 0
        special += [number.infinity_code, number.infinity_code | sign]
    if number.nan_code is not None:
        special += [number.nan_code]
        if isinstance(number, FloatFormat) and number.specials == "ieee":
            special += [number.infinity_code + 1, (1 << number.width) - 1]
    rows = []
    for code in special:
        row = codes[random.integers(len(codes))].copy()
        row[random.integers(len(row))] = code
        rows += [row, np.full(len(row), code, np.uint64)]
    return np.array(rows, dtype=np.uint64)


def _scale_blocks(number, block, count, random):
    """Return codes of blocks whose scale is a float: ties of the scale, and of elements with it."""
    scale, element, k = block.scale, block.element, block.block_size
    codes = np.arange(scale.max_code + 1)
    positive = scale.decode(codes)
    positive = positive[np.isfinite(positive)]
    middles = (positive[1:] + positive[:-1]) / 2
    exact = np.concatenate([positive, middles, positive[-1:] * 1.5, positive[1:2] / 4])
    wanted = random.choice(exact, count) * random.choice(
        [1.0, 1.0, 1 - 2.0**-7, 1 + 2.0**-7], count
    )
    largest = wanted * element.max_value
    shared = scale.decode(scale.encode(wanted))
    rows = random.choice(boundary_values(element), (count, k)) * shared[:, None]
    rows = np.clip(rows, -largest[:, None], largest[:, None])
    rows[np.arange(count), random.integers(0, k, count)] = largest * random.choice([-1, 1], count)
    return number.encode(rows).astype(np.uint64)


def _in_units(number, unit, blocks, random):
    """Return (tensor scale codes, codes of blocks times their tensor scale, where they can be).

    Half of the scales have few bits, so that products are exact and ties stay ties.
    """
    count = len(blocks)
    exponents = np.where(
        random.random(count) < 0.8,
        random.integers(-8, 9, count),
        random.integers(unit.lsb_exponent, unit.max_exponent + 1, count),
    )
    significands = 1 + random.random(count)
    few = random.random(count) < 0.5
    significands[few] = random.choice([1.0, 1.0, 1.5, 1.25], int(few.sum()))
    codes = unit.encode(np.ldexp(significands, exponents)).astype(np.uint64)
    values = number.decode(blocks)
    with np.errstate(over="ignore"):
        moved = number.encode(values * unit.decode(codes)[:, None]).astype(np.uint64)
    blocks = np.where(np.isfinite(values), moved, blocks)
    odd = random.random(count) < 0.06
    corners = [0, 1, unit.max_code, unit.infinity_code, unit.nan_code, unit.min_code]
    codes[odd] = random.choice(corners, int(odd.sum()))
    return codes, blocks


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole blocks."""
    random = np.random.default_rng(seed)
    beats = config.k // config.lanes
    wanted = -(-count // beats)
    blocks = scalar_blocks(config.fmt_in, config.fmt.element, config.k, wanted, random)
    if isinstance(config.fmt.scale, FloatFormat):
        near = _scale_blocks(config.fmt_in, config.fmt, max(_SCALE_BLOCKS, wanted // 2), random)
        blocks = np.concatenate([near, blocks])
    fields = {}
    if config.tensor_scale == "input":
        units, blocks = _in_units(config.fmt_in, config.fmt.tensor_scale, blocks, random)
        fields["tensor_scale"] = np.repeat(units, beats)
    values = blocks.reshape(-1, config.lanes)
    fields["values"] = values if config.lanes > 1 else values[:, 0]
    return {"i": {**fields, **random_fields(config, len(values), random)}}
