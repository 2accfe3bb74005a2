"""The regression that runs inside the simulator: cocotb tests for any core with streams.

The folder in the environment variable ``HWGEN_CASE`` holds the `Case`; what went wrong, and the
figures measured, go back through ``findings.json`` in the same folder.
"""

import json
import os
import random
from pathlib import Path

import cocotb
import numpy as np

from hwgen.sim.case import Case
from hwgen.sim.handshake import Clocked, Pauses, Sink, Source, StreamRuleError
from hwgen.sim.report import first_mismatch, mismatch_error
from hwgen.sim.streams import streams_of
from hwgen.sim.timing import check_timing, quiet_limit

_FOLDER = Path(os.environ["HWGEN_CASE"])
_PROBE_RATE = 0.125


class Bench:
    """A case wired to the circuit: one source an input stream, one sink an output stream."""

    def __init__(self, circuit, stalls, *, probes=_PROBE_RATE, patient=False, part="all"):
        self.circuit = circuit
        self.case = Case.load(_FOLDER)
        self.stalls = stalls
        self._part = part
        inputs, outputs = streams_of(self.case.interface)
        seeds = random.Random(f"{self.case.seed} {part} {stalls}")
        self.sources = [
            Source(circuit, each, _integers(self.case.inputs[each.name]), Pauses(stalls, seed))
            for each, seed in ((each, seeds.random()) for each in inputs)
        ]
        self.sinks = [
            Sink(
                circuit,
                each,
                Pauses(stalls, seeds.random()),
                len(self.case.expected[each.name]),
                patient,
            )
            for each in outputs
        ]
        self.clocked = Clocked(circuit, self.sources, self.sinks, Pauses(probes, seeds.random()))
        timing = self.case.interface
        self._quiet_limit = quiet_limit(timing)

    async def run(self, cycles=None):
        """Clock until all tokens are sent and the core is quiet, or for a number of cycles.

        The first two cycles offer nothing: a core that has just been reset must keep silent.
        """
        for _ in range(2):
            await self.clocked.step(offer=False)
        quiet = 0
        while quiet < self._quiet_limit and (cycles is None or self.clocked.cycle < cycles):
            moved, paused = await self.clocked.step()
            quiet = 0 if moved else quiet + (not paused)
        if cycles is None:
            for source in self.sources:
                if not source.done:
                    raise StreamRuleError(
                        f"core stopped taking tokens at token {source.sent} of stream "
                        f"{source.ports.name!r}, seed {self.case.seed}"
                    )

    def compare(self):
        """Compare what came out with the golden model's results."""
        _, outputs = streams_of(self.case.interface)
        for stream, sink in zip(outputs, self.sinks, strict=True):
            expected = self.case.expected[stream.name]
            got = _payloads(sink.tokens, expected.shape[1])
            row = first_mismatch(expected, got)
            if row is not None:
                shown = got[row] if row < len(got) else None
                tier = f"cocotb, {self._part}, {self.stalls:.0%} stalls"
                raise mismatch_error(self.case, stream.name, row, shown, tier)


def _integers(tokens):
    return [int.from_bytes(token.tobytes(), "little") for token in tokens]


def _payloads(tokens, size):
    data = b"".join(token.to_bytes(size, "little") for token in tokens)
    return np.frombuffer(data, np.uint8).reshape(len(tokens), size)


def _note(key, value):
    """Keep a fact for the process that started the simulator; failures and cycles add up."""
    path = _FOLDER / "findings.json"
    findings = json.loads(path.read_text()) if path.exists() else {}
    findings[key] = (
        findings[key] + value if key in ("failures", "cycles") and key in findings else value
    )
    path.write_text(json.dumps(findings))


def regression(function):
    """Make a cocotb test that leaves the reason of its failure for the parent process."""

    async def test(dut):
        dut.clk.value = 0
        await Clocked.reset(dut)
        try:
            await function(dut)
        except Exception as error:
            _note("failures", [f"{str(error) or repr(error)} [{function.__name__}]"])
            raise

    test.__name__ = test.__qualname__ = function.__name__
    test.__doc__ = function.__doc__
    return cocotb.test()(test)


@regression
async def results_at_full_speed(dut):
    """Without stalls: every result, the declared latency and initiation interval."""
    bench = Bench(dut, 0.0, probes=0.0)
    await bench.run()
    bench.compare()
    latency, interval = check_timing(
        bench.case.interface, bench.sources[0].cycles, bench.sinks[0].cycles
    )
    _note("latency", latency)
    _note("initiation_interval", interval)
    _note("cycles", bench.clocked.cycle)


@regression
async def results_with_random_stalls(dut):
    """With both sides pausing at random and the handshake probed for combinational paths."""
    bench = Bench(dut, 0.4)
    await bench.run()
    bench.compare()
    _note("cycles", bench.clocked.cycle)


@regression
async def results_for_a_sink_that_waits_for_valid(dut):
    """With a sink that is ready only once it has seen valid."""
    bench = Bench(dut, 0.1, patient=True, part="ready after valid")
    await bench.run()
    bench.compare()
    _note("cycles", bench.clocked.cycle)


@regression
async def recovery_from_reset_in_mid_stream(dut):
    """Reset at a random moment; afterwards nothing of the old stream may come out."""
    moment = random.Random(Case.load(_FOLDER).seed).randrange(2, 40)
    interrupted = Bench(dut, 0.25, part="before a reset")
    await interrupted.run(cycles=moment)
    for source in interrupted.sources:
        source.ports.valid.value = 0
    await Clocked.reset(dut, 1)
    bench = Bench(dut, 0.25, part=f"after a reset in cycle {moment}")
    await bench.run()
    bench.compare()
    _note("cycles", moment + bench.clocked.cycle)
