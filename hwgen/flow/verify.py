"""Prove a configured core bit-exact in simulation: what ``hwgen verify`` does."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError, nearest
from hwgen.flow.emit import emit
from hwgen.sim.streams import streams_of

__all__ = ["SIMULATORS", "TIERS", "VerifyResult", "all_codes", "synthesised", "verify"]

TIERS = ("both", "compiled", "cocotb")
SIMULATORS = ("verilator", "cxxrtl", "icarus")

_EXHAUSTIVE_BITS = 20
_CHUNK = 1 << 17
_CHUNK_CYCLES = 1 << 21
_COCOTB_VECTORS, _COCOTB_CYCLES = 1000, 1 << 14


@dataclass(frozen=True)
class VerifyResult:
    """What a verification that found no difference was made of.

    Parameters
    ----------
    vectors : int
        Results compared with the golden model, each at full speed.
    seed : int
        Seed of random vectors and stalls.
    cycles : int
        Clock cycles simulated, all tiers together.
    exhaustive : bool
        Whether the vectors were all codes that the inputs can take.
    findings : tuple of Findings
        One a tier and netlist.
    verilog : pathlib.Path
        What was verified.
    """

    vectors: int
    seed: int
    cycles: int
    exhaustive: bool
    findings: tuple
    verilog: Path

    @property
    def matched(self):
        """Number of results that equal the golden model's: all, or `verify` had raised."""
        return self.vectors

    @property
    def latency(self):
        """Measured latency in clock cycles."""
        return self.findings[0].latency

    @property
    def initiation_interval(self):
        """Measured initiation interval in clock cycles."""
        return self.findings[0].initiation_interval

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        return {
            "vectors": self.vectors,
            "matched": self.matched,
            "seed": self.seed,
            "cycles": self.cycles,
            "exhaustive": self.exhaustive,
            "latency": self.latency,
            "initiation_interval": self.initiation_interval,
            "tiers": [
                {
                    "tier": each.tier,
                    "simulator": each.simulator,
                    "netlist": each.netlist,
                    "vectors": each.vectors,
                    "cycles": each.cycles,
                }
                for each in self.findings
            ],
            "verilog": str(self.verilog),
        }


def verify(
    core,
    config,
    *,
    folder,
    vectors=1000,
    seed=0,
    simulator="verilator",
    tier="both",
    post_synth=False,
    waves=None,
    progress=None,
):
    """Compare a core's emitted Verilog with its golden model, bit for bit.

    Where the inputs take at most 2**20 codes in all, every one of them is tried, however few
    vectors were asked for.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
    folder : path
        Keeps the Verilog and the compiled simulations.
    vectors : int
        Operand sets: directed ones first, then random ones. The cocotb tier takes the first
        1000.
    seed : int
        Seed of random vectors, stalls and probes.
    simulator : str
        ``"verilator"`` for both tiers, ``"cxxrtl"`` for the compiled tier only, ``"icarus"`` for
        the cocotb tier only.
    tier : str
        ``"compiled"``: a compiled model, millions of vectors; ``"cocotb"``: with a protocol
        monitor; ``"both"``: whatever the simulator can do.
    post_synth : bool
        Verify the netlist that synthesis makes for the config's target as well.
    waves : path, optional
        File for the waveforms of the cocotb tier.
    progress : callable, optional
        Called with a line of text before each step.

    Returns
    -------
    VerifyResult

    Raises
    ------
    MismatchError
        A result, a stream rule, the latency or the initiation interval is wrong.
    UsageError
        A choice above does not exist or does not fit another.
    MissingToolError
        A tool is missing.
    """
    tiers = _tiers(simulator, tier, vectors, waves)
    say = progress or (lambda text: None)
    say("emitting Verilog")
    emitted = emit(core, config, folder)
    interface = json.loads(Path(emitted.interface).read_text())
    designs = [("rtl", Path(emitted.verilog))]
    if post_synth:
        say("synthesising")
        designs.append(("netlist", synthesised(emitted, config, Path(folder))))
    inputs = all_codes(interface) if interface["initiation_interval"] == 1 else None
    exhaustive = inputs is not None
    findings = []
    for kind, verilog in designs:
        for each in tiers:
            say(f"{each} tier, {simulator}, {kind}")
            run = _compiled if each == "compiled" else _cocotb
            plan = _Plan(core, config, interface, vectors, seed, inputs)
            keep = waves if kind == "rtl" else None
            findings.append(run(plan, verilog, Path(folder), simulator, kind, keep))
    return VerifyResult(
        vectors=max(each.vectors for each in findings),
        seed=seed,
        cycles=sum(each.cycles for each in findings),
        exhaustive=exhaustive and "compiled" in tiers,
        findings=tuple(findings),
        verilog=Path(emitted.verilog),
    )


def all_codes(interface):
    """Return every combination of input codes, or None where there are more than 2**20.

    They come in a random order that is always the same, so that any part of them is a sample.
    The answer means something for cores without memory between tokens only; so a core that keeps
    state, whose input stream has a field ``first`` or ``last``, or that answers with blocks of
    several beats, gets None.

    Returns
    -------
    dict of str to dict of str to numpy.ndarray, or None
        Codes of every field, as a golden model takes them.
    """
    inputs, outputs = streams_of(interface)
    config = interface["config"]
    answers = {field.name for stream in outputs for field in stream.fields}
    several_beats = "scale" in answers and config["lanes"] < config["k"]
    if interface.get("keeps_state") or several_beats:
        return None
    names = {field.name for stream in inputs for field in stream.fields}
    if len(inputs) != 1 or inputs[0].width > _EXHAUSTIVE_BITS or names & {"first", "last"}:
        return None
    from hwgen.catalogue import payload

    codes = np.random.default_rng(1).permutation(1 << inputs[0].width).astype("<u4")
    size = payload.payload_bytes(inputs[0])
    payloads = np.ascontiguousarray(codes.view(np.uint8).reshape(-1, 4)[:, :size])
    return {inputs[0].name: payload.unpack(inputs[0], payloads)}


