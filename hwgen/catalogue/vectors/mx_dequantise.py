"""Test vectors of ``mx-dequantise``: all elements, all scales, results at the output's ends."""

import numpy as np

from .mx_convert import block_elements, random_fields

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` beats."""
    random = np.random.default_rng(seed)
    block = config.fmt
    elements = block_elements(block.element, config.lanes, max(count, 600), random)
    beats = len(elements)
    scales = random.integers(0, 1 << block.scale.width, beats, dtype=np.uint64)
    scales[:256] = np.arange(256) if block.scale.width == 8 else scales[:256]
    fields = {"elements": elements if config.lanes > 1 else elements[:, 0], "scale": scales}
    if block.tensor_scale is None:
        # results around the least and the greatest number of the output
        edges = [config.out.lsb_exponent, config.out.max_exponent]
        near = np.arange(beats) % 2 == 1
        spread = random.choice(edges, beats) - random.integers(
            block.element.lsb_exponent - 2, block.element.max_exponent + 3, beats
        )
        scales[near] = np.clip(spread + 127, 0, 254)[near]
    else:
        outer = block.tensor_scale
        exponents = random.integers(-149, 128, beats)
        drawn = np.ldexp(1 + random.random(beats), exponents)
        codes = outer.encode(drawn).astype(np.uint64)
        corners = [0, 1, outer.max_code, outer.infinity_code, outer.nan_code, outer.min_code]
        codes[: 8 * len(corners)] = np.tile(corners, 8)
        fields["tensor_scale"] = codes
    return {"i": {**fields, **random_fields(config, beats, random)}}
