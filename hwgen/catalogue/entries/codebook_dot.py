"""Catalogue entry of ``codebook-dot``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import codebook_dot as test_vectors
from hwgen.cores.codebook.dot_config import CodebookDotConfig
from hwgen.golden.codebook_dot import codebook_dot, weight_integers
from hwgen.golden.codebook_float_dot import codebook_float_dot

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.codebook.dot import CodebookDot

    return CodebookDot(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/codebook_*.py``."""
    tokens = {name: np.asarray(each) for name, each in inputs["i"].items()}
    count = len(tokens["weights"])
    codes = tokens["x"].reshape(count, -1)
    integers = weight_integers(
        tokens["weights"].reshape(count, -1),
        config.weights,
        tokens.get("selector"),
        tokens.get("zero"),
    )
    marks = {name: tokens.get(name) for name in ("scale", "first", "last")}
    width, exact = config.sum_shape.width, config.out == "exact"
    if config.floats or not exact:
        fields = codebook_float_dot(
            codes,
            config.fmt,
            integers,
            config.weights.lsb_exponent,
            config.beats,
            **marks,
            out=width if exact else config.out,
            rounding=config.rounding,
        )
    else:
        x, _ = config.fmt.finite_parts(codes)
        fields = {"sum": codebook_dot(x, integers, config.beats, **marks) & (1 << width) - 1}
    return {"o": {name: _codes(each, width) for name, each in fields.items()}}


def _codes(values, width):
    return values if values.dtype == object and width > 64 else values.astype(np.uint64)


_SEMANTICS = """\
For every row, `sum over groups of scale * (sum over the group of (w - zero) * x)`, exactly: x are
`lanes` elements a token, w the integers that the codes stand for, in the codebook's order
(`hwgen.formats.codebook`), and zero is a group's zero point, there with `zero_points` only. The sum
has the narrowest format that holds every row of `max_groups` groups, in units of the lowest bits of
`fmt` and of the codebook; a longer row is right modulo that width. With `out` `exact` nothing is
rounded: the one float scale of a row (times a power of two, the codebook's unit) multiplies the
sum, and is left to whoever takes it. With a float format the exact sum of a row, of `max_groups`
groups at most, is rounded once, by `rounding`: subnormal results are kept, an exact zero is +0, and
what rounds to zero keeps its sign.

**Floats.** `fmt` may be a float format of which every number is a whole multiple of the smallest
one, below 2^48 times that: `fp16`, `e5m2`, `e4m3`. Products and sums of such elements are as exact
as those of integers, subnormal numbers and all that cancels included. A product is NaN if its
element is, or for an infinity times 0; else it is infinite if its element is. A group with an
infinite product and a scale of 0 is NaN. A row is NaN if a product or a group of it is, or if
infinities of both signs meet; else it is infinite if a product is. The flags `nan`, `inf_positive`
and `inf_negative` say so beside an exact sum, which is then 0. A float result is NaN or the
infinity itself; it is an infinity, too, where it is beyond the largest number (a format without
infinities has NaN, one without NaN its largest number). There are no zero points.

**Weights.** `weights` is a codebook: `bitmod-fp3`, `bitmod-fp4` and `razer4`, whose groups choose a
special value; `flint4`, `pot4`, `nf4`, `ternary`; `bipolarN`, `intN`, `uintN` and floats such as
`e2m1`; or `olive4`, pairs of which one may be an outlier, lanes 2i and 2i + 1. Weights of
`group-CODEBOOK[-zero]-uint8/G` (`hwgen quantize --scale uint8`) are such rows: unsigned scales of 8
bits, and one fp32 scale a row. With scales in a float format, a group is a row (`max_groups` 1) and
has no scale here (`scale_width` 0).

**Tokens.** A group is `group / lanes` tokens. Each has its own codes, elements, `selector` (a
special value of the codebook, by its place; one beyond them leaves the code what it is in the
table) and `zero`, so these are repeated with all tokens of a group. `scale`, `first` and `last` are
read with a group's last token and ignored in others: `first` marks a row's first group and
forgets all before it, `last` its last one, with which the sum leaves. A row that ends within a
group is filled with x = 0, in `olive4` with code 0 as well.

**Architectures.** Both give the same integers.

- `multiply`: a table makes magnitude and sign of every code (codes that are two's complement, or
  nearly, need none), a multiplier the product; its sign is applied by the adder tree. Integers
  that are powers of two are shifts. One token a clock cycle. `dsp` is about the lanes' products,
  then that of the scale.
- `serial`: every integer is a sum of signed powers of two, as few as possible for the codebook (1
  for `pot4`, 2 for 3 and 4 bits, 3 for 5 and 6, 4 for 8 and `nf4`), and a token takes as many clock
  cycles: in each, a lane shifts its element, with a sign for the adder tree. Which powers belong to
  which cycle is chosen so that lanes shift over few places; what a cycle's terms have in common is
  applied once, to their sum. No hard multiplier is used. The token waits at the input; `ready`
  comes with its last cycle.

With floats a weight is `+-odd * 2^k`. The element's significand is multiplied by the odd number, a
short sum of powers of two; k is added to the exponent, and a shifter puts the product at its place
in the sum. No hard multiplier is used for that. `serial` takes as many clock cycles a token as it
does with integers, but not a term of every weight in each: a part of the lanes with whole weights,
so that there are fewer shifters, and `lanes` is a multiple of the cycles.

The scale is multiplied a bit a clock cycle into the row's sum, under the next group's tokens, where
a group has as many cycles as the scale has bits and no hard multiplier takes the product (the group
sum of 128 weights is too wide for one on ECP5); else by a multiplier. The zero point is multiplied
by the sum of a token's elements, once for all lanes.

Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="codebook-dot",
    summary="exact dot product of codebook weights (BitMoD, flint, NF4, integers) and integers or "
    "floats",
    source="Y. Chen et al., BitMoD: Bit-serial Mixture-of-Datatype LLM Acceleration, HPCA 2025, "
    "section 4",
    config=CodebookDotConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core codebook-dot --group 32 --freq 150",
        "hwgen build --core codebook-dot --weights nf4 --lanes 16 --board ulx3s --freq 100",
        "hwgen emit --core codebook-dot --weights bitmod-fp3 --architecture serial --freq 150",
        "hwgen verify --core codebook-dot --fmt fp16 --out fp16 --architecture serial --freq 150",
    ),
)
