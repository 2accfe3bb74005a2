"""What the regressions of the cores that make or read blocks have in common."""

import json

import numpy as np

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.sim.case import Case
from hwgen.sim.compiled_tier import check_values
from hwgen.sim.model import CompiledModel

__all__ = ["check_both_tiers", "check_every_input"]

_SCALES = (0, 1, 118, 127, 128, 140, 253, 254, 255)


def check_both_tiers(name, options, folder):
    """Run both tiers of the regression on one configuration."""
    core = catalogue.get(name)
    config = core.configure(options)
    result = verify(core, config, folder=folder, vectors=400, seed=7)
    assert result.matched >= 400
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


def check_every_input(name, options, folder, tried):
    """Compare the compiled model with the golden one for all elements of a beat.

    ``tried`` scales, drawn from the corners, go with each pair of scales' places.
    """
    core = catalogue.get(name)
    config = core.configure(options)
    emitted = emit(core, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=1)
    fields = interface["streams"][0]["fields"]
    numbers = [each for each in fields if "scale" not in each["name"]]
    bits = sum(each["width"] * each["count"] for each in numbers)
    assert bits <= 20
    codes = np.arange(1 << bits, dtype=np.uint64)
    random = np.random.default_rng(1)
    for _ in range(tried):
        values, low = {}, 0
        for field in fields:
            if field not in numbers:
                shared = np.full(len(codes), random.choice(_SCALES), np.uint64)
                values[field["name"]] = shared
                continue
            lanes = []
            for _ in range(field["count"]):
                lanes.append(codes >> np.uint64(low) & np.uint64((1 << field["width"]) - 1))
                low += field["width"]
            values[field["name"]] = np.stack(lanes, axis=1) if len(lanes) > 1 else lanes[0]
        inputs = {"i": values}
        case = Case.from_values(interface, inputs, core.golden(config, inputs))
        check_values(model, case)
        assert case.results == len(codes)
