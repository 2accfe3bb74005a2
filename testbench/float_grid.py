"""The configurations of float addition, multiplication and fused multiply-add under test."""

from itertools import product

import pytest

__all__ = ["ALL_PAIRS", "GRID", "MILLIONS", "NETLISTS", "label"]

ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "stochastic")

# one of each kind, small; the first of each core goes through both tiers
_DEFAULT = [
    ("float-add", {"fmt": "fp16", "freq": 150}),
    ("float-add", {"fmt": "bf16", "operation": "both", "rounding": "stochastic", "flags": True}),
    ("float-add", {"fmt": "fp32", "freq": 180, "subnormals": "flush", "rounding": "down"}),
    ("float-mul", {"fmt": "fp16", "freq": 150}),
    ("float-mul", {"fmt": "fp32", "freq": 100, "flags": True, "rounding": "up"}),
    (
        "float-mul",
        {"fmt": "bf16", "rounding": "stochastic", "random_source": "input", "subnormals": "flush"},
    ),
    ("float-fma", {"fmt": "fp16", "freq": 150}),
    ("float-fma", {"fmt": "e4m3", "out": "fp16", "fmt_c": "fp16", "negations": True}),
    ("float-fma", {"fmt": "fp32", "flags": True, "rounding": "down", "target": "ice40"}),
]

_FORMATS = ("fp16", "bf16", "tf32", "fp32", "e5m2", "e4m3", "e4m3fnuz", "e5m2fnuz", "e3m4", "e8m1")
_MIXED = [
    ("float-mul", {"fmt": "e4m3", "out": "bf16"}),
    ("float-mul", {"fmt_a": "fp16", "fmt_b": "e5m2", "out": "fp32"}),
    ("float-mul", {"fmt_a": "fp32", "fmt_b": "fp16", "out": "e5m2"}),
    ("float-mul", {"fmt": "e3m2", "out": "fp16"}),
    ("float-mul", {"fmt": "e4m3", "out": "e5m2", "overflow": "saturate"}),
    ("float-mul", {"fmt": "e5m2", "out": "e4m3fnuz"}),
    ("float-fma", {"fmt": "e4m3", "fmt_c": "fp32", "out": "fp32"}),
    ("float-fma", {"fmt": "fp16", "fmt_c": "e4m3", "out": "fp32"}),
    ("float-fma", {"fmt": "bf16", "fmt_c": "fp32", "out": "bf16"}),
    ("float-fma", {"fmt": "fp32", "fmt_c": "fp16", "out": "fp16"}),
    ("float-fma", {"fmt": "e2m1", "fmt_c": "bf16", "out": "bf16"}),
    ("float-fma", {"fmt": "e5m2", "fmt_c": "e4m3", "out": "e4m3fnuz"}),
    ("float-fma", {"fmt": "fp16", "fmt_c": "fp16", "out": "e5m2", "overflow": "saturate"}),
]
_CORES = ("float-add", "float-mul", "float-fma")


def _thorough():
    for core, fmt, freq in product(_CORES, _FORMATS, (None, 150)):
        yield core, {"fmt": fmt, "freq": freq, "flags": freq is None}
    for core, fmt, rounding in product(_CORES, ("fp16", "fp32"), ROUNDINGS):
        for subnormals, overflow in (("full", "infinity"), ("flush", "saturate")):
            common = {"fmt": fmt, "rounding": rounding, "flags": True}
            yield core, {**common, "subnormals": subnormals, "overflow": overflow}
    for core, target, freq in product(_CORES, ("generic", "ice40", "ecp5"), (None, 40)):
        yield core, {"fmt": "fp16", "target": target, "freq": freq, "rounding": "nearest-away"}
    for core, dsp in product(_CORES[1:], ("none", 1, 2, 3, 4)):
        yield core, {"fmt": "fp32", "dsp": dsp, "freq": 80}
        yield core, {"fmt": "tf32", "dsp": dsp}
    for core, bits, source in product(_CORES, (8, 16, 32), ("lfsr", "input")):
        common = {"fmt": "bf16", "rounding": "stochastic", "random_bits": bits, "freq": 120}
        yield core, {**common, "random_source": source, "random_seed": 5 * (source == "lfsr")}
    for core, options in _MIXED:
        for rounding, subnormals in (("nearest-even", "full"), ("up", "full"), ("down", "flush")):
            common = {"rounding": rounding, "subnormals": subnormals}
            yield core, {**options, **common, "flags": rounding != "down"}
    for operation in ("add", "subtract", "both"):
        yield "float-add", {"fmt": "fp16", "operation": operation, "rounding": "down"}


def _all_pairs():
    for core, rounding in product(_CORES[:2], ROUNDINGS):
        for fmt in ("e5m2", "e4m3", "e4m3fnuz", "e3m4", "e2m5", "e3m2", "e2m3", "e2m1", "e4m0"):
            finite = fmt in ("e3m2", "e2m3", "e2m1", "e4m0")
            overflows = ("saturate",) if finite else ("infinity", "saturate")
            for overflow, subnormals in product(overflows, ("full", "flush")):
                yield (
                    core,
                    {
                        "fmt": fmt,
                        "rounding": rounding,
                        "overflow": overflow,
                        "subnormals": subnormals,
                        "flags": True,
                    },
                )


_PAIRS_DEFAULT = [
    ("float-add", {"fmt": "e5m2", "rounding": "nearest-even", "flags": True}),
    ("float-add", {"fmt": "e4m3fnuz", "rounding": "stochastic", "operation": "both"}),
    ("float-add", {"fmt": "e2m5", "rounding": "nearest-even", "subnormals": "flush"}),
    ("float-mul", {"fmt": "e4m3fnuz", "rounding": "stochastic", "subnormals": "flush"}),
    ("float-mul", {"fmt": "e5m2", "rounding": "down", "flags": True, "freq": 200}),
]


def _slow(cases):
    return [pytest.param(*case, marks=pytest.mark.slow) for case in cases]


GRID = [*_DEFAULT, *_slow(_thorough())]
ALL_PAIRS = [*_PAIRS_DEFAULT, *_slow(_all_pairs())]
MILLIONS = [
    (core, {"fmt": fmt, "flags": True, "rounding": rounding})
    for core in _CORES
    for fmt, rounding in (("fp16", "nearest-even"), ("fp32", "nearest-even"), ("fp16", "up"))
]
NETLISTS = [
    ("float-add", {"fmt": "e5m2"}),
    *_slow(
        [
            ("float-add", {"fmt": "fp16", "freq": 150}),
            ("float-mul", {"fmt": "e5m2"}),
            ("float-mul", {"fmt": "fp16", "freq": 100}),
            ("float-mul", {"fmt": "fp32", "freq": 80}),
            ("float-fma", {"fmt": "e5m2", "flags": True}),
            ("float-fma", {"fmt": "fp16", "freq": 100}),
        ]
    ),
]


def label(value):
    """Return a core's name or a configuration as part of the name of its test case."""
    if isinstance(value, str):
        return value
    return "-".join(
        str(each) if key.startswith("fmt") else f"{key}={each}"
        for key, each in value.items()
        if each is not None
    )
