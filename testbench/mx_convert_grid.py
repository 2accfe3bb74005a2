"""The configurations of the cores that make or read blocks that the regression runs through."""

from itertools import product

import pytest

__all__ = ["EXHAUSTIVE", "GRIDS", "NETLISTS", "label"]

_DEFAULT = {
    "mx-quantise": [
        {"fmt": "mxfp8-e4m3", "k": 8, "lanes": 2, "freq": 120},
        {"fmt": "mxint8", "k": 4, "lanes": 1, "fmt_in": "fp16", "rounding": "stochastic"},
    ],
    "mx-dequantise": [
        {"fmt": "mxint8", "lanes": 1, "out": "e4m3", "rounding": "stochastic"},
        {"fmt": "nvfp4", "lanes": 2, "out": "q3.12", "freq": 100},
    ],
    "mx-convert": [
        {"fmt_in": "mxfp8-e5m2", "fmt": "mxfp4", "k": 8, "lanes": 4, "freq": 100},
        {"fmt_in": "nvfp4", "fmt": "mxfp8-e4m3", "k": 8, "lanes": 4, "freq": 100},
    ],
    "mx-add": [
        {"fmt": "mxfp8-e4m3", "k": 8, "lanes": 2, "freq": 80},
    ],
    "mx-mul": [
        {"fmt": "mxfp8-e5m2", "k": 4, "nan": "element", "freq": 80},
        {"fmt_a": "nvfp4", "fmt_b": "mxfp8-e4m3", "out": "nvfp4", "k": 4, "lanes": 2},
    ],
}

_OCP = ("mxfp8-e5m2", "mxfp8-e4m3", "mxfp6-e3m2", "mxfp6-e2m3", "mxfp4", "mxint8")
_ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "stochastic")
_FLOAT_SCALES = ("nvfp4", "block-e4m3-e4m3", "block-e5m2-e5m2", "block-q1.6-ue5m3fn")
# of operands: with zeros of both signs, infinities, other signs, subnormals or none, many bits
_FLOAT_SCALES_IN = (
    *("nvfp4", "block-e4m3-e5m2", "block-e2m1-e2m1", "block-q1.6-ue5m3fn"),
    *("block-e2m1-e4m3nosub", "block-int4-e4m3fnuz", "block-e3m2-bf16"),
)
_CHOICES = [
    {"scale_rule": "ceil", "zero_scale": "one"},
    {"scale_rule": "even", "nan": "element"},
    {"scale_rule": "fit", "infinity": "element", "overflow": "infinity"},
    {"nan": "element", "infinity": "element", "symmetric": False, "flush_subnormals": True},
]


