"""Catalogue entry of ``rms-norm``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors.rms_norm import vectors
from hwgen.cores.function.rms_norm_config import RmsNormConfig
from hwgen.golden.rms_norm import rms_norm

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.function.rms_norm import RmsNorm

    return RmsNorm(config)


def _golden(config, inputs):
    """Return a result for each value of a complete vector; see ``hwgen/golden/rms_norm.py``."""
    stream = inputs["i"]
    found, last = rms_norm(
        _signed(stream["value"], 32),
        _signed(stream["gain"], 18),
        stream["last"],
        longest=config.longest,
        mean=config.mean,
        epsilon=config.epsilon_units,
        gain_fraction=config.gain_fraction,
        bias=_signed(stream["bias"], 32) if config.bias else None,
    )
    return {"o": {"result": (found & 0xFFFFFFFF).astype(np.uint64), "last": last.astype(np.uint64)}}


def _signed(codes, width):
    codes = np.asarray(codes).astype(np.int64)
    return codes - (codes >> width - 1 << width)


_SEMANTICS = """\
A value is signed, 32 bits, 16 of them behind the point; so are biases and results. A gain has 18
bits, `gain_fraction` of them behind the point: up to 8 by default. Every value comes with its gain,
and with its bias where there are any. A vector ends with the value marked `last`, or without a mark
after `longest` values. Its results go out in the same order, with the same mark, while the next
vector comes in: a value is taken and given in every clock cycle, whatever the lengths, unless 32
vectors are under way.

    rms-norm         y = x / sqrt(mean of x**2 + epsilon) * gain + bias
    with `--mean`    y = (x - m) / sqrt(mean of (x - m)**2 + epsilon) * gain + bias, m the mean

The second one is the layer norm. With n values, their sum S (0 without `--mean`) and the sum Q of
their squares, both are

    y = (n x - S) * gain / sqrt(n Q - S**2 + n**2 epsilon) + bias

in which everything but the root is an exact integer, so that a mean is never rounded, and nothing
is lost where values lie far from zero and close to each other. The reciprocal root has a
significand of 17 bits, as that of `integer-function --function reciprocal-root`; the product with
it is rounded once, to nearest, ties up, and limited to 32 bits after the bias. `epsilon` is rounded
to units of 2**-32 (1e-5 is 42950 of them). A vector of which nothing is left to divide by has
results of 0 and the bias.

**Error.** Half a unit of 2**-16, and 7 parts in 2**16 of the result without its bias.

Values wait in a ring of memory, block RAM from 33 places on, until sums and root are known. For
example, values of 1, 2 and 2 (65536, 131072, 131072) with gains of 1 have the root mean square
1.732054, and the results 37836, 75672 and 75672, or 0.577332 and 1.154663; the real ones are
0.577349 and 1.154699.

Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="rms-norm",
    summary="norms of vectors of any length: root mean square, and layer norm with --mean",
    source="B. Zhang, R. Sennrich: Root Mean Square Layer Normalization, arXiv:1910.07467; "
    "J. L. Ba, J. R. Kiros, G. E. Hinton: Layer Normalization, arXiv:1607.06450",
    config=RmsNormConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core rms-norm --longest 64 --freq 60",
        "hwgen emit --core rms-norm --mean --bias --longest 768 --freq 60",
        "hwgen build --core rms-norm --longest 64 --board ulx3s --freq 60",
    ),
)
