"""One core's figures on the open flow, kept in the build cache: the basis of several benchmarks."""

import platform

from hwgen import catalogue, targets
from hwgen.flow.cache import digest, stage
from hwgen.flow.characterise import characterise
from hwgen.flow.emit import emit_verilog
from hwgen.tools import find

__all__ = ["figures", "provenance", "versions"]

DEVICE = "85k"


def figures(core_name, options, *, seeds, mapping=None):
    """Return the figures of one configuration on ECP5-85F.

    Parameters
    ----------
    core_name : str
        Name in the catalogue.
    options : dict
        Options of the core.
    seeds : tuple of int
        Placements; Fmax is their median.
    mapping : str, optional
        Synthesis option; by default the core is mapped as ``hwgen build`` does it.

    Returns
    -------
    dict
        ``comb`` (LUT4 equivalents), ``ff``, ``dsp``, ``bram``, ``fmax`` in MHz, ``latency`` and
        ``initiation_interval`` in clock cycles; ``lutram`` (cells of distributed memory) where
        there are any.
    """
    core = catalogue.get(core_name)
    component = core.component(core.configure(options))
    verilog = emit_verilog(component, module_name=core_name.replace("-", "_"))

    def measure(folder):
        flags = (mapping,) if mapping else ()
        return characterise(
            verilog, device=DEVICE, seeds=seeds, options=flags, folder=folder
        ).as_dict()

    key = [digest(verilog), list(seeds), mapping, DEVICE, *versions()]
    found = stage("benchmark", key, measure).result
    counts = found["counts"]
    return {
        "comb": counts["lut_equivalents"],
        **{name: counts[name] for name in ("ff", "dsp", "bram")},
        **({"lutram": counts["lutram"]} if counts["lutram"] else {}),
        "fmax": found["fmax"],
        "latency": component.latency,
        "initiation_interval": component.initiation_interval,
    }


def versions():
    """Return the names, versions and commands of the tools that decide the figures."""
    synthesis = targets.get("ecp5").synthesis.command
    yosys, nextpnr = (f"{name} {find(name).version}" for name in ("yosys", "nextpnr-ecp5"))
    return [f"{yosys} ({synthesis})", nextpnr]


def provenance(seeds):
    """Return the lines that name the device, the tools and the machine."""
    placed = f"median of seeds {', '.join(map(str, seeds))}" if len(seeds) > 1 else "one placement"
    return (
        f"ECP5-85F speed grade 6, out of context, {placed};\n"
        f"{', '.join(versions())}; {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}."
    )
