"""From a component to plain Verilog-2001, one file, with ``interface.json`` beside it."""

import hashlib
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import hwgen
from hwgen.collector import no_garbage_collection
from hwgen.errors import UsageError
from hwgen.flow.outputs import prepare_folder, write_file
from hwgen.flow.ports import raw_ports
from hwgen.tools.yosys import run_script

__all__ = [
    "EmitResult",
    "describe_interface",
    "emit",
    "emit_verilog",
    "module_name",
    "signature_ports",
]

SCHEMA = "hwgen-interface/1"

_LOGIC_NOT = Path(__file__).with_name("logic_not.v")

# Registers and expressions under their own names instead of processes: a third of the size.
# The passes from opt_expr to opt_merge do what "opt -full" does, in two rounds instead of six.
_PASSES = """\
proc
flatten -separator _
memory_collect
opt_expr -full
opt_merge -nomux
opt_clean
opt_expr -full
opt_merge
opt_muxtree
opt_reduce -full
opt_merge
opt_dff
opt_clean
opt_expr -full
opt_merge
wreduce
pmuxtree
peepopt
opt_clean -purge
techmap -map logic_not.v
splitnets -driver
opt_clean -purge
write_verilog -noattr design.v
"""


@dataclass(frozen=True)
class EmitResult:
    """Files of one emitted core.

    Parameters
    ----------
    module : str
        Name of the Verilog module.
    verilog, interface : pathlib.Path
        The Verilog file, and the JSON description of its ports.
    sha256 : str
        SHA-256 of the Verilog file, in hexadecimal.
    latency : int
        Clock cycles from the last beat of an operation to its result.
    macs_per_cycle : int or None
        Multiply-accumulates a clock cycle, of cores that do such a thing.
    bench : tuple of pathlib.Path
        Test bench and vector files; empty when none were asked for.
    """

    module: str
    verilog: Path
    interface: Path
    sha256: str
    latency: int
    macs_per_cycle: int | None = None
    bench: tuple[Path, ...] = ()

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        return {
            "module": self.module,
            "verilog": str(self.verilog),
            "interface": str(self.interface),
            "verilog_sha256": self.sha256,
            "latency": self.latency,
            "bench": [str(path) for path in self.bench],
        }


def module_name(core_name):
    """Return the Verilog module name of a core: ``mx_dot`` for ``mx-dot``."""
    return re.sub(r"\W", "_", core_name)


def emit_verilog(
    elaboratable, ports=None, module_name="top", *, header="", libraries=None, modules=None
):
    """Convert an elaboratable to plain Verilog-2001 text, always the same for the same circuit.

    Parameters
    ----------
    elaboratable : amaranth Elaboratable
        Usually a ``wiring.Component``.
    ports : dict, optional
        Ports as Amaranth's back ends take them; by default the members of the component's
        signature and ``clk`` and ``rst`` of the domain ``sync``.
    module_name : str
        Name of the module.
    header : str
        Text for the comment at the top.
    libraries : iterable of path or VerilogModule, optional
        Verilog files, and modules, that the circuit instantiates; their text is appended, so that
        the result stands alone. By default the attribute ``verilog_libraries`` of
        ``elaboratable``, where it has one. Those whose module the result does not
        instantiate are left out.
    modules : dict of str to component, optional
        Elements that the circuit instantiates by name (``Instance(name, i_clk=..., i_rst=...,
        ...)``; further ports are the members of the component's signature) and that become
        modules of their own, each written once. By default the attribute ``verilog_modules`` of
        ``elaboratable``, where it has one. Everything else is one module.

    Returns
    -------
    str
        The module itself first, then the elements, then the libraries.
    """
    if libraries is None:
        libraries = getattr(elaboratable, "verilog_libraries", ())
    if modules is None:
        modules = getattr(elaboratable, "verilog_modules", {})
    with no_garbage_collection():
        designs = {module_name: _to_rtlil(elaboratable, ports, module_name)}
        designs |= {name: _to_rtlil(each, None, name) for name, each in modules.items()}
    with tempfile.TemporaryDirectory(prefix="hwgen-emit-") as folder:
        Path(folder, _LOGIC_NOT.name).write_bytes(_LOGIC_NOT.read_bytes())
        script = []
        for index, library in enumerate(libraries):
            stub = getattr(library, "stub", None) or Path(library).read_text()
            Path(folder, f"library{index}.v").write_text(stub)
            script.append(f"read_verilog -lib library{index}.v\n")
        for index, rtlil in enumerate(designs.values()):
            Path(folder, f"design{index}.il").write_text(rtlil)
            script.append(f"read_rtlil design{index}.il\n")
        script += [f"setattr -mod -set keep_hierarchy 1 {name}\n" for name in modules]
        run_script("".join(script) + _PASSES, cwd=folder, what="emitting Verilog")
        body = Path(folder, "design.v").read_text()
    comment = [f"Generated by hwgen {hwgen.__version__}.", *header.splitlines()]
    body = _clock_first(_plain_names(_in_order(_drop_banner(body), designs)))
    parts = ["".join(f"// {line}\n" for line in comment), body]
    parts += [
        _text_of(library).rstrip() + "\n" for library in libraries if _module_of(library) in body
    ]
    return "\n".join(parts)


