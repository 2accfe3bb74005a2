"""Write a core as a package for one vendor's tool."""

import json
import re
from dataclasses import dataclass, replace
from math import floor

import hwgen
from hwgen.errors import UsageError
from hwgen.flow.bench_verilog import write_bench
from hwgen.flow.emit import EmitResult, emit
from hwgen.flow.lint import WAIVERS
from hwgen.flow.outputs import write_file
from hwgen.flow.packages.kinds import find_bus, find_kind
from hwgen.flow.packages.templates import render
from hwgen.flow.ports import axis_ports, raw_ports
from hwgen.sim.streams import streams_of

__all__ = ["PackageResult", "package"]

_VENDOR, _LIBRARY = "hwgen", "arithmetic"

_FAMILIES = {
    "xilinx7": ("artix7", "kintex7", "spartan7", "virtex7", "zynq"),
    "ultrascale_plus": ("artixuplus", "kintexuplus", "virtexuplus", "zynquplus"),
    "generic": (
        *("artix7", "kintex7", "spartan7", "virtex7", "zynq", "kintexu", "virtexu"),
        *("artixuplus", "kintexuplus", "virtexuplus", "zynquplus", "versal"),
    ),
}


@dataclass(frozen=True)
class PackageResult:
    """Files of one package.

    Parameters
    ----------
    emitted : EmitResult
        The core itself.
    kind, bus : str
        What was asked for.
    module : str
        Top module: the core, or its AXI4-Stream wrapper.
    files : dict of str to str
        Name of every file in the folder, and what it is.
    """

    emitted: EmitResult
    kind: str
    bus: str
    module: str
    files: dict[str, str]

    @property
    def paths(self):
        """Paths of all files."""
        return [self.emitted.verilog.parent / name for name in self.files]

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        return {
            **self.emitted.as_dict(),
            "package": self.kind,
            "bus": self.bus,
            "top": self.module,
            "files": [str(path) for path in self.paths],
        }


def package(core, config, folder, *, kind, bus="axis", vectors=1000, seed=1, module=None):
    """Write a core and everything that a vendor's tool needs to import it.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
    folder : path
        Created where needed.
    kind : str
        ``"vivado"``, ``"quartus"``, ``"radiant"`` or ``"fusesoc"``.
    bus : str
        ``"axis"``: a wrapper with AXI4-Stream ports; ``"raw"``: the core's own ports.
    vectors : int
        Test vectors of the Verilog test bench, at least 1.
    seed : int
        Seed of the random test vectors.
    module : str, optional
        Name of the core's Verilog module, as for `emit`; the wrapper is named after it.

    Returns
    -------
    PackageResult

    Raises
    ------
    UsageError
        No such package or bus, a fabric whose primitives the tool does not know, or a folder that
        cannot be written.
    """
    kind, bus = find_kind(kind), find_bus(bus)
    kind.check_target(config.target)
    if vectors < 1:
        raise UsageError(f"vectors must be at least 1 in a package, not {vectors!r}")
    emitted = emit(core, config, folder, module=module)
    folder = emitted.verilog.parent
    interface = json.loads(emitted.interface.read_text())
    streams = [stream for group in streams_of(interface) for stream in group]
    ports = (axis_ports if bus == "axis" else raw_ports)(emitted.module, streams)
    sources = [emitted.verilog.name] + ([f"{ports.module}.v"] if bus == "axis" else [])
    bench = write_bench(
        core,
        config,
        ports,
        emitted.latency,
        folder,
        sources=sources,
        vectors=vectors,
        seed=seed,
    )
    facts = _facts(core, interface, ports, kind) | {
        "sources": sources,
        "bench": [path.name for path in bench],
    }
    own = [file for file in kind.files if facts["freq"] or not file.constrains]
    files = _files(facts, own)
    made = {file.name.format(top=ports.module): render(file.template, facts) for file in own}
    if bus == "axis":
        made[f"{ports.module}.v"] = render("axis.v.j2", facts)
    made["README.md"] = render("readme.md.j2", facts | {"files": files.items()})
    made[f"{ports.module}.vlt"] = _waivers(emitted.module)
    described = {**interface, "package": {"kind": kind.name, **ports.describe()}}
    made["interface.json"] = json.dumps(described, indent=2) + "\n"
    for name, text in made.items():
        write_file(folder / name, text)
    return PackageResult(replace(emitted, bench=bench), kind.name, bus, ports.module, files)


