"""The regression of a wrapped core inside the simulator: AXI4-Stream models of cocotbext-axi.

The folder in ``HWGEN_CASE`` holds the case, described in the wrapper's own port names; figures and
failures go back through ``findings.json``, as those of ``hwgen.sim.bench`` do. On inputs, padding
and the payload's bit for the field ``last`` are random: neither may matter.
"""

import json
import logging
import os
import random
from itertools import repeat
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

from hwgen.errors import MismatchError
from hwgen.sim.case import Case
from hwgen.sim.report import first_mismatch, mismatch_error
from hwgen.sim.streams import streams_of
from hwgen.sim.timing import check_timing

FOLDER = Path(os.environ["HWGEN_CASE"])
QUIET_CYCLES = 200


class Port:
    """One AXI4-Stream interface of the wrapper and the tokens that belong to it."""

    def __init__(self, bench, stream, tokens, model):
        circuit, facts = bench.circuit, bench.facts[stream.name]
        self.stream, self.tokens, self.marked = stream, tokens, facts["last"] is not None
        self.bus = AxiStreamBus.from_prefix(circuit, facts["interface"])
        self.model = model(self.bus, circuit.aclk, circuit.aresetn, reset_active_level=False)
        self.model.log.setLevel(logging.WARNING)
        self.cycles = []
        bit = stream.lsb("last") if self.marked else 0
        self.byte, self.mask = bit // 8, 1 << bit % 8

    def frames(self, tokens):
        """Return tokens in groups: up to every last mark, or all in one."""
        if not self.marked:
            return [tokens]
        ends = np.flatnonzero(tokens[:, self.byte] & self.mask) + 1
        return [part for part in np.split(tokens, ends) if len(part)]

    def send(self, noise):
        """Queue all tokens; bits that must not matter are random."""
        sent = self.tokens.copy()
        ignored = np.zeros(sent.shape[1], np.uint8)
        padding = 8 * sent.shape[1] - self.stream.width
        ignored[-1] = 0xFF << (8 - padding) & 0xFF
        if self.marked:
            ignored[self.byte] |= self.mask
        sent ^= noise.integers(0, 256, sent.shape, dtype=np.uint8) & ignored
        start = 0
        for frame in self.frames(self.tokens):
            self.model.send_nowait(AxiStreamFrame(sent[start : start + len(frame)].tobytes()))
            start += len(frame)

    def received(self):
        """Return the tokens of all frames that came out, and the number of tokens in each."""
        frames = []
        while not self.model.empty():
            frames.append(bytes(self.model.recv_nowait()))
        data = np.frombuffer(b"".join(frames), np.uint8)
        size = self.tokens.shape[1]
        return data.reshape(-1, size), [len(frame) // size for frame in frames]

    async def watch(self, clock):
        """Note the cycles in which tokens move."""
        cycle = 0
        while True:
            await RisingEdge(clock)
            if self.bus.tvalid.value and self.bus.tready.value:
                self.cycles.append(cycle)
            cycle += 1


class Bench:
    """A source for every input of the wrapper, a sink for every output."""

    def __init__(self, circuit, part):
        self.circuit, self.part = circuit, part
        self.case = Case.load(FOLDER)
        self.facts = {each["name"]: each for each in self.case.interface["streams"]}
        inputs, outputs = streams_of(self.case.interface)
        self.sources = [
            Port(self, each, self.case.inputs[each.name], AxiStreamSource) for each in inputs
        ]
        self.sinks = [
            Port(self, each, self.case.expected[each.name], AxiStreamSink) for each in outputs
        ]

    async def reset(self):
        """Hold the reset, active low, for a few cycles."""
        self.circuit.aresetn.value = 0
        await ClockCycles(self.circuit.aclk, 3)
        self.circuit.aresetn.value = 1
        await RisingEdge(self.circuit.aclk)

    def pause(self, rate):
        """Let every source and sink pause in random cycles."""
        for each in (*self.sources, *self.sinks):
            pauses = random.Random(f"{self.case.seed} {self.part} {each.stream.name}")
            each.model.set_pause_generator(pauses.random() < rate for _ in repeat(None))

    async def run(self):
        """Send everything and wait until nothing has come out for a long time; return cycles."""
        noise = np.random.default_rng(self.case.seed)
        for each in self.sources:
            each.send(noise)
        watchers = [
            cocotb.start_soon(each.watch(self.circuit.aclk))
            for each in (*self.sources, *self.sinks)
        ]
        patience = QUIET_CYCLES + 4 * self.case.interface["latency"]
        moved, cycles = -1, 0
        while moved != (moved := sum(len(each.cycles) for each in (*self.sources, *self.sinks))):
            await ClockCycles(self.circuit.aclk, patience)
            cycles += patience
        for each in watchers:
            each.cancel()
        return cycles

    def compare(self):
        """Compare results and their grouping into frames with the golden model's."""
        for port in self.sinks:
            tokens, sizes = port.received()
            row = first_mismatch(port.tokens, tokens)
            if row is not None:
                shown = tokens[row] if row < len(tokens) else None
                raise mismatch_error(self.case, port.stream.name, row, shown, self.part)
            expected = [len(frame) for frame in port.frames(port.tokens)]
            if port.marked and sizes != expected:
                raise MismatchError(f"tlast of {port.stream.name!r} ends groups of {sizes[:20]}")


def note(key, value):
    """Keep a fact for the process that started the simulator; failures and cycles add up."""
    path = FOLDER / "findings.json"
    findings = json.loads(path.read_text()) if path.exists() else {}
    known = findings.get(key) if key in ("failures", "cycles") else None
    findings[key] = value if known is None else known + value
    path.write_text(json.dumps(findings))


def regression(function):
    """Make a cocotb test that leaves the reason of its failure for the parent process."""

    async def test(dut):
        dut.aresetn.value = 1
        Clock(dut.aclk, 10, unit="ns").start()
        bench = Bench(dut, function.__name__)
        await bench.reset()
        try:
            await function(bench)
        except Exception as error:
            note("failures", [f"{str(error) or repr(error)} [{function.__name__}]"])
            raise

    test.__name__ = test.__qualname__ = function.__name__
    test.__doc__ = function.__doc__
    return cocotb.test()(test)


@regression
async def results_at_full_speed(bench):
    """Without pauses: every result, and the latency and interval of the core by itself."""
    note("cycles", await bench.run())
    bench.compare()
    latency, interval = check_timing(
        bench.case.interface, bench.sources[0].cycles, bench.sinks[0].cycles
    )
    note("latency", latency)
    note("initiation_interval", interval)


@regression
async def results_with_random_pauses(bench):
    """With both sides pausing at random."""
    bench.pause(0.4)
    note("cycles", await bench.run())
    bench.compare()


@regression
async def results_after_a_reset_in_the_middle(bench):
    """A reset while tokens are under way loses them all, and nothing else."""
    for each in bench.sinks:
        each.model.pause = True
    noise = np.random.default_rng(bench.case.seed)
    for each in bench.sources:
        each.send(noise)
    await ClockCycles(bench.circuit.aclk, bench.case.interface["latency"] + 8)
    for each in bench.sources:
        each.model.clear()
    await bench.reset()
    for each in bench.sinks:
        each.model.pause = False
        if each.bus.tvalid.value:
            raise MismatchError(f"{each.stream.name!r} is valid after a reset")
    note("cycles", await bench.run())
    bench.compare()