def _in_order(text, names):
    """Return the modules of a Verilog text in the order of ``names``."""
    modules = re.findall(r"^module (\w+)(.*?^endmodule\n)", text, flags=re.MULTILINE | re.DOTALL)
    texts = {name: f"module {name}{rest}" for name, rest in modules}
    # Yosys escapes a name that is a keyword
    if keywords := [name for name in names if name not in texts]:
        raise UsageError(f"module name must not be a word of Verilog, but {keywords[0]!r} is one")
    return "\n".join(texts[name] for name in names)


def _text_of(library):
    return library.read_text() if hasattr(library, "read_text") else Path(library).read_text()


def _module_of(library):
    """Return the name of the module in a Verilog file."""
    return re.search(r"^module\s+(\w+)", _text_of(library), re.MULTILINE).group(1)


def signature_ports(component):
    """Return the members of a component's signature as the ports that `emit_verilog` takes."""
    from amaranth.hdl import Value
    from amaranth.hdl._ir import PortDirection
    from amaranth.lib import wiring

    ports = {}
    for path, member, value in component.signature.flatten(component):
        is_input = member.flow == wiring.In
        direction = PortDirection.Input if is_input else PortDirection.Output
        ports["__".join(map(str, path))] = (Value.cast(value), direction)
    return ports


def describe_interface(core, config, component, verilog_file, verilog_text, module=None):
    """Return the contents of ``interface.json``: how a machine reads an emitted core."""
    least = {"longest_pause": 2, "vector_beats": 2, "result_beats": 1, "shortest_interval": 1}
    optional = {
        name: value
        for name, above in least.items()
        if (value := getattr(component, name, 0)) >= above
    }
    return {
        "schema": SCHEMA,
        "core": core.name,
        "module": module or module_name(core.name),
        "clock": "clk",
        "reset": "rst",
        "streams": [stream.describe() for stream in component.streams],
        "latency": component.latency,
        "initiation_interval": component.initiation_interval,
        "keeps_state": getattr(component, "keeps_state", False),
        **optional,
        "config": config.as_dict(),
        "generator": f"hwgen {hwgen.__version__}",
        "verilog": verilog_file,
        "verilog_sha256": _sha256(verilog_text),
    }


