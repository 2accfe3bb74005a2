"""Catalogue entry of ``softmax``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors.softmax import vectors
from hwgen.cores.function.softmax_config import SoftmaxConfig
from hwgen.golden.softmax import softmax

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.function.softmax import Softmax

    return Softmax(config)


def _golden(config, inputs):
    """Return a probability for each score of a complete vector; see ``hwgen/golden/softmax.py``."""
    codes = np.asarray(inputs["i"]["score"]).astype(np.int64)
    found, last = softmax(
        codes - (codes >> 31 << 32), inputs["i"]["last"], config.longest, config.fraction
    )
    return {"o": {"probability": found.astype(np.uint64), "last": last.astype(np.uint64)}}


_SEMANTICS = """\
A score is signed, 32 bits, 16 of them behind the point. A vector ends with the score marked
`last`, or without a mark after `longest` scores. Its probabilities go out in the same order, with
the same mark, while the next vectors come in: a value is taken and given in every clock cycle,
whatever the lengths, unless 32 vectors are under way.

    power       = e**(score - greatest score of the vector), in units of 2**-16
    probability = power / sum of the powers, in units of 2**-fraction

The power is that of `integer-function --function exp`; the sum is exact; its reciprocal has a
significand of 17 bits, as that of `--function reciprocal`, and the product with it is rounded once,
to nearest, ties up. These are the numbers of attention in the GPT machine.

**Error.** With 16 fraction bits a probability of a vector of n scores is less than `4 + 0.51 n`
units of 2**-16 from the real one; with fewer the last rounding adds half a unit of theirs instead
of half a unit of 2**-16. For: a power of size p is off by at most `0.51 + 2.3 p` units, the
greatest by none, the reciprocal by 2.5 parts in 2**16, and the last rounding by half a unit. The
worst case needs a whole vector of scores about 11 below the greatest, whose powers, near half a
unit, are all rounded in one direction: 64 units for 128 scores. For two scores the error is 2.1
units at most (every distance is tried), for 128 scores of a normal distribution about 7.

Scores wait in a ring of memory, block RAM from 33 places on, until the greatest is known, and
powers in another until their sum is. For example, scores of 0 and 1 (65536) have the probabilities
17626 and 47911, or 0.268951 and 0.731064; the real ones are 0.268941 and 0.731059.

Where registers go: [pipelining](../explanation-pipelining.md)."""

CORE = Core(
    name="softmax",
    summary="softmax of vectors of any length, one value a clock cycle",
    source="`hwgen/golden/gpt/functions.py`: powers of e and a reciprocal in exact integers",
    config=SoftmaxConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core softmax --longest 32 --freq 60",
        "hwgen emit --core softmax --fraction 8 --freq 100",
        "hwgen build --core softmax --longest 64 --board ulx3s --freq 60",
    ),
)
