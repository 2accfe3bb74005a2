"""Catalogue entry of ``float-compare``."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors.float_compare import vectors
from hwgen.cores.floating.compare_config import FloatCompareConfig
from hwgen.golden import float_compare as model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.floating.compare import FloatCompare

    return FloatCompare(config)


def _golden(config, inputs):
    """Return the relations, the selected operand and the flag; see the golden model."""
    a, b = inputs["i"]["a"], inputs["i"]["b"]
    relate = model.total_order if config.total_order else model.compare
    outputs = relate(a, b, config.fmt, config.subnormals)
    if config.select != "none":
        outputs["result"] = model.select(a, b, config.fmt, config.select, config.subnormals)
    if config.flags:
        quiet = config.predicates == "quiet"
        test = model.is_signaling if quiet else lambda codes, fmt: fmt.is_nan(codes)
        outputs["invalid"] = test(a, config.fmt) | test(b, config.fmt)
    return {"o": {name: values.astype(np.uint64) for name, values in outputs.items()}}


_SEMANTICS = """\
One of `less`, `equal`, `greater` and `unordered` is 1 for each pair: the relation of `a` to `b` of
IEEE 754-2019, clause 5.11. +0 equals -0; a NaN is unordered to everything. With `--total-order` the
relation is that of clause 5.10 instead: -0 is below +0, a positive NaN above and a negative NaN
below all numbers, signaling below quiet in magnitude, then by payload; `unordered` stays 0.

`--select` adds `result`: `minimum` and `maximum` of clause 9.6 give the canonical NaN if an operand
is NaN, `minimum-number` and `maximum-number` give the operand that is a number. -0 counts as below
+0. A format without NaN has none of this.

With `--flags`, `invalid` is 1 for a signaling NaN, with `--predicates signaling` for any NaN.
`--subnormals flush` reads subnormal operands as zeros of their sign, in the result too. A format
without subnormals (`nosub`) is read the same way."""

CORE = Core(
    name="float-compare",
    summary="relation of two floats, and the smaller or the larger one",
    source="IEEE 754-2019, clauses 5.10, 5.11 and 9.6",
    config=FloatCompareConfig,
    component=_component,
    golden=_golden,
    vectors=vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen emit --core float-compare --fmt fp32 --freq 150",
        "hwgen verify --core float-compare --fmt e4m3 --select maximum-number --flags",
    ),
)
