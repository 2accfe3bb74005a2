"""The configurations of comparison, conversion, dot product and accumulation of floats."""

from itertools import product

import pytest

__all__ = ["COMPARE", "label"]


def label(options):
    """Return a configuration as the name of its test case."""
    return "-".join(
        str(value) if key in ("fmt", "fmt_a", "fmt_b") else f"{key}={value}"
        for key, value in options.items()
        if value is not None
    )


def _grid(default, thorough):
    return [*default, *(pytest.param(each, marks=pytest.mark.slow) for each in thorough)]


_SELECT = ("none", "minimum", "maximum", "minimum-number", "maximum-number")


def _compare():
    formats = ("e4m3", "e5m2", "e4m3fnuz", "e2m1", "ue4m3", "e3m4nosub")
    for fmt, select in product(formats, _SELECT):
        yield {"fmt": fmt, "select": select, "flags": True}
    for fmt, freq in product(("fp16", "bf16", "tf32", "fp32"), (None, 120, 300)):
        yield {"fmt": fmt, "select": "minimum", "freq": freq, "flags": True}
    for target, order in product(("ice40", "generic"), (False, True)):
        yield {"fmt": "fp16", "total_order": order, "target": target, "freq": 60}
    yield {"fmt": "fp32", "subnormals": "flush", "select": "maximum"}


COMPARE = _grid(
    [
        {"fmt": "fp16", "freq": 200},
        {"fmt": "e5m2", "select": "minimum-number", "flags": True},
        {"fmt": "fp32", "total_order": True, "subnormals": "flush", "select": "maximum"},
    ],
    _compare(),
)
