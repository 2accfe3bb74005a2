"""Test vectors of the cores that read blocks: corners of elements and scales, near cancellation."""

import numpy as np

__all__ = ["block_fields", "random_fields", "vectors"]


def _scale_corners(scale):
    """Return codes at the ends of a scale format, around 1, and those that are no numbers."""
    one, sign = int(scale.encode(1.0)), 1 << scale.width - 1
    corners = {0, 1, 2, 3, one - 1, one, one + 1, one + 3, scale.max_code - 1, scale.max_code}
    if scale.signed:
        corners |= {each | sign for each in corners}
    specials = {scale.nan_code, scale.infinity_code, (1 << scale.width) - 1} - {None}
    return sorted(corners | specials)


def _corner_codes(element):
    codes = np.arange(1 << element.width, dtype=np.uint64)
    special = element.is_nan(codes) | element.is_infinite(codes)
    magnitudes = np.abs(element.finite_parts(codes)[0].astype(object))
    order = codes[np.argsort(magnitudes, kind="stable")]
    order = order[~np.isin(order, codes[special])]
    return np.concatenate([order[:6], order[-6:], codes[special]]), order


def block_elements(element, k, count, random):
    """Return element codes, shape (blocks, k): directed blocks, then random ones."""
    corners, plain = _corner_codes(element)
    rows = [np.full(k, code, np.uint64) for code in corners]
    for code in plain if len(plain) <= 256 else plain[:: len(plain) // 256]:
        row = np.full(k, plain[0], np.uint64)
        row[random.integers(k)] = code
        rows.append(row)
    for code in corners:
        row = random.choice(plain, k)
        row[random.integers(k)] = code
        rows.append(row)
    missing = max(count - len(rows), 40)
    drawn = random.choice(plain, (missing, k))
    # blocks of small elements, so that all lanes are subnormal or zero
    few = plain[: max(2, len(plain) // 8)]
    small = np.arange(missing) % 4 == 0
    drawn[small] = random.choice(few, (int(small.sum()), k))
    drawn[random.random((missing, k)) < 0.004] = random.choice(corners)
    return np.concatenate([np.array(rows), drawn])


def block_fields(blocks, names, k, lanes, count, random):
    """Return the fields of block operands: name of elements -> (name of scale, format)."""
    fields = {}
    elements = {
        name: block_elements(block.element, k, count, random)
        for name, block in zip([each[0] for each in names], blocks, strict=True)
    }
    size = max(len(each) for each in elements.values())
    centers = random.random(size)
    for index, ((name, scale_name), block) in enumerate(zip(names, blocks, strict=True)):
        codes = elements[name]
        missing = size - len(codes)
        codes = np.concatenate([codes, random.choice(codes, missing)]) if missing else codes
        if index:
            codes = random.permutation(codes)
        scales = _scales(block.scale, blocks, centers, random)
        fields[name] = codes.reshape(-1, lanes) if lanes > 1 else codes.reshape(-1)
        fields[scale_name] = np.repeat(scales, k // lanes)
    return fields


def _scales(scale, blocks, centers, random):
    """Return scale codes, mostly near those of the other operand: ``centers``, from 0 to 1."""
    # centers lie where all operands reach
    low = max(each.scale.lsb_exponent for each in blocks)
    high = min(each.scale.max_exponent for each in blocks)
    exponents = low + centers * (high - low)
    codes = scale.encode(np.exp2(exponents)).astype(np.int64)
    codes = np.clip(codes + random.integers(-6, 7, len(codes)), 0, scale.max_code)
    if scale.signed:
        codes[random.random(len(codes)) < 0.25] |= 1 << scale.width - 1
    wild = random.random(len(codes)) < 0.25
    codes[wild] = random.choice(_scale_corners(scale), int(wild.sum()))
    return codes.astype(np.uint64)


def random_fields(config, count, random):
    """Return the random bits from outside for ``count`` beats, if the core asks for them."""
    if config.rounding != "stochastic" or config.random_source != "input":
        return {}
    shape = (count, config.lanes) if config.lanes > 1 else (count,)
    return {"random": random.integers(0, 1 << config.random_bits, shape, dtype=np.uint64)}


def vectors(config, count, seed):
    """Return at least ``count`` beats, whole blocks."""
    random = np.random.default_rng(seed)
    fields = block_fields(
        [config.fmt_in],
        [("elements", "scale")],
        config.k,
        config.lanes,
        -(-count * config.lanes // config.k),
        random,
    )
    return {"i": {**fields, **random_fields(config, len(fields["scale"]), random)}}
