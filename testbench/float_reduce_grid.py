"""The configurations of comparison, conversion, dot product and accumulation of floats."""

from itertools import product

import pytest

__all__ = ["ACCUMULATE", "COMPARE", "CONVERT", "DOT", "label"]


def label(options):
    """Return a configuration as the name of its test case."""
    return "-".join(
        str(value) if key in ("fmt", "fmt_a", "fmt_b", "out") else f"{key}={value}"
        for key, value in options.items()
        if value is not None
    )


def _grid(default, thorough):
    return [*default, *(pytest.param(each, marks=pytest.mark.slow) for each in thorough)]


_SELECT = ("none", "minimum", "maximum", "minimum-number", "maximum-number")


def _compare():
    yield {"fmt": "fp32", "total_order": True, "subnormals": "flush", "select": "maximum"}
    formats = ("e4m3", "e5m2", "e4m3fnuz", "e2m1", "ue4m3", "e3m4nosub")
    for fmt, select in product(formats, _SELECT):
        yield {"fmt": fmt, "select": select, "flags": True}
    for fmt, freq in product(("fp16", "bf16", "tf32", "fp32"), (None, 120, 240)):
        yield {"fmt": fmt, "select": "minimum", "freq": freq, "flags": True}
    for target, order in product(("ice40", "generic"), (False, True)):
        yield {"fmt": "fp16", "total_order": order, "target": target, "freq": 60}
    yield {"fmt": "fp32", "subnormals": "flush", "select": "maximum"}


COMPARE = _grid(
    [
        {"fmt": "fp16", "freq": 200},
        {"fmt": "e5m2", "select": "minimum-number", "flags": True},
    ],
    _compare(),
)

_MODES = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "stochastic")
_SMALL = ("e4m3", "e5m2", "e3m4", "e4m3fnuz", "e5m2fnuz", "e3m2", "e2m3", "e2m1", "int8", "uint8")


def _convert():
    for fmt, out in product((*_SMALL, "ue4m3", "e4m3nosub", "q1.6"), _SMALL):
        if fmt != out and (fmt.strip("uq").startswith("e") or out.startswith("e")):
            yield {"fmt": fmt, "out": out, "flags": True}
            yield {"fmt": fmt, "out": out, "rounding": "up", "overflow": "saturate"}
    halves = ("bf16", "e4m3", "e5m2", "e2m1", "int8", "uint16", "q3.8", "int32")
    for out, rounding in product(halves, _MODES):
        yield {"fmt": "fp16", "out": out, "rounding": rounding, "flags": True}
    for out, subnormals in product(("fp16", "fp32", "e4m3", "e5m2"), ("full", "flush")):
        yield {"fmt": "bf16", "out": out, "subnormals": subnormals, "flags": True, "freq": 150}
    for out, rounding in product(("bf16", "tf32", "fp16", "e4m3", "int32", "uint32"), _MODES):
        yield {"fmt": "fp32", "out": out, "rounding": rounding, "flags": True, "freq": 180}
        yield {"fmt": "fp32", "out": out, "rounding": rounding}
    for fmt, out in product(("int32", "uint32", "q7.8", "int16"), ("fp32", "fp16", "bf16")):
        yield {"fmt": fmt, "out": out, "flags": True, "freq": 120}
    for target in ("ice40", "generic"):
        yield {"fmt": "fp32", "out": "e5m2", "target": target, "freq": 60}
        yield {"fmt": "fp16", "out": "int16", "target": target}


CONVERT = _grid(
    [
        {"fmt": "fp16", "out": "fp32", "flags": True},
        {"fmt": "fp16", "out": "int8", "flags": True, "freq": 150},
        {"fmt": "fp32", "out": "e4m3", "lanes": 2, "rounding": "stochastic", "flags": True},
        {"fmt": "fp32", "out": "bf16", "rounding": "up"},
        {"fmt": "q7.8", "out": "e5m2", "flags": True},
    ],
    _convert(),
)


def _accumulate():
    yield {"fmt": "fp16", "out": "exact", "freq": 200}
    yield {"fmt": "bf16", "out": "bf16", "freq": 150, "flags": True}
    for fmt, out in product(
        ("e4m3", "e5m2", "fp16", "bf16", "e4m3fnuz", "ue4m3"), ("exact", "fp32")
    ):
        for freq in (None, 100, 150):
            yield {"fmt": fmt, "out": out, "freq": freq, "flags": True}
    for fmt, out, rounding in product(("fp16", "bf16"), ("fp16", "e5m2", "e2m1"), _MODES):
        yield {"fmt": fmt, "out": out, "rounding": rounding, "flags": out != "e2m1", "freq": 120}
    for subnormals, overflow in product(("full", "flush"), ("infinity", "saturate")):
        yield {"fmt": "fp16", "out": "e4m3", "subnormals": subnormals, "overflow": overflow}
    for freq, terms in product((None, 120, 180), (1, 3, 1 << 20)):
        yield {"fmt": "fp32", "max_terms": terms, "freq": freq, "flags": True}
    for target, freq in (("ice40", 24), ("generic", 110)):
        yield {"fmt": "bf16", "target": target, "freq": freq}


ACCUMULATE = _grid(
    [
        {"fmt": "e5m2", "out": "fp16", "rounding": "down", "max_terms": 40},
    ],
    _accumulate(),
)


def _dot():
    yield {"fmt_a": "bf16", "fmt_b": "e4m3", "k": 2, "lanes": 1, "freq": 120, "rounding": "down"}
    for fmt, lanes, freq in product(("e4m3", "e5m2", "e2m1", "fp16"), (4, 1), (None, 120)):
        yield {"fmt": fmt, "k": 4, "lanes": lanes, "freq": freq, "flags": True, "out": "bf16"}
    for fmt, out, rounding in product(("e4m3", "fp16"), ("fp16", "e5m2"), _MODES):
        yield {"fmt": fmt, "k": 3, "out": out, "rounding": rounding, "flags": True}
    for fmt, lanes in product(("bf16", "fp32"), (2, 1)):
        yield {"fmt": fmt, "k": 2, "lanes": lanes, "freq": 100, "flags": True}
        yield {"fmt": fmt, "k": 2, "lanes": lanes, "out": "exact", "subnormals": "flush"}
    yield {"fmt_a": "e4m3fnuz", "fmt_b": "ue4m3", "k": 4, "out": "e5m2fnuz", "rounding": "down"}
    yield {"fmt_a": "fp16", "fmt_b": "bf16", "k": 4, "freq": 120}
    yield {"fmt_a": "e2m1", "fmt_b": "e5m2", "k": 8, "dsp": "none", "overflow": "saturate"}
    for target, freq in (("ice40", 25), ("generic", 120)):
        yield {"fmt": "bf16", "k": 2, "target": target, "freq": freq}
        yield {"fmt": "e4m3", "k": 4, "target": target, "freq": freq}


DOT = _grid(
    [
        {"fmt": "e4m3", "k": 4, "lanes": 2, "freq": 120, "out": "e5m2", "flags": True},
        {"fmt": "e5m2", "k": 3, "out": "fp16", "rounding": "stochastic"},
    ],
    _dot(),
)