def _thorough():
    yield "mx-convert", {"fmt_in": "mxfp8-e4m3", "fmt": "nvfp4", "k": 8, "lanes": 2, "freq": 100}
    yield (
        "mx-quantise",
        {"fmt": "nvfp4", "k": 8, "lanes": 4, "tensor_scale": "input", "freq": 80},
    )
    yield (
        "mx-quantise",
        {"fmt": "mxfp8-e5m2", "k": 3, "nan": "element", "infinity": "element", "rounding": "up"},
    )
    yield "mx-quantise", {"fmt": "nvfp4", "k": 8, "lanes": 4, "fmt_in": "fp32", "freq": 120}
    yield "mx-dequantise", {"fmt": "nvfp4", "lanes": 2, "out": "fp32"}
    yield "mx-add", {"fmt": "nvfp4", "k": 4, "freq": 80}
    yield "mx-quantise", {"fmt": "mxfp4", "k": 8, "fmt_in": "fp32", "scale_rule": "even"}
    yield (
        "mx-quantise",
        {"fmt": "mxint5", "k": 4, "fmt_in": "q3.12", "symmetric": False, "target": "ice40"},
    )
    yield "mx-dequantise", {"fmt": "mxfp8-e5m2", "lanes": 4, "freq": 100}
    yield "mx-convert", {"fmt_in": "mxint8", "fmt": "mxfp6-e2m3", "k": 4, "scale_rule": "fit"}
    yield "mx-add", {"fmt": "mxint8", "k": 4, "rounding": "nearest-away", "target": "ice40"}
    yield "mx-mul", {"fmt": "mxint8", "k": 8, "lanes": 4, "out": "mxfp4", "rounding": "down"}
    for fmt, source, lanes in product(_OCP, ("bf16", "fp16", "fp32"), (8, 2)):
        yield "mx-quantise", {"fmt": fmt, "fmt_in": source, "k": 8, "lanes": lanes}
    for fmt, freq in product(_OCP, (80, 150)):
        yield "mx-quantise", {"fmt": f"{fmt}/32", "lanes": 8, "freq": freq}
    for fmt, rounding, choices in product(_OCP, _ROUNDINGS, _CHOICES):
        options = {"rounding": rounding, "random_source": "input", **choices}
        yield "mx-quantise", {"fmt": fmt, "k": 4, **options}
        yield "mx-convert", {"fmt_in": "mxfp8-e5m2", "fmt": fmt, "k": 4, **options}
        yield "mx-add", {"fmt": fmt, "k": 4, **options}
        yield "mx-mul", {"fmt": fmt, "k": 4, **options}
    for fmt, rounding, source in product(_FLOAT_SCALES, _ROUNDINGS, ("bf16", "fp16", "q3.12")):
        options = {"rounding": rounding, "nan": "element", "infinity": "element"}
        yield "mx-quantise", {"fmt": fmt, "k": 4, "fmt_in": source, **options}
    for rounding, source in product(_ROUNDINGS, ("bf16", "fp32", "q3.12")):
        options = {"rounding": rounding, "nan": "element", "zero_scale": "one"}
        yield (
            "mx-quantise",
            {"fmt": "nvfp4", "k": 4, "tensor_scale": "input", "fmt_in": source, **options},
        )
    for target in ("ice40", "xilinx7", "generic"):
        options = {"tensor_scale": "input", "freq": 50, "target": target}
        yield "mx-quantise", {"fmt": "nvfp4", "k": 4, "lanes": 2, **options}
    for target, lanes in product(("ecp5", "ice40", "xilinx7", "generic"), (16, 2)):
        yield "mx-quantise", {"fmt": "nvfp4", "lanes": lanes, "freq": 50, "target": target}
    yield "mx-quantise", {"fmt": "block-int16-bf16", "k": 4, "fmt_in": "fp32", "zero_scale": "one"}
    yield "mx-quantise", {"fmt": "block-e2m1-e4m3fnuz", "k": 4, "flush_subnormals": True}
    for source in ("int8", "uint8", "q1.30", "e4m3", "e5m2", "tf32", "e3m4nosub"):
        for fmt in ("mxfp8-e4m3", "mxint8", "mx-e4m3fnuz", "mx-e2m0", "mx-fp16"):
            yield "mx-quantise", {"fmt": fmt, "fmt_in": source, "k": 4}
    for source, fmt in product((*_OCP, "mx-uint4", "mx-e4m3fnuz"), (*_OCP, "mx-int4", "mx-e3m4")):
        yield "mx-convert", {"fmt_in": source, "fmt": fmt, "k": 4, "lanes": 2}
    for a, b, out in product(_OCP, ("mxfp8-e4m3", "mxint8"), ("mxfp6-e2m3", "mx-fp16")):
        for core in ("mx-add", "mx-mul"):
            yield core, {"fmt_a": a, "fmt_b": b, "out": out, "k": 4, "freq": 60}
    for source, fmt in product(_FLOAT_SCALES_IN, ("nvfp4", "mxfp8-e5m2", "mxint8", "mx-int4")):
        yield "mx-convert", {"fmt_in": source, "fmt": fmt, "k": 4, "infinity": "element"}
    for source, fmt in product(_OCP, _FLOAT_SCALES):
        yield "mx-convert", {"fmt_in": source, "fmt": fmt, "k": 4, "lanes": 2, "freq": 80}
    for core, rounding, choices in product(("convert", "add", "mul"), _ROUNDINGS, _CHOICES[1::2]):
        choices = {name: each for name, each in choices.items() if name != "scale_rule"}
        formats = {"fmt_in": "nvfp4"} if core == "convert" else {"fmt": "nvfp4", "out": "nvfp4"}
        yield f"mx-{core}", {"fmt": "nvfp4", **formats, "k": 4, "rounding": rounding, **choices}
    for a, b, out in product(("nvfp4", "mxfp8-e5m2"), ("nvfp4", "mxint8"), ("nvfp4", "mxfp4")):
        for core in ("mx-add", "mx-mul"):
            yield core, {"fmt_a": a, "fmt_b": b, "out": out, "k": 4, "lanes": 2, "freq": 60}
    for a, out in product(_FLOAT_SCALES_IN[1:], ("nvfp4", "mxfp8-e5m2")):
        for core in ("mx-add", "mx-mul"):
            yield core, {"fmt_a": a, "fmt_b": "nvfp4", "out": out, "k": 3, "infinity": "element"}
    for core, target in product(
        ("mx-convert", "mx-add", "mx-mul"), ("ice40", "xilinx7", "generic")
    ):
        formats = {"fmt": "nvfp4", **({"fmt_in": "nvfp4"} if core == "mx-convert" else {})}
        yield core, {**formats, "k": 4, "freq": 50, "target": target}
    for fmt, out, rounding in product((*_OCP, "nvfp4"), ("bf16", "fp16", "e4m3"), _ROUNDINGS):
        yield "mx-dequantise", {"fmt": fmt, "lanes": 2, "out": out, "rounding": rounding}
    for fmt, out, rounding in product((*_OCP, "nvfp4"), ("int8", "q7.24"), _ROUNDINGS):
        yield "mx-dequantise", {"fmt": fmt, "lanes": 2, "out": out, "rounding": rounding}


