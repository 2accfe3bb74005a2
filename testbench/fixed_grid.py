"""The configurations of the fixed-point cores that the regression runs through."""

from itertools import product

import pytest

__all__ = ["CASES", "NETLISTS", "label"]

_DEFAULT = [
    ("fixed-add", {"fmt": "int5"}),
    (
        "fixed-add",
        {
            "fmt_a": "q3.4",
            "fmt_b": "uq4.2",
            "operation": "both",
            "out": "q2.2",
            "rounding": "nearest-away",
            "flags": True,
        },
    ),
    ("fixed-add", {"fmt_a": "uq6.1", "fmt_b": "q1.9", "operation": "subtract", "freq": 200}),
    ("fixed-mul", {"fmt": "q1.6", "out": "q1.6", "freq": 150}),
    (
        "fixed-mul",
        {"fmt_a": "int7", "fmt_b": "uint5", "dsp": "none", "out": "uint8", "rounding": "up"},
    ),
    # a payload of one bit
    ("fixed-mul", {"fmt": "uint1"}),
    ("fixed-mac", {"fmt": "q1.6", "out": "q7.8", "freq": 150, "max_terms": 100}),
    (
        "fixed-mac",
        {"fmt": "uint4", "max_terms": 16, "out": "uint6", "overflow": "wrap", "target": "ice40"},
    ),
    ("fixed-dot", {"fmt": "q1.6", "k": 8, "lanes": 4, "out": "q3.5", "freq": 150}),
    ("fixed-dot", {"fmt_a": "uint3", "fmt_b": "int3", "k": 3, "target": "generic"}),
    ("fixed-convert", {"fmt": "q7.8", "out": "int8", "flags": True}),
    (
        "fixed-convert",
        {
            "fmt": "q1.7",
            "out": "q1.1",
            "rounding": "stochastic",
            "random_bits": 8,
            "random_source": "input",
        },
    ),
    ("fixed-convert", {"fmt": "q3.20", "out": "uq3.1", "rounding": "stochastic"}),
]

_ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "stochastic")


def _thorough():
    for rounding, overflow, out in product(_ROUNDINGS, ("saturate", "wrap"), ("q2.3", "uq1.4")):
        rules = {"out": out, "rounding": rounding, "overflow": overflow, "flags": True}
        yield "fixed-convert", {"fmt": "q5.10", **rules}
        yield "fixed-convert", {"fmt": "uq6.8", **rules}
        yield "fixed-convert", {"fmt": "q1.1", **rules}
        yield "fixed-add", {"fmt_a": "q3.4", "fmt_b": "q2.6", **rules}
        yield "fixed-mul", {"fmt_a": "q1.6", "fmt_b": "uq2.4", **rules}
    for bits, fmt in product((8, 16, 32), ("q3.6", "q3.12", "q3.40", "uq3.20")):
        options = {"fmt": fmt, "out": "q2.1", "rounding": "stochastic", "random_bits": bits}
        yield "fixed-convert", {**options, "random_source": "input"}
        yield "fixed-convert", {**options, "random_seed": 5}
    targets = ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus")
    for operation, target in product(("add", "subtract", "both"), targets):
        formats = {"fmt_a": "q2.6", "fmt_b": "uq3.3", "operation": operation, "target": target}
        yield "fixed-add", formats
        yield "fixed-add", {**formats, "fmt_a": "uq3.3", "fmt_b": "q2.6", "freq": 60}
    for fmt, freq in product(("int8", "uint12", "q1.16", "int32"), (None, 100, 130)):
        yield "fixed-mul", {"fmt": fmt, "freq": freq}
        yield "fixed-mac", {"fmt": fmt, "freq": freq, "max_terms": 3000}
        yield "fixed-dot", {"fmt": fmt, "freq": freq, "k": 6, "lanes": 2}
    for target, dsp in product(targets, ("auto", "none", 1)):
        options = {"fmt": "int8", "target": target, "dsp": dsp, "freq": 40}
        yield "fixed-dot", {**options, "k": 4}
        yield "fixed-mac", options
    for rounding in ("nearest-even", "stochastic"):
        yield "fixed-mac", {"fmt": "int8", "out": "q9.-3", "rounding": rounding}
        yield "fixed-dot", {"fmt": "int8", "k": 8, "lanes": 2, "out": "q9.-3", "rounding": rounding}
    yield "fixed-dot", {"fmt": "int4", "k": 1}
    yield "fixed-dot", {"fmt": "int4", "k": 5, "lanes": 1}
    yield "fixed-mac", {"fmt": "int3", "max_terms": 1}
    yield "fixed-add", {"fmt": "int53", "freq": 100}
    yield "fixed-add", {"fmt_a": "q1.6", "fmt_b": "q60.-53"}
    yield "fixed-mul", {"fmt": "int53", "out": "q40.0", "overflow": "wrap", "flags": True}


def label(case):
    """Return a configuration as the name of its test case."""
    core, options = case
    return "-".join([core, *(f"{key}={value}" for key, value in options.items())])


CASES = [
    *(pytest.param(case, id=label(case)) for case in _DEFAULT),
    *(pytest.param(case, id=label(case), marks=pytest.mark.slow) for case in _thorough()),
]

_NETLISTS = [
    ("fixed-add", {"fmt": "q3.4", "operation": "both", "out": "q2.2", "flags": True}),
    ("fixed-mul", {"fmt": "int6", "dsp": "none", "out": "int8", "freq": 100}),
    ("fixed-mac", {"fmt": "int6", "max_terms": 20, "freq": 100}),
    ("fixed-dot", {"fmt": "int6", "k": 4, "lanes": 2, "out": "q9.-1"}),
    (
        "fixed-convert",
        {"fmt": "q5.6", "out": "uq3.2", "rounding": "stochastic", "random_bits": 8},
    ),
]
NETLISTS = [
    pytest.param(case, id=label(case), marks=[pytest.mark.slow] if number in (1, 2, 3) else [])
    for number, case in enumerate(_NETLISTS)
]
