"""From a core and a board to a verified bitstream and its report."""

import hashlib
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path

import hwgen
from hwgen.errors import TargetMissedError
from hwgen.flow.cache import digest, sources_digest, stage
from hwgen.flow.emit import emit, emit_verilog, module_name, signature_ports
from hwgen.flow.lint import lint
from hwgen.flow.outputs import prepare_folder, write_file
from hwgen.flow.place import Device, pack, place
from hwgen.flow.report import BuildResult, json_text, markdown, resource_rows
from hwgen.flow.synthesise import synthesis_script, synthesise
from hwgen.flow.wrapper import registered_wrapper
from hwgen.tools import find

__all__ = ["StageEvent", "build", "default_folder"]

# where a core without a board is placed
_DEVICES = {"ecp5": Device("85k", "CABGA381", "6"), "ice40": Device("up5k", "sg48")}
# aim of the placer, in MHz, when nothing was asked for: beyond what any core reaches
_NO_TARGET = 400.0
_TOP = "top"


@dataclass(frozen=True)
class StageEvent:
    """Progress of a build: a stage has begun (``seconds`` is None) or finished.

    Parameters
    ----------
    stage : str
        ``"emit"``, ``"lint"``, ``"verify"``, ``"harness"``, ``"synthesise"``, ``"place"``,
        ``"pack"``, or ``"build"`` for the whole.
    finished : bool
    seconds : float or None
        Wall-clock time of the run that made the result.
    cached : bool
        Whether the result was found finished.
    """

    stage: str
    finished: bool
    seconds: float | None = None
    cached: bool = False


def build(
    core,
    config,
    board=None,
    folder=None,
    *,
    freq=None,
    seed=1,
    vectors=1000,
    options=(),
    progress=None,
):
    """Emit, lint, verify, synthesise, place and pack a core.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
        On a board, ``target`` becomes the board's fabric, and a ``freq`` that was left open the
        clock that the core will run at.
    board : hwgen.boards.Board, optional
        Without one, the core alone is synthesised for its target and placed without pins.
    folder : path, optional
        Output folder; `default_folder` otherwise.
    freq : float, optional
        Clock in MHz; otherwise the config's ``freq``, otherwise the board's oscillator.
    seed : int
        Seed of the placer and of the test vectors.
    vectors : int
        Operand sets to compare with the golden model; 0 leaves verification out.
    options : iterable of str
        Options for `hwgen.flow.synthesise.synthesise`.
    progress : callable, optional
        Called with a `StageEvent` at the start and the end of every stage.

    Returns
    -------
    BuildResult

    Raises
    ------
    TargetMissedError
        A clock is slower than asked for, or the design does not fit. The files are there when a
        clock is too slow; attribute ``result`` then holds the `BuildResult`.
    MismatchError
        The circuit differs from its golden model.
    MissingToolError, UsageError, HwgenError
        A tool is missing, the folder cannot be written, a tool failed.
    """
    if board:
        config = _on_board(config, board, freq)
    folder = prepare_folder(folder or default_folder(core, config, board))
    flow = _Flow(core, config, board, freq, seed, vectors, tuple(options), folder, progress)
    entry = flow.stage("build", flow.key, flow.run)
    result = _deliver(entry, folder)
    if result.missed:
        error = TargetMissedError(
            f"{'; '.join(result.missed)}; lower --freq, try another --seed, or see {folder}"
        )
        error.result = result
        raise error
    return result


def default_folder(core, config, board=None):
    """Return ``build/<core>-<digest of the config>-<board or target>``."""
    place = board.name if board else config.target
    return Path("build", f"{core.name}-{digest(config.as_dict())[:8]}-{place}")


def _on_board(config, board, freq):
    """Return the config with what the board decides: its fabric and, if left open, its clock."""
    clock = config.freq or freq or board.clock_hz / 1e6
    return replace(config, freq=clock, target=board.target)