GRIDS = {
    core: [
        *options,
        *(pytest.param(each, marks=pytest.mark.slow) for name, each in _thorough() if name == core),
    ]
    for core, options in _DEFAULT.items()
}

NETLISTS = [
    ("mx-quantise", {"fmt": "mxfp4", "k": 4, "lanes": 2}),
    ("mx-quantise", {"fmt": "nvfp4", "k": 2, "freq": 100}),
    *(
        pytest.param(*each, marks=pytest.mark.slow)
        for each in (
            ("mx-quantise", {"fmt": "nvfp4", "k": 2, "tensor_scale": "input", "freq": 60}),
            ("mx-quantise", {"fmt": "mxfp8-e4m3", "k": 8, "freq": 120}),
            ("mx-dequantise", {"fmt": "mxfp8-e5m2", "lanes": 2, "out": "fp16"}),
            ("mx-convert", {"fmt_in": "mxfp8-e4m3", "fmt": "mxfp4", "k": 4}),
            ("mx-add", {"fmt": "mxfp6-e2m3", "k": 2}),
            ("mx-mul", {"fmt": "mxfp8-e4m3", "k": 2}),
            ("mx-add", {"fmt": "mxint8", "k": 2, "target": "ice40"}),
            ("mx-convert", {"fmt_in": "nvfp4", "fmt": "nvfp4", "k": 2, "freq": 100}),
            ("mx-add", {"fmt": "nvfp4", "k": 2}),
            ("mx-mul", {"fmt": "nvfp4", "k": 2}),
        )
    ),
]

# blocks small enough to try every element of every lane, with some scales
EXHAUSTIVE = [
    ("mx-quantise", {"fmt": "mxfp4", "fmt_in": "e3m4", "k": 2}),
    ("mx-quantise", {"fmt": "mxfp8-e4m3", "fmt_in": "fp16", "k": 1}),
    ("mx-mul", {"fmt": "mxfp6-e3m2", "k": 1, "out": "mxfp4/1"}),
    ("mx-convert", {"fmt_in": "nvfp4", "fmt": "nvfp4", "k": 2}),
    ("mx-mul", {"fmt": "nvfp4", "k": 1}),
    ("mx-dequantise", {"fmt": "mxfp8-e4m3", "lanes": 1, "out": "fp16"}),
    ("mx-dequantise", {"fmt": "mxfp8-e5m2", "lanes": 1, "out": "int8"}),
    *(
        pytest.param(*each, marks=pytest.mark.slow)
        for each in (
            ("mx-quantise", {"fmt": "mxint5", "fmt_in": "e5m2", "k": 2, "rounding": "up"}),
            ("mx-quantise", {"fmt": "nvfp4", "fmt_in": "e3m4", "k": 2}),
            ("mx-quantise", {"fmt": "nvfp4", "fmt_in": "e5m3", "k": 2, "rounding": "down"}),
            ("mx-convert", {"fmt_in": "mxfp8-e5m2", "fmt": "mxfp6-e2m3", "k": 2}),
            ("mx-add", {"fmt": "mxfp4", "k": 2}),
            ("mx-add", {"fmt": "mxfp8-e4m3", "k": 1}),
            ("mx-convert", {"fmt_in": "mxfp8-e4m3", "fmt": "nvfp4", "k": 2}),
            ("mx-convert", {"fmt_in": "nvfp4", "fmt": "mxfp6-e2m3", "k": 2}),
            ("mx-add", {"fmt": "nvfp4", "k": 2}),
        )
    ),
]


def label(value):
    """Return a configuration as a part of the name of its test case."""
    if isinstance(value, str):
        return value
    return "-".join(
        str(each).replace("/", "x") if key.startswith("fmt") else f"{key}={each}".replace("/", "x")
        for key, each in value.items()
    )
