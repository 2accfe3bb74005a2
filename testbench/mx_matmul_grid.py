"""The configurations of ``mx-matmul`` that the regression runs through."""

from itertools import product

import pytest

__all__ = ["GRID", "label"]

STATIONARY = "weight-stationary"

# one of each kind, small: minutes in all
_DEFAULT = [
    {"fmt": "mxfp4", "k": 4, "rows": 2, "columns": 3, "max_blocks": 1},
    {"fmt": "mxfp4", "k": 4, "columns": 3, "dataflow": STATIONARY},
    {
        "fmt": "mxfp4",
        "k": 4,
        "columns": 2,
        "dataflow": STATIONARY,
        "max_blocks": 4,
        "accumulators": 5,
        "freq": 100,
    },
]

_OCP = ("mxfp8-e5m2", "mxfp8-e4m3", "mxfp6-e3m2", "mxfp6-e2m3", "mxfp4", "mxint8")


def _thorough():
    yield {
        "fmt": "nvfp4",
        "k": 4,
        "rows": 2,
        "columns": 3,
        "max_blocks": 3,
        "freq": 80,
        "dsp": "none",
    }
    yield {"fmt": "mxint8", "k": 4, "rows": 1, "columns": 2, "freq": 100, "out": "exact"}
    yield {"fmt": "mxfp4", "k": 8, "rows": 4, "columns": 3, "max_blocks": 4, "freq": 100}
    yield {"fmt": "mxfp8-e5m2", "k": 4, "rows": 2, "columns": 2, "freq": 80, "out": "bf16"}
    yield {"fmt": "mxfp8-e5m2", "k": 4, "columns": 2, "dataflow": STATIONARY, "freq": 100}
    yield {
        "fmt": "mxint8",
        "k": 8,
        "columns": 1,
        "dataflow": STATIONARY,
        "out": "exact",
        "freq": 150,
    }
    for fmt, freq in product(_OCP, (None, 80)):
        yield {"fmt": fmt, "k": 8, "rows": 4, "columns": 4, "freq": freq}
        # slow clocks leave out the register between product and sum
        yield {"fmt": fmt, "k": 4, "columns": 4, "dataflow": STATIONARY, "freq": freq or 40}
    for fmt, out in product(_OCP[::2], ("exact", "fp16", "bf16")):
        yield {"fmt": fmt, "k": 4, "rows": 3, "columns": 2, "out": out, "max_blocks": 3}
        yield {"fmt": fmt, "k": 4, "columns": 2, "dataflow": STATIONARY, "out": out}
    for rounding, overflow in product(
        ("nearest-away", "toward-zero", "up", "down"), ("infinity", "saturate")
    ):
        choices = {"rounding": rounding, "overflow": overflow, "out": "bf16"}
        yield {"fmt": "mxfp6-e3m2", "k": 4, "rows": 2, "columns": 2, **choices}
    for rows, columns, lanes in ((8, 4, 1), (8, 4, 2), (8, 4, 8), (1, 32, 1), (32, 1, 1)):
        yield {"fmt": "mxfp4", "rows": rows, "columns": columns, "lanes": lanes, "freq": 100}
    for accumulators, freq in product((1, 2, 3, 40), (None, 100)):
        several = {"dataflow": STATIONARY, "max_blocks": 5, "accumulators": accumulators}
        yield {"fmt": "mxfp4", "k": 1, "columns": 2, "freq": freq, **several}
        yield {"fmt": "mxfp8-e5m2", "k": 4, "columns": 2, "freq": freq, "out": "exact", **several}
    yield {"fmt": "nvfp4", "columns": 2, "dataflow": STATIONARY, "max_blocks": 64, "freq": 80}
    for step, width in ((4, None), (32, 80)):
        widths = {"accumulator_step": step, "accumulator_width": width}
        yield {"fmt": "mxfp6-e2m3", "k": 4, "rows": 2, "columns": 2, **widths}
    for target, dsp in product(("ecp5", "ice40", "generic"), ("auto", "none")):
        yield {"fmt": "mxint8", "k": 4, "rows": 2, "columns": 2, "target": target, "dsp": dsp}
    for out, dsp in product(("exact", "bf16"), ("auto", "none")):
        options = {"fmt": "nvfp4", "k": 4, "columns": 2, "out": out, "dsp": dsp}
        yield {"rows": 2, **options}
        yield {"dataflow": STATIONARY, "freq": 80, **options}
    yield {"fmt": "nvfp4", "rows": 4, "columns": 4, "freq": 100}
    yield {"fmt_a": "block-e2m1-ue4m3", "fmt_b": "mxfp4", "k": 4, "rows": 2, "columns": 2}
    yield {"fmt_a": "mxfp4", "fmt_b": "mxfp8-e5m2", "k": 4, "rows": 2, "columns": 4}
    yield {"fmt_a": "mxint8", "fmt_b": "mxfp4", "k": 4, "columns": 4, "dataflow": STATIONARY}
    yield {"fmt": "mxfp8-e4m3", "k": 4, "rows": 2, "columns": 2, "specials": "ignore"}
    yield {"fmt": "mxint5/4", "rows": 2, "columns": 2, "max_blocks": 64}
    yield {"fmt": "mxfp4", "k": 1, "rows": 2, "columns": 1, "max_blocks": 3}
    yield {"fmt": "mxfp6-e3m2", "k": 1, "columns": 1, "dataflow": STATIONARY}
    yield {"fmt": "mxfp4", "rows": 8, "columns": 8, "freq": 100}
    yield {"fmt": "mxfp4", "columns": 8, "dataflow": STATIONARY, "freq": 150}


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
