"""The regression of ``codebook-dot``: both tiers, both architectures, integers and floats."""

import json
from itertools import product

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("codebook-dot")
ARCHITECTURES = ("multiply", "serial")

_DEFAULT = [
    {"group": 32, "lanes": 4, "max_groups": 3, "architecture": "serial", "freq": 150},
    {"weights": "uint4", "zero_points": True, "group": 8, "lanes": 4, "max_groups": 4, "freq": 100},
    {"weights": "olive4", "group": 16, "lanes": 2, "max_groups": 2, "architecture": "serial"},
    {
        **{"fmt": "fp16", "weights": "bitmod-fp3", "architecture": "serial", "out": "fp16"},
        **{"group": 32, "lanes": 4, "max_groups": 3, "freq": 150},
    },
    # one weight a clock cycle
    {
        **{"fmt": "e5m2", "weights": "int4", "architecture": "serial", "out": "bf16"},
        **{"group": 8, "lanes": 2, "max_groups": 2},
    },
]


def _thorough():
    yield {"group": 32, "lanes": 4, "max_groups": 3, "dsp": "none", "freq": 150}
    yield {"fmt": "fp16", "architecture": "serial", "lanes": 4, "max_groups": 1, "freq": 150}
    small = {"group": 16, "lanes": 4, "max_groups": 3}
    names = ("bitmod-fp3", "bitmod-fp4", "razer4", "flint4", "pot4", "nf4", "ternary", "olive4")
    names += ("e2m0", "e2m1", "int2", "int3", "int4", "int5", "int6", "int8", "uint4", "bipolar1")
    names += ("bipolar4", "bipolar8", "e3m2")
    for name, architecture in product(names, ARCHITECTURES):
        yield {"weights": name, "architecture": architecture, "freq": 120, **small}
    targets = ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus")
    for target, architecture, freq in product(targets, ARCHITECTURES, (None, 30)):
        yield {"target": target, "architecture": architecture, "freq": freq, **small}
    for name, architecture in product(("uint2", "uint4", "uint8", "int3", "nf4"), ARCHITECTURES):
        yield {"weights": name, "zero_points": True, "architecture": architecture, **small}
    for architecture, scale_width in product(ARCHITECTURES, (0, 1, 5, 16)):
        options = {"architecture": architecture, "scale_width": scale_width, "freq": 100}
        yield {"weights": "int4", "group": 4, "lanes": 4, "max_groups": 1, **options}
        yield {"weights": "bitmod-fp3", "group": 8, "lanes": 1, "max_groups": 2, **options}
    for fmt, architecture in product(("uint8", "int2", "q3.12"), ARCHITECTURES):
        yield {"fmt": fmt, "architecture": architecture, "freq": 80, **small}
    yield {"lanes": 32, "freq": 150}
    yield {"lanes": 32, "architecture": "serial", "freq": 150}
    yield {"lanes": 4, "dsp": 2, "freq": 150, "group": 16}
    yield {"group": 24, "lanes": 3, "max_groups": 5, "freq": 200, "dsp": "none"}
    yield from _floats(names)


def _floats(names):
    small = {"fmt": "fp16", "group": 16, "lanes": 4, "max_groups": 3, "freq": 100}
    for name, architecture in product(names, ARCHITECTURES):
        # lanes are a multiple of a token's clock cycles
        cycles = CORE.configure({"weights": name, "architecture": "serial"}).steps
        size = {} if 4 % cycles == 0 else {"lanes": cycles, "group": 4 * cycles}
        yield {**small, "weights": name, "architecture": architecture, **size}
    for out, rounding in product(("fp16", "bf16", "e4m3", "fp32"), ("nearest-even", "up", "down")):
        yield {**small, "out": out, "rounding": rounding, "architecture": "serial"}
    for rounding in ("nearest-away", "toward-zero"):
        yield {**small, "out": "fp16", "rounding": rounding}
    for fmt, architecture in product(("e5m2", "e4m3", "ue5m3", "e5m2fnuz", "e2m1"), ARCHITECTURES):
        yield {**small, "fmt": fmt, "architecture": architecture, "weights": "nf4"}
    for target in ("ice40", "generic", "xilinx7", "ultrascale_plus"):
        yield {**small, "target": target, "out": "fp16", "architecture": "serial", "freq": 30}
    for scale_width, groups in product((0, 1, 5, 16), (1, 3)):
        options = {"scale_width": scale_width, "max_groups": groups, "architecture": "serial"}
        yield {**small, **options}
        yield {**small, **options, "fmt": "int8", "out": "fp16"}
    for fmt in ("uint8", "ue5m3"):
        yield {**small, "fmt": fmt, "weights": "uint3", "out": "e4m3"}
        yield {**small, "fmt": fmt, "weights": "uint3", "max_groups": 1, "architecture": "serial"}
    yield {**small, "group": 1, "lanes": 1, "max_groups": 1, "scale_width": 0}
    yield {**small, "group": 2, "lanes": 2, "max_groups": 40, "scale_width": 8, "out": "fp16"}
    yield {**small, "lanes": 32, "group": 128, "out": "fp32"}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_sums_equal_their_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=60, seed=7)
    assert result.matched >= 60
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "codebook_dot") == []


@pytest.mark.parametrize(
    "options",
    [
        {"group": 32, "lanes": 4, "max_groups": 3, "architecture": "serial", "freq": 120},
        pytest.param(
            {
                **{"fmt": "fp16", "group": 32, "lanes": 4, "max_groups": 1},
                **{"architecture": "serial", "freq": 150, "out": "fp16"},
            },
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"weights": "nf4", "group": 32, "lanes": 4, "max_groups": 3, "freq": 120},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"weights": "uint4", "zero_points": True, "lanes": 4, "group": 8, "dsp": "none"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_synthesised_core_equals_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=60, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


@pytest.mark.parametrize("fmt", ["int8", "fp16"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tokens_are_taken_at_the_stated_rate_while_scales_are_multiplied(
    architecture, fmt, tmp_path
):
    options = {"group": 32, "lanes": 4, "max_groups": 3, "freq": 120, "dsp": "none", "fmt": fmt}
    config = CORE.configure({"architecture": architecture, **options})
    assert config.steps == {"multiply": 1, "serial": 2}[architecture]
    inputs = CORE.vectors(config, 500, 1)
    emitted = emit(CORE, config, tmp_path)
    model = CompiledModel(
        emitted.verilog, json.loads(emitted.interface.read_text()), tmp_path, optimize=0
    )
    run = model.run({"i": payload.pack(model.inputs[0], inputs["i"])}, timed=True)
    expected = payload.pack(model.outputs[0], CORE.golden(config, inputs)["o"])
    assert np.array_equal(run.outputs["o"], expected)
    assert set(np.diff(run.accepted["i"].astype(int))) == {config.steps}
    assert min(np.diff(run.emerged["o"].astype(int))) == config.group_cycles