@dataclass(frozen=True)
class _Plan:
    """Where vectors come from."""

    core: object
    config: object
    interface: dict
    vectors: int
    seed: int
    inputs: dict | None

    @property
    def beats(self):
        """Input tokens of a result."""
        return self.interface.get("result_beats", self.interface["initiation_interval"])

    @property
    def chunk(self):
        """Most input tokens of a case: memory, and time where a result takes many cycles."""
        cycles = -(-self.interface["initiation_interval"] // self.beats)
        return min(_CHUNK, max(16, _CHUNK_CYCLES // cycles))

    @property
    def cocotb_vectors(self):
        """Results that the slow tier compares."""
        cycles = self.interface["initiation_interval"]
        return min(self.vectors, _COCOTB_VECTORS, max(16, _COCOTB_CYCLES // cycles))

    def case(self, results, number=0):
        """Return a case of about ``results`` results or more, at most one chunk of tokens.

        Parameters
        ----------
        results : int
            Results wanted; directed vectors first, so that there may be more.
        number : int
            Number of the chunk; each has its own random vectors.
        """
        from hwgen.sim.case import Case

        seed = self.seed
        if number:
            seed = int(np.random.SeedSequence([abs(self.seed), number]).generate_state(1)[0])
        most = self.chunk
        tokens = min(most, results * self.beats)
        values = self.core.vectors(self.config, tokens, seed)
        expected = self.golden(values)
        found = _tokens(expected)
        if found < results and tokens < most:
            tokens = min(most, -(-tokens * results * 5 // (found * 4)))
            values = self.core.vectors(self.config, tokens, seed)
            expected = self.golden(values)
        return Case.from_values(self.interface, values, expected, self.seed)

    def chunks(self):
        """Yield the cases of the compiled tier: all codes, or directed and random vectors."""
        from hwgen.sim.case import Case

        if self.inputs is None:
            done = number = 0
            while done < self.vectors:
                case = self.case(self.vectors - done, number)
                yield case
                done, number = done + case.results, number + 1
            return
        (name, fields), *_ = self.inputs.items()
        total = _tokens(self.inputs)
        for start in range(0, total, _CHUNK):
            part = {name: {key: data[start : start + _CHUNK] for key, data in fields.items()}}
            yield Case.from_values(self.interface, part, self.golden(part), self.seed)

    def golden(self, values):
        return self.core.golden(self.config, values)


def _tokens(values):
    """Return the number of tokens in arrays of codes by stream and field."""
    fields = next(iter(values.values()))
    return len(next(iter(fields.values())))


def _compiled(plan, verilog, folder, simulator, kind, waves):
    from dataclasses import replace

    from hwgen.sim.compiled_tier import check_values, run_compiled
    from hwgen.sim.model import CompiledModel

    many = plan.inputs is not None or plan.vectors > plan.chunk // 8
    model = CompiledModel(
        verilog,
        plan.interface,
        folder / "simulation",
        backend=simulator,
        optimize=2 if many and kind == "rtl" else 0,
    )
    chunks = plan.chunks()
    findings = run_compiled(model, next(chunks))
    vectors, cycles = findings.vectors, findings.cycles
    for case in chunks:
        cycles += check_values(model, case)
        vectors += case.results
    return replace(findings, vectors=vectors, cycles=cycles, netlist=kind)


def _cocotb(plan, verilog, folder, simulator, kind, waves):
    from dataclasses import replace

    from hwgen.sim.cocotb_tier import run_cocotb

    case = plan.case(plan.cocotb_vectors)
    findings = run_cocotb(verilog, case, folder / "simulation", simulator=simulator, waves=waves)
    return replace(findings, netlist=kind)


def _tiers(simulator, tier, vectors, waves):
    if vectors < 1:
        raise UsageError(f"vectors must be at least 1, not {vectors!r}")
    for name, value, allowed in (("simulator", simulator, SIMULATORS), ("tier", tier, TIERS)):
        if value not in allowed:
            raise UsageError(
                f"{name} must be one of {', '.join(allowed)}, not {value!r}"
                f"{nearest(value, allowed)}"
            )
    able = {"verilator": ["compiled", "cocotb"], "cxxrtl": ["compiled"], "icarus": ["cocotb"]}
    tiers = [each for each in able[simulator] if tier in ("both", each)]
    if not tiers:
        raise UsageError(
            f"tier must be {able[simulator][0]!r} with simulator {simulator!r}, not {tier!r}"
        )
    if waves is not None and "cocotb" not in tiers:
        raise UsageError("waves need the cocotb tier: simulator 'verilator' or 'icarus'")
    if simulator == "icarus":
        from hwgen.sim.toolchain import icarus

        icarus()
    return tiers


def synthesised(emitted, config, folder):
    """Synthesise for the config's target and return the netlist as a file of plain Verilog."""
    from hwgen.flow.synthesise import synthesise
    from hwgen.sim.netlist import behavioral_netlist

    target = getattr(config, "target", "ecp5")
    work = folder / "simulation" / "synthesis"
    shutil.rmtree(work, ignore_errors=True)
    result = synthesise([emitted.verilog], emitted.module, target, work)
    path = folder / "simulation" / f"{emitted.module}-{target}.v"
    return behavioral_netlist(result.verilog, emitted.module, target, path)
