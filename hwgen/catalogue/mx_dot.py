"""Catalogue entry of ``mx-dot``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.cores.mx.dot_config import MxDotConfig
from hwgen.golden import mx_dot as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.mx.dot import MxDot

    return MxDot(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_dot.py``."""
    beats = inputs["i"]
    exact = config.out == "exact"
    outputs = golden_model.dot_general(
        **beats,
        format_a=config.fmt_a,
        format_b=config.fmt_b,
        output=None if exact else config.out,
        rounding=config.rounding,
        overflow=config.overflow,
        specials=config.specials,
        max_blocks=config.max_blocks,
        accumulator_width=config.significand_width if config.max_blocks > 1 else None,
        accumulator_step=config.accumulator_step,
    )
    return {"o": _exact_codes(config, outputs) if exact else outputs}


def _exact_codes(config, outputs):
    """Return the exact outputs as the codes on the wires: biased, two's complement."""
    width = config.significand_width
    significand = outputs["significand"]
    if width > 64:
        significand = significand.astype(object) & ((1 << width) - 1)
    else:
        significand = significand.astype(np.int64).astype(np.uint64)
        significand &= np.uint64((1 << width) - 1)
    codes = {name: outputs[name].astype(np.uint64) for name in outputs if name != "significand"}
    codes["significand"] = significand
    codes["exponent"] = (outputs["exponent"] + config.exponent_bias).astype(np.uint64)
    return codes


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
        """Return the corner codes, special ones last."""
        corners = [self.zero, self.largest, self.lowest, self.smallest]
        return np.unique(np.concatenate([np.array(corners, dtype=np.uint64), self.special]))


_SCALE_CORNERS = np.array([0, 1, 126, 127, 128, 253, 254, 255], dtype=np.uint64)


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
    scales = np.full((len(rows_a), 2), 127, dtype=np.uint64)
    scales[::3, 0] = random.integers(120, 135, len(scales[::3]))
    for scale_a in _SCALE_CORNERS:
        for scale_b in _SCALE_CORNERS:
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
    scales = random.integers(0, 255, (count, 2), dtype=np.uint64)
    near = np.arange(count) % 2 == 0
    scales[near] = random.integers(110, 145, (int(near.sum()), 2), dtype=np.uint64)
    return a, b, scales[:, 0], scales[:, 1]


def _vectors(config, count, seed):
    """Return at least ``count`` beats, whole blocks, whole dot products."""
    random = np.random.default_rng(seed)
    beats = config.k // config.lanes
    directed = _directed_blocks(config, random)
    wanted = -(-count // beats)
    extra = max(0, wanted - len(directed[0]), config.max_blocks > 1 and 64)
    parts = zip(directed, _random_blocks(config, int(extra), random), strict=True)
    a, b, scale_a, scale_b = (np.concatenate(pair) for pair in parts)
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


_SEMANTICS = """\
A block arrives as `k / lanes` beats; lane j of beat t is element `t * lanes + j`. Scales, and the
marks `first` and `last` where there is an accumulator, are read with the block's last beat. Every
block, or every block marked `last`, gives one result.

With S the exact sum of the products of a block's elements, in units of `2**(lsb_a + lsb_b)`, and T
the sum of both scale codes, a block is worth `S * 2**(T - 254 + lsb_a + lsb_b)`. `--out exact`
gives S and the biased exponent (the bias is in `interface.json`); a float format gives that value
rounded once. With `--max-blocks` above 1 block sums meet in an accumulator that is aligned to the
largest scale so far; what it may lose is defined to the bit.

With `--specials ieee` a NaN scale, a NaN element, infinity times zero, and infinite products of
both signs make the result NaN; otherwise an infinite product makes it infinite. An exact result is
0 where a flag is set.

The whole definition, with its error bounds: [exactness](../explanation-exactness.md). Where
registers go: [pipelining](../explanation-pipelining.md). Area and speed:
[benchmark](../benchmarks/mx-dot.md)."""

CORE = Core(
    name="mx-dot",
    summary="exact dot product of MX blocks, any element formats, one rounding at the end",
    source="OCP Microscaling Formats (MX) Specification v1.0, sections 6.1 (Dot) and 6.2 "
    "(DotGeneral)",
    config=MxDotConfig,
    component=_component,
    golden=_golden,
    vectors=_vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen build --core mx-dot --fmt fp6 --board ulx3s",
        "hwgen verify --core mx-dot --fmt-a mxfp4 --fmt-b mxfp8-e5m2 --max-blocks 16",
        "hwgen emit --core mx-dot --fmt int8 --out exact --freq 150",
    ),
    shorthands={"fmt": ("fmt_a", "fmt_b")},
)
