"""From Verilog to a shared library: one of two simulator back ends and the driver around it."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from hwgen.errors import HwgenError, UsageError, nearest
from hwgen.sim.toolchain import (
    cache_folder,
    compiler,
    run_yosys,
    verilator_root,
    yosys_share,
)
from hwgen.tools.process import run_checked

__all__ = ["BACKENDS", "VERILATOR_DEFINES", "build_library", "verilator_runtime"]

BACKENDS = ("verilator", "cxxrtl")

_DRIVER = Path(__file__).with_name("driver.cpp")
VERILATOR_DEFINES = (
    "-DVERILATOR=1",
    *(f"-DVM_{name}=0" for name in ("COVERAGE", "SC", "TIMING", "TRACE", "TRACE_FST", "TRACE_VCD")),
)
# a port that is a register is a wire, with a current value; any other port is a value
_CXXRTL_BYTES = (
    "template <size_t N> uint32_t *bytes_of(cxxrtl::value<N> &port) { return port.data; }",
    "template <size_t N> uint32_t *bytes_of(cxxrtl::wire<N> &port) { return port.curr.data; }",
)
_RUNTIME = ("verilated", "verilated_threads")


def build_library(verilog, interface, folder, *, backend, optimize, controls):
    """Compile Verilog and the driver into a shared library, or return the one built before.

    Parameters
    ----------
    verilog : list of pathlib.Path
        Source files.
    interface : dict
        Contents of ``interface.json``.
    folder : pathlib.Path
        Where libraries are kept, named by the digest of everything that goes into them.
    backend : str
        ``"verilator"`` or ``"cxxrtl"``.
    optimize : int
        Level of the C++ compiler, 0 to 3: 0 compiles fastest, 2 runs fastest.
    controls : dict of str to int
        Names and widths (at most 32) of further input ports.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    HwgenError
        The Verilog does not compile.
    MissingToolError
        A compiler is missing.
    """
    if backend not in BACKENDS:
        raise UsageError(
            f"backend must be one of {', '.join(BACKENDS)}, not {backend!r}"
            f"{nearest(backend, BACKENDS)}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    streams = interface["streams"]
    identity = hashlib.sha256(
        json.dumps([backend, optimize, streams, interface["module"], controls]).encode()
    )
    for path in [_DRIVER, Path(__file__), *verilog]:
        identity.update(hashlib.sha256(path.read_bytes()).digest())
    library = folder / f"{interface['module']}-{backend}-{identity.hexdigest()[:16]}.so"
    if library.exists():
        return library
    work = Path(tempfile.mkdtemp(prefix=".build-", dir=folder))
    try:
        compile_backend = {"verilator": _with_verilator, "cxxrtl": _with_cxxrtl}[backend]
        for number, path in enumerate(verilog):
            shutil.copyfile(path, work / f"source{number}.v")
        sources = [f"source{number}.v" for number in range(len(verilog))]
        compile_backend(work, sources, interface, controls, optimize)
        os.replace(work / "model.so", library)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return library


def _with_verilator(work, sources, interface, controls, optimize):
    root = verilator_root()
    include = root / "include"
    command = [root / "bin/verilator_bin", "--cc", "-O3", "--x-assign", "fast", "--no-timing"]
    command += ["-Wno-fatal", "-Wno-lint", "-Wno-style", "--prefix", "Vdut", "-Mdir", "."]
    command += ["--top-module", interface["module"], *sources]
    environment = {"VERILATOR_ROOT": str(root)}
    run_checked(command, cwd=work, what="compiling Verilog with Verilator", env=environment)
    ports = {name: f"top.{name.replace('__', '___05F')}" for name in _port_names(interface)}
    ports |= {name: f"top.{name.replace('__', '___05F')}" for name in controls}
    _write_dut(
        work,
        ['#include "Vdut.h"'],
        ["VerilatedContext context;", "Vdut top{&context};", "void eval() { top.eval(); }"],
        ports,
        interface,
        controls,
    )
    generated = [path.name for path in sorted(work.glob("Vdut*.cpp"))]
    text = "".join(f'#include "{name}"\n' for name in [*generated, "driver.cpp"])
    (work / "all.cpp").write_text(text)
    shutil.copyfile(_DRIVER, work / "driver.cpp")
    flags = [f"-I{include}", f"-I{include}/vltstd", *VERILATOR_DEFINES]
    _compile(work, flags, optimize, verilator_runtime(root))


def _with_cxxrtl(work, sources, interface, controls, optimize):
    runtime = yosys_share() / "include/backends/cxxrtl/runtime"
    script = [f"read_verilog -sv -nosynthesis {name}" for name in sources]
    script += [f"hierarchy -top {interface['module']}", "proc", "flatten", "opt_expr", "opt_clean"]
    script += ["write_cxxrtl -g0 top.cc"]
    run_yosys(script, cwd=work, what="compiling Verilog with Yosys CXXRTL")
    ports = {name: f"*bytes_of(top.p_{_cxxrtl_name(name)})" for name in _port_names(interface)}
    ports |= {name: f"*bytes_of(top.p_{_cxxrtl_name(name)})" for name in controls}
    _write_dut(
        work,
        ['#include "top.cc"', *_CXXRTL_BYTES],
        [
            f"cxxrtl_design::p_{_cxxrtl_name(interface['module'])} top;",
            "void eval() { top.step(); }",
        ],
        ports,
        interface,
        controls,
    )
    (work / "all.cpp").write_text('#include "driver.cpp"\n')
    shutil.copyfile(_DRIVER, work / "driver.cpp")
    _compile(work, [f"-I{runtime}"], max(2, optimize), [])


def _port_names(interface):
    names = [interface["clock"], interface["reset"]]
    for stream in interface["streams"]:
        names += [stream["payload"], stream["valid"], stream["ready"]]
    return names


def _cxxrtl_name(name):
    return name.replace("_", "__")


def _write_dut(work, includes, members, ports, interface, controls):
    """Write the header that gives the driver every port as bytes."""

    def pointer(name):
        return f"reinterpret_cast<uint8_t *>(&{ports[name]})"

    def table(direction):
        rows = [
            f"{{{pointer(each['payload'])}, {(each['width'] + 7) // 8}, {each['width'] % 8}, "
            f"{pointer(each['valid'])}, {pointer(each['ready'])}}}"
            for each in interface["streams"]
            if each["direction"] == direction
        ]
        return len(rows), ", ".join(rows)

    input_count, inputs = table("input")
    output_count, outputs = table("output")
    control_rows = ", ".join(
        f"{{{pointer(name)}, {1 if width <= 8 else 2 if width <= 16 else 4}}}"
        for name, width in (controls or {}).items()
    )
    lines = [*includes, "struct Dut {"]
    lines += [f"    static constexpr unsigned INPUTS = {input_count}, OUTPUTS = {output_count};"]
    lines += [f"    {member}" for member in members]
    lines += [
        f"    uint8_t *clock = {pointer(interface['clock'])};",
        f"    uint8_t *reset = {pointer(interface['reset'])};",
        f"    Port inputs[{input_count}] = {{{inputs}}};",
        f"    Port outputs[{output_count}] = {{{outputs}}};",
        f"    Control controls[{max(1, len(controls))}] = {{{control_rows or '{nullptr, 0}'}}};",
        "};",
    ]
    (work / "dut.h").write_text("\n".join(lines) + "\n")


def _compile(work, flags, optimize, objects):
    command = [*compiler(), "-std=c++17", f"-O{optimize}", "-fPIC", "-shared", "-w"]
    command += ["-fvisibility=hidden", "-Wl,-Bsymbolic", *flags, "-I.", "all.cpp", *objects]
    run_checked([*command, "-pthread", "-o", "model.so"], cwd=work, what="compiling the model")


def verilator_runtime(root):
    """Return the object files of Verilator's own library, compiled once for all models."""
    include = root / "include"
    version = (include / "verilated_config.h").read_bytes()
    identity = hashlib.sha256(version + " ".join(compiler()).encode() + str(root).encode())
    folder = cache_folder() / f"verilator-{identity.hexdigest()[:16]}"
    objects = [folder / f"{name}.o" for name in _RUNTIME]
    if all(path.exists() for path in objects):
        return objects
    folder.mkdir(exist_ok=True)
    for name, path in zip(_RUNTIME, objects, strict=True):
        with tempfile.TemporaryDirectory(dir=folder) as work:
            command = [*compiler(), "-std=c++17", "-O1", "-fPIC", "-w", *VERILATOR_DEFINES]
            command += [f"-I{include}", f"-I{include}/vltstd", "-c", include / f"{name}.cpp"]
            run_checked(
                [*command, "-o", "object.o"], cwd=work, what="compiling Verilator's library"
            )
            os.replace(Path(work, "object.o"), path)
    if not all(path.exists() for path in objects):
        raise HwgenError(f"Verilator's library could not be kept in {folder}; check the disk")
    return objects
