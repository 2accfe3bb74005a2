"""Catalogue entry of ``integer-function``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors.integer_function import vectors
from hwgen.cores.function.integer_function_config import IntegerFunctionConfig
from hwgen.golden.integer_function import function_results

__all__ = ["CORE"]

_WIDTHS = {"significand": 17, "shift": 6}


def _component(config):
    from hwgen.cores.function.integer_function import IntegerFunction

    return IntegerFunction(config)


def _golden(config, inputs):
    """Return the results for a stream of values; see ``hwgen/golden/integer_function.py``."""
    codes = np.asarray(inputs["i"]["value"]).astype(np.int64)
    results = function_results(config.function, codes - (codes >> 31 << 32))
    width = 17 if config.bounded else 32
    return {
        "o": {
            name: (each & (1 << _WIDTHS.get(name, width)) - 1).astype(np.uint64)
            for name, each in results.items()
        }
    }


_SEMANTICS = """\
A value is signed, 32 bits, 16 of them behind the point; so is a result, but for `exp` and
`logistic`, whose 17 bits go from 0 to 1, and the reciprocals. Every value is rounded to nearest,
ties up, and limited to its range. Errors against the real functions are in units of 2**-16, for
values of magnitudes up to 16: beyond, the result is the limit of the function (0, 1 or the value
itself), and `squared-relu` as exact. Those of the reciprocals are relative.

| `--function` | what | how | largest error |
| --- | --- | --- | --- |
| `exp` | e**x; more than 0 counts as 0 | power of two; 64 lines | 2 |
| `logistic` | 1 / (1 + e**-x) | by that and 128 lines | 3 |
| `silu` | x / (1 + e**-x) | x times that | 14 |
| `gelu` | x times the normal distribution's function | 256 lines of it | 5 |
| `gelu-tanh` | x (1 + tanh(sqrt(2/pi) (x + 0.044715 x**3))) / 2 | `logistic` | 6 |
| `squared-relu` | max(x, 0)**2, at most the largest value | exact, rounded | 0.5 |
| `reciprocal` | 1 / x of the integer x | 128 lines | 2.5 |
| `reciprocal-root` | 1 / sqrt(x) of the integer x | 96 entries, a step of Newton's | 7 |

The reciprocals take the value as an integer, and less than 1 as 1; the result is
`significand * 2**-shift`. Taken with 16 fraction bits, 1 / x is `significand * 2**(16 - shift)`,
and 1 / sqrt(x) is `significand * 2**(8 - shift)`.

The GPT machine computes with the same circuits. For example, `silu` of 1.0 (65536) is 47911 or
0.731064, the real one 0.731059; `reciprocal` of 3 is 43691 and 17, or 0.333336."""

CORE = Core(
    name="integer-function",
    summary="integer functions: exp, reciprocals, logistic, SiLU, GELU, squared ReLU",
    source="`hwgen/golden/gpt/functions.py`: tables and straight lines in exact integers",
    config=IntegerFunctionConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core integer-function --function gelu-tanh --lanes 2 --freq 60",
        "hwgen emit --core integer-function --function reciprocal-root --freq 60",
        "hwgen build --core integer-function --function exp --board ulx3s",
    ),
)
