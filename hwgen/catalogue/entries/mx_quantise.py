"""Catalogue entry of ``mx-quantise``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import mx_quantise as test_vectors
from hwgen.cores.mx.quantise_config import MxQuantiseConfig
from hwgen.golden.lfsr import random_words
from hwgen.golden.mx_quantise import quantise

__all__ = ["CORE", "random_numbers"]


def _component(config):
    from hwgen.cores.mx.quantise import MxQuantise

    return MxQuantise(config)


def random_numbers(config, beats, count):
    """Return the random number of each element of ``count`` beats, or None where there are none."""
    if config.rounding != "stochastic":
        return None
    if config.random_source == "input":
        return np.asarray(beats["random"]).astype(f"uint{config.random_bits}")
    lanes = [
        random_words(config.random_bits, count, config.random_seed, lane)
        for lane in range(config.lanes)
    ]
    return np.stack(lanes, axis=1)


def _golden(config, inputs):
    """Return the outputs for a sequence of beats; see ``hwgen/golden/mx_quantise.py``."""
    beats = inputs["i"]
    return {
        "o": quantise(
            beats["values"],
            beats.get("tensor_scale"),
            number=config.fmt_in,
            block=config.fmt,
            input_subnormals=config.input_subnormals,
            random=random_numbers(config, beats, len(beats["values"])),
        )
    }


_SEMANTICS = """\
A block arrives as `k / lanes` beats; lane j of beat t is value `t * lanes + j`. Its elements go out
in as many beats, each with the block's scale. With `lanes` below `k` the first of them follows the
last beat of the block, while the next block may already come in: the core takes and gives a beat
in every clock.

The shared exponent is `floor(log2(largest magnitude)) - emax` of the element format, kept within
0 to 254 as a scale code; each value divided by the scale is rounded once, exactly, and saturates.
What the standard leaves open, or others do differently, are options, the defaults first:

| option | meaning |
|---|---|
| `scale_rule` | `floor`: the rule above. `ceil`: rounded up instead. `even`: as floor, after \
rounding the largest magnitude to the precision of the element. `fit`: the least scale with which \
the largest magnitude is not beyond the largest element |
| `nan` | `block`: a NaN makes the scale NaN and all element codes 0. `element`: it becomes an \
element NaN and takes no part in the scale (formats without NaN: as `block`) |
| `infinity` | `nan`: as a NaN. `element`: takes no part in the scale and becomes what lies beyond \
the largest element |
| `overflow` | `saturate`: to the largest element. `infinity`: to infinity, else NaN, else the \
largest element |
| `zero_scale` | `smallest`: a block of zeros has scale code 0. `one`: 127 |
| `symmetric` | `on`: the most negative integer code does not occur. `off`: it does |
| `flush_subnormals` | `off`: elements may be subnormal. `on`: those become zeros of their sign |
| `input_subnormals` | `full`: as the numbers that they are. `flush`: as zeros |

**Float scales**, as those of `nvfp4`: the scale is the largest magnitude divided by the largest
element, rounded to nearest-even, at most the largest scale; every value divided by this rounded
scale is rounded once, exactly. Where the scale is zero or NaN all element codes are 0. There is no
`scale_rule`; `zero_scale` `smallest` is 0.

**Tensor scales**: with `--tensor-scale input` the input has a field `tensor_scale`, the same in all
beats of a block, T: the scale is the largest magnitude divided by T and by the largest element,
rounded once to nearest-even, and each element is its value divided by the exact product of T and
this scale, rounded once. A T that is not a positive number makes the block NaN. Every lane then
divides by a product of two significands, 28 bits with `nvfp4`, but only for the bits of a quotient
that its element needs. By default (`unit`) there is no such field and the values come in units of
T: divide the tensor by it first, or let it be a power of two, which only moves exponents.

A negative zero, or a negative value that rounds to zero, is -0 in formats that have it. With
`--rounding stochastic` every element has `random_bits` random bits of its own, from a shift
register a lane or from the field `random`; it is rounded away from zero where the discarded
fraction, cut to so many bits, plus the random bits carries."""

CORE = Core(
    name="mx-quantise",
    summary="floats, fixed point or integers to a block of any format, one rounding",
    source="OCP Microscaling Formats (MX) Specification v1.0, section 6.3",
    config=MxQuantiseConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core mx-quantise --fmt mxfp4 --fmt-in bf16",
        "hwgen emit --core mx-quantise --fmt mxfp8-e4m3/32 --lanes 8 --freq 150",
        "hwgen verify --core mx-quantise --fmt nvfp4 --fmt-in fp32 --lanes 4 --freq 120",
    ),
)