class _Flow:
    """One build: what it depends on, and its stages."""

    def __init__(self, core, config, board, freq, seed, vectors, options, folder, progress):
        self.core, self.config, self.board = core, config, board
        self.seed, self.vectors, self.options = seed, vectors, options
        self.folder, self.progress = folder, progress
        self.target = board.target if board else config.target
        self.freq = freq or config.freq
        self.seconds = {}

    @cached_property
    def device(self):
        """The device to place for, or None."""
        if self.board:
            return Device.from_arguments(self.board.place_and_route[1:])
        return _DEVICES.get(self.target)

    @cached_property
    def tools(self):
        """The tools of this build by name."""
        names = ["yosys", "verilator"]
        names += ["c++"] if self.vectors else []
        names += [f"nextpnr-{self.target}"] if self.device else []
        names += [self.board.pack[0]] if self.board else []
        return {name: find(name) for name in names}

    @cached_property
    def key(self):
        """Everything that the build depends on."""
        return {
            "hwgen": [hwgen.__version__, sources_digest(), metadata.version("amaranth")],
            "core": [self.core.name, self.config.as_dict()],
            "board": asdict(self.board) if self.board else None,
            "choices": [self.freq, self.seed, self.vectors, self.options],
            "tools": [tool.identity for tool in self.tools.values()],
        }

    def stage(self, name, key, produce):
        """Run one stage through the cache and tell the listener."""
        tell = self.progress or (lambda event: None)
        tell(StageEvent(name, False))
        entry = stage(name, key, produce, failures=self.folder)
        self.seconds[name] = round(entry.seconds, 3)
        tell(StageEvent(name, True, entry.seconds, entry.cached))
        return entry

    def run(self, work):
        """Fill ``work`` with the files of the build and return the result as a dict."""
        emitted = self._emit()
        verilog = emitted.folder / emitted.result["verilog"]
        self._lint(verilog)
        verification = self._verify(emitted) if self.vectors else None
        if self.board:
            sources, top = [self._board_top() / f"{_TOP}.v"], _TOP
        else:
            sources, top = [verilog], emitted.result["module"]
        netlist = self._synthesise(sources, top)
        placed = self._place(netlist, verilog, top) if self.device else None
        files = {"verilog": verilog, "interface": emitted.folder / "interface.json"}
        files["synthesis_log"] = netlist.folder / "synthesis.log"
        if self.board:
            files["board_verilog"] = sources[0]
            files["bitstream"] = self._pack(placed)
        if placed:
            files["timing"] = placed.folder / "report.json"
            files["place_log"] = placed.folder / "place.log"
        names = {}
        for kind, path in files.items():
            names[kind] = "timing.json" if kind == "timing" else path.name
            shutil.copyfile(path, work / names[kind])
        return self._result(names, emitted, verification, netlist, placed).as_dict()

    def _emit(self):
        def produce(work):
            result = emit(self.core, self.config, work)
            return {
                "module": result.module,
                "verilog": result.verilog.name,
                "sha256": result.sha256,
                "latency": result.latency,
                "macs_per_cycle": result.macs_per_cycle,
            }

        names = ("hwgen", "core")
        key = [*(self.key[name] for name in names), self.tools["yosys"].identity]
        return self.stage("emit", key, produce)

    def _lint(self, verilog):
        key = [verilog.read_text(), self.tools["verilator"].identity, sources_digest()]
        self.stage("lint", key, lambda work: lint([verilog], module_name(self.core.name)) or {})

    def _verify(self, emitted):
        def produce(work):
            from hwgen.flow.verify import verify

            # the compiled simulations are of no further use; `hwgen verify` keeps them
            with tempfile.TemporaryDirectory(dir=work) as simulation:
                result = verify(
                    self.core,
                    self.config,
                    vectors=self.vectors,
                    seed=self.seed,
                    folder=simulation,
                )
            figures = {**result.as_dict(), "matched": result.matched}
            return {name: value for name, value in figures.items() if name != "verilog"}

        tools = [self.tools[name].identity for name in ("verilator", "c++")]
        key = [emitted.result["sha256"], self.key["hwgen"], self.vectors, self.seed, tools]
        return self.stage("verify", key, produce).result

    def _board_top(self):
        """Emit the core in its harness for the board; return the folder."""

        def produce(work):
            from hwgen.cores.bridge.identity import identity
            from hwgen.cores.bridge.top import board_top
            from hwgen.link.bist import expected_signature

            component = self.core.component(self.config)
            top = board_top(
                component,
                self.board,
                self.freq,
                name=self.core.name,
                identity=identity(self.core.name, self.config),
                signature=expected_signature(self.core, self.config, component),
            )
            text = emit_verilog(top, signature_ports(top), _TOP)
            write_file(work / f"{_TOP}.v", text)
            return {}

        key = [self.key[name] for name in ("hwgen", "core", "board")]
        return self.stage(
            "harness", [*key, self.freq, self.tools["yosys"].identity], produce
        ).folder

    def _synthesise(self, sources, top):
        def produce(work):
            result = synthesise(sources, top, self.target, work, options=self.options)
            return result.as_dict()

        script = synthesis_script(["design.v"], top, self.target, self.options)
        texts = [_content(path) for path in sources]
        return self.stage("synthesise", [script, texts, self.tools["yosys"].identity], produce)

    def _place(self, netlist, verilog, top):
        """Place the board's design, or the core with registers around it."""
        source = netlist.folder / "netlist.json"
        freq = self.board.frequency(self.freq) / 1e6 if self.board else self.freq or _NO_TARGET
        constraints = self.board.constraint_file if self.board else None

        def produce(work):
            design = source
            if not self.board:
                wrapper = work / "registered.v"
                serial = self.target == "ice40"
                wrapper.write_text(registered_wrapper(source, top, serial=serial))
                wrapped = synthesise(
                    [verilog, wrapper],
                    "registered",
                    self.target,
                    work / "wrapped",
                    options=self.options,
                )
                design = wrapped.netlist
            placed = place(
                design,
                self.device,
                work,
                constraints=constraints,
                freq=freq,
                seed=self.seed,
                out_of_context=not self.board and self.target == "ecp5",
            )
            return placed.as_dict()

        key = [_content(source), asdict(self.device), freq, self.seed]
        key += [_content(constraints) if constraints else None]
        key += [self.tools[f"nextpnr-{self.target}"].identity, sources_digest()]
        return self.stage("place", key, produce)

    def _pack(self, placed):
        """Return the path of the bitstream."""
        name = f"{self.core.name}-{self.board.name}{self.board.bitstream_suffix}"

        def produce(work):
            pack(placed.folder, work / name, self.board.pack)
            return {}

        tool = self.tools[self.board.pack[0]].identity
        key = [_content(placed.folder / "placed.config"), name, self.board.pack, tool]
        return self.stage("pack", key, produce).folder / name

    def _result(self, names, emitted, verification, netlist, placed):
        clocks = placed.result["clocks"] if placed else {}
        main = max(
            clocks.values(), key=lambda each: (each["target_mhz"], -each["fmax_mhz"]), default=None
        )
        fmax = main["fmax_mhz"] if main else None
        has_target = bool(self.board or self.freq)
        target = main["target_mhz"] if main and has_target else None
        runs_at = target or fmax
        latency, macs = emitted.result["latency"], emitted.result["macs_per_cycle"]
        missed = [
            f"clock {name} reaches {each['fmax_mhz']:g} MHz, less than its target of "
            f"{each['target_mhz']:g} MHz"
            for name, each in clocks.items()
            if has_target and each["fmax_mhz"] < each["target_mhz"]
        ]
        return BuildResult(
            core=self.core.name,
            board=self.board.name if self.board else None,
            target=self.target,
            device=self.device.name if self.device else None,
            config=self.config.as_dict(),
            folder="",
            files=names,
            rows=resource_rows(
                netlist.result["counts"],
                self.target,
                capacity=asdict(self.board.capacity) if self.board else None,
                utilization=placed.result["utilization"] if placed else {},
            ),
            fmax_mhz=fmax,
            target_mhz=target,
            clocks=clocks,
            latency_cycles=latency,
            latency_ns=round(1000 * latency / runs_at, 2) if runs_at else None,
            macs_per_cycle=macs,
            macs_per_second=macs * fmax * 1e6 if macs and fmax else None,
            verification=verification,
            seconds=dict(self.seconds),
            tools={name: f"{tool.version} ({tool.source})" for name, tool in self.tools.items()},
            missed=tuple(missed),
        )


def _deliver(entry, folder):
    """Copy a finished build into the output folder and write its reports."""
    result = BuildResult.from_dict(entry.result)
    files = {}
    for kind, name in result.files.items():
        content = (entry.folder / name).read_bytes()
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            write_file(path, content)
        files[kind] = str(path)
    files["report"] = str(folder / "report.json")
    files["report_text"] = str(folder / "report.md")
    result = replace(result, folder=str(folder), files=files, cached=entry.cached)
    write_file(folder / "report.json", json_text(result))
    write_file(folder / "report.md", markdown(result))
    return result


def _content(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
