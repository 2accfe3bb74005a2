"""The configurations of ``mx-dot`` that the regression runs through."""

from itertools import product

import pytest

from hwgen import targets

__all__ = ["GRID", "label"]

# one of each kind, small: minutes in all
_DEFAULT = [
    {"fmt": "mxfp8-e4m3", "k": 8, "freq": 150},
    {"fmt": "nvfp4", "k": 8, "lanes": 4, "max_blocks": 4, "freq": 100},
    {"fmt": "mxfp8-e4m3", "k": 4, "specials": "ignore", "dsp": "none", "target": "ice40"},
    {"fmt": "mxfp6-e3m2", "k": 8, "out": "exact", "target": "xilinx7", "freq": 250},
]

_OCP = ("mxfp8-e5m2", "mxfp8-e4m3", "mxfp6-e3m2", "mxfp6-e2m3", "mxfp4", "mxint8")


def _thorough():
    yield {"fmt": "mxfp4", "k": 8, "lanes": 2, "out": "fp16", "rounding": "toward-zero"}
    yield {"fmt": "mxint8", "k": 8, "freq": 100, "rounding": "nearest-away"}
    yield {"fmt": "mxfp8-e5m2", "k": 8, "lanes": 4, "max_blocks": 4, "out": "bf16"}
    yield {"fmt": "mxfp6-e3m2", "k": 8, "out": "exact"}
    yield {"fmt": "mxfp6-e2m3"}
    yield {"fmt": "mxint5/16", "overflow": "saturate", "rounding": "up"}
    yield {"fmt_a": "mxfp4", "fmt_b": "mxfp8-e5m2", "k": 8, "freq": 100, "max_blocks": 2}
    yield {"fmt": "nvfp4", "out": "exact", "dsp": "none"}
    for fmt, lanes, freq in product(_OCP, (32, 8), (None, 100, 130)):
        yield {"fmt": fmt, "lanes": lanes, "freq": freq}
    for fmt, out, blocks in product(_OCP, ("exact", "fp32", "bf16", "fp16"), (1, 8)):
        yield {"fmt": fmt, "k": 8, "lanes": 4, "out": out, "max_blocks": blocks, "freq": 100}
    roundings = ("nearest-even", "nearest-away", "toward-zero", "up", "down")
    for fmt, rounding, overflow in product(_OCP[::2], roundings, ("infinity", "saturate")):
        yield {"fmt": fmt, "k": 8, "out": "bf16", "rounding": rounding, "overflow": overflow}
    for step, width in ((4, None), (64, None), (16, 60), (32, 80)):
        yield {
            "fmt": "mxfp6-e3m2",
            "k": 8,
            "max_blocks": 16,
            "accumulator_step": step,
            "accumulator_width": width,
        }
    for target, dsp in product(targets.names(), ("auto", "none", 2)):
        yield {"fmt": "mxint8", "k": 4, "target": target, "dsp": dsp, "freq": 40}
    for fmt, target in product(_OCP, ("ecp5", "xilinx7", "ultrascale_plus")):
        yield {"fmt": fmt, "k": 8, "dsp": 3, "target": target, "freq": 120}
        yield {"fmt": fmt, "k": 16, "dsp": "none", "target": target}
    for target, dsp in product(targets.names(), ("auto", "none")):
        yield {"fmt": "nvfp4", "k": 4, "target": target, "dsp": dsp, "freq": 40}
    for out, blocks, step in product(("exact", "fp16", "e4m3"), (1, 8), (4, 16, 64)):
        options = {"out": out, "max_blocks": blocks, "accumulator_step": step}
        yield {"fmt": "nvfp4", "k": 4, "freq": 80, **options}
        yield {"fmt_a": "nvfp4", "fmt_b": "mxfp4", "k": 4, **options}
    for fmt in ("block-q1.6-ue5m3fn", "block-e4m3-e4m3fnuz", "block-uint4-ue4m3"):
        for blocks in (1, 8):
            yield {"fmt": fmt, "k": 4, "max_blocks": blocks, "freq": 80}
    yield {"fmt": "block-e5m2-e4m3", "k": 4, "specials": "ignore", "max_blocks": 4}
    yield {"fmt": "nvfp4", "lanes": 4, "freq": 150}
    yield {"fmt_a": "mxfp4", "fmt_b": "mxfp8-e5m2"}
    yield {"fmt_a": "mxint8", "fmt_b": "mxfp4", "freq": 150}
    yield {"fmt": "mxint5/16", "lanes": 1}
    yield {"fmt": "mxfp4", "k": 1}
    yield {"fmt": "mxfp4", "k": 3, "out": "exact"}


GRID = [
    *_DEFAULT,
    *(pytest.param(options, marks=pytest.mark.slow) for options in _thorough()),
]


def label(options):
    """Return a configuration as the name of its test case."""
    return "-".join(
        str(value).replace("/", "x") if key.startswith("fmt") else f"{key}={value}"
        for key, value in options.items()
        if value is not None
    )
