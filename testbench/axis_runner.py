"""Run the AXI4-Stream regression of one configuration: vectors and results from the catalogue."""

import json

from hwgen.flow.packages import package
from hwgen.sim.case import Case
from hwgen.sim.cocotb_tier import run_cocotb

__all__ = ["verify_wrapped"]


def verify_wrapped(core, config, folder, *, vectors=200, seed=1, fault=None):
    """Compare a packaged core, behind its AXI4-Stream ports, with its golden model.

    Parameters
    ----------
    core, config
        A core of the catalogue and its configuration.
    folder : pathlib.Path
        Keeps the package and the simulation.
    vectors : int
        Operand sets at least.
    seed : int
        Seed of vectors and pauses.
    fault : tuple of (str, str), optional
        Text of the wrapper and what replaces it.

    Returns
    -------
    hwgen.sim.case.Findings
    """
    made = package(core, config, folder / "package", kind="fusesoc", bus="axis", vectors=1)
    wrapper = made.emitted.verilog.with_name(f"{made.module}.v")
    if fault is not None:
        text = wrapper.read_text()
        assert text.count(fault[0]) == 1, f"{fault[0]!r} is not in the wrapper once:\n{text}"
        wrapper.write_text(text.replace(*fault))
    inputs = _ended(core.vectors(config, vectors, seed))
    case = Case.from_values(_described(made), inputs, core.golden(config, inputs), seed)
    return run_cocotb([wrapper, made.emitted.verilog], case, folder, bench="axis_bench")


def _described(made):
    """Return ``interface.json`` in terms of the wrapper's ports."""
    interface = json.loads(made.emitted.interface.read_text())
    ports = interface["package"]
    own = {each["name"]: each for each in ports["streams"]}
    keys = ("interface", "payload", "valid", "ready", "last")
    streams = [
        {**each, **{key: own[each["name"]][key] for key in keys}} for each in interface["streams"]
    ]
    names = {key: ports[key] for key in ("module", "clock", "reset")}
    return {**interface, **names, "streams": streams}


def _ended(inputs):
    """Return the inputs with a last mark on the last token of every stream that has marks."""
    for fields in inputs.values():
        if "last" in fields:
            fields["last"] = fields["last"].copy()
            fields["last"][-1] = 1
    return inputs