@no_garbage_collection()
def emit(core, config, folder, *, vectors=0, seed=1, module=None):
    """Write a core's Verilog and ``interface.json`` into ``folder``.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
    folder : path
        Created where needed.
    vectors : int
        With more than 0, a self-checking Verilog test bench and that many test vectors are
        written as well.
    seed : int
        Seed of the random test vectors.
    module : str, optional
        Name of the Verilog module; by default that of the core. Two configurations of a core in
        one design need names of their own. Elements of the core are named after it as well.

    Returns
    -------
    EmitResult

    Raises
    ------
    UsageError
        The folder cannot be written, or ``module`` is not a Verilog identifier.
    """
    name = module or module_name(core.name)
    if not re.fullmatch(r"[A-Za-z_]\w*", name, flags=re.ASCII):
        raise UsageError(f"module name must be a Verilog identifier, not {name!r}")
    folder = prepare_folder(folder)
    component = core.component(config)
    header = f"Core {core.name}: {json.dumps(config.as_dict(), sort_keys=True)}"
    text = emit_verilog(component, module_name=name, header=header)
    if module:
        text = _own_modules(text, name, module_name(core.name))
    interface = describe_interface(core, config, component, f"{name}.v", text, name)
    verilog = write_file(folder / f"{name}.v", text)
    described = write_file(folder / "interface.json", json.dumps(interface, indent=2) + "\n")
    bench = ()
    if vectors:
        from hwgen.flow.bench_verilog import write_bench

        bench = write_bench(
            core,
            config,
            raw_ports(name, component.streams),
            component.latency,
            folder,
            sources=[verilog.name],
            vectors=vectors,
            seed=seed,
        )
    return EmitResult(
        name,
        verilog,
        described,
        interface["verilog_sha256"],
        component.latency,
        getattr(component, "macs_per_cycle", None),
        bench,
    )


def _own_modules(text, name, core_module):
    """Name every module but ``name`` after it, so that two cores fit one design."""
    for inner in re.findall(r"^module\s+(\w+)", text, flags=re.MULTILINE):
        if inner != name:
            own = f"{name}_{inner.removeprefix(core_module).removeprefix('hwgen').lstrip('_')}"
            text = re.sub(rf"\b{inner}\b", own, text)
    return text


def _to_rtlil(elaboratable, ports, name):
    """Convert to RTLIL; a component gets ``clk`` and ``rst`` even where nothing uses them."""
    from amaranth.back import rtlil
    from amaranth.hdl import ClockDomain, Fragment

    if ports is not None:
        return rtlil.convert(elaboratable, name=name, ports=ports, emit_src=False)
    fragment = Fragment.get(elaboratable, None)
    domain = ClockDomain("sync")
    fragment.add_domains(domain)
    text, _ = rtlil.convert_fragment(
        fragment, {**_clock_ports(domain), **signature_ports(elaboratable)}, name, emit_src=False
    )
    return text


def _clock_ports(domain):
    from amaranth.hdl._ir import PortDirection

    return {
        "clk": (domain.clk, PortDirection.Input),
        "rst": (domain.rst, PortDirection.Input),
    }


def _drop_banner(text):
    """Remove Yosys' first comment: it names the build of Yosys, not the circuit."""
    return re.sub(r"\A\s*/\* Generated by Yosys.*?\*/\s*", "", text, flags=re.DOTALL)


def _plain_names(text):
    """Replace escaped identifiers by plain ones that no other name in the text has."""
    taken = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"\\\S+\s", " ", text)))
    plain = {}

    def replace(match):
        escaped = match.group(1)
        if escaped not in plain:
            # a plain identifier is escaped because it is a word of Verilog
            word = f"{escaped}_net" if re.fullmatch(r"[A-Za-z]\w*", escaped) else escaped
            base = re.sub(r"\W+", "_", word).strip("_") or "net"
            base = base if not base[0].isdigit() else f"n_{base}"
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            taken.add(name)
            plain[escaped] = name
        return plain[escaped] + " "

    return re.sub(r"\\(\S+)\s", replace, text)


def _clock_first(text):
    """List the ports in a stable order that people expect: clk, rst, then as Yosys has them."""

    def sorted_ports(match):
        ports = match.group(2).split(", ")
        ports.sort(key=lambda name: ["clk", "rst", name].index(name))
        return match.group(1) + ", ".join(ports) + match.group(3)

    return re.sub(r"^(module \w+\()([^)]*)(\);)$", sorted_ports, text, flags=re.MULTILINE)


def _sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