@dataclass(frozen=True)
class _Port:
    """One port of the top module."""

    name: str
    is_input: bool
    width: int
    is_vector: bool
    meaning: str


def _all_ports(ports):
    """Return every port of the top module, clock and reset first."""
    level = "low" if ports.reset_active_low else "high"
    found = [
        _Port(ports.clock, True, 1, False, "clock, rising edge"),
        _Port(ports.reset, True, 1, False, f"synchronous reset, active {level}"),
    ]
    for each in ports.streams:
        name, forward = each.stream.name, each.is_input
        # a payload of one bit is no vector in the core's own Verilog
        vector = ports.bus == "axis" or each.width > 1
        meaning = f"payload of stream `{name}`"
        found.append(_Port(each.payload, forward, each.width, vector, meaning))
        if each.last:
            found.append(_Port(each.last, forward, 1, False, f"field `last` of stream `{name}`"))
        found.append(_Port(each.valid, forward, 1, False, "payload is valid"))
        found.append(_Port(each.ready, not forward, 1, False, "payload is taken"))
    return found


def _facts(core, interface, ports, kind):
    """Return what templates know about a core."""
    freq = interface["config"].get("freq")
    freq_hz = round(freq * 1e6) if freq else None
    target = interface["config"]["target"]
    return {
        "all_ports": _all_ports(ports),
        "config": interface["config"],
        "core": core.name,
        "families": _FAMILIES.get(target, ()),
        "freq": f"{freq:g}" if freq else None,
        "freq_hz": freq_hz,
        "initiation_interval": interface["initiation_interval"],
        "interfaces": ":".join(each.interface for each in ports.streams),
        "ip_version": ".".join(re.findall(r"\d+", hwgen.__version__)[:2]),
        "kind": kind.name,
        "latency": interface["latency"],
        "library": _LIBRARY,
        "module": interface["module"],
        # rounded down to picoseconds: never slower than what was asked for
        "period": f"{floor(1e6 / freq) / 1000:.3f}" if freq else None,
        "ports": ports,
        "summary": core.summary,
        "target": target,
        "tool": kind.tool,
        "vendor": _VENDOR,
        "version": hwgen.__version__,
        "vlnv": f"{_VENDOR}:{_LIBRARY}:{ports.module}:{hwgen.__version__}",
    }


def _files(facts, own):
    """Return name and meaning of every file in the package; ``own`` are those of its kind."""
    top = facts["ports"].module
    files = {facts["sources"][0]: "the core, Verilog-2001"}
    if facts["ports"].bus == "axis":
        files[f"{top}.v"] = "the core with AXI4-Stream ports"
    files["interface.json"] = "ports, fields and timing, for programs"
    files |= {file.name.format(top=top): file.meaning for file in own}
    files[f"{top}.vlt"] = "what Verilator's lint is excused from, and why"
    files[facts["bench"][0]] = "self-checking test bench, prints PASS or FAIL"
    files |= dict.fromkeys(facts["bench"][1:], "vectors of the test bench")
    return files | {"README.md": "this text"}


def _waivers(module):
    """Return the waivers of emitted Verilog, for the files of this core only."""
    scope = f'-file "*{module}*.v"'
    text = re.sub(r' -file "\*"', "", WAIVERS.read_text())
    return re.sub(r"^(lint_off -rule \w+)", rf"\1 {scope}", text, flags=re.MULTILINE)
