"""A core small enough to build in a second: adds two bytes."""

from dataclasses import asdict, dataclass
from types import SimpleNamespace

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.interface import Field, Stream

INPUT = Stream("i", "input", (Field("a", 8), Field("b", 8)))
OUTPUT = Stream("o", "output", (Field("sum", 9, format="integer"),))


@dataclass(frozen=True)
class AdderConfig:
    freq: float | None = None
    target: str = "ecp5"

    def as_dict(self):
        return asdict(self)


class Adder(wiring.Component):
    i: In(stream.Signature(INPUT.layout()))
    o: Out(stream.Signature(OUTPUT.layout()))

    streams = (INPUT, OUTPUT)
    latency = 1
    initiation_interval = 1
    macs_per_cycle = 2

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                self.o.p.sum.eq(self.i.p.a + self.i.p.b),
            ]
        return m


def golden(config, inputs):
    return {"o": {"sum": inputs["i"]["a"] + inputs["i"]["b"]}}


def vectors(config, count, seed):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 256, (2, count), dtype=np.uint64)
    return {"i": {"a": codes[0], "b": codes[1]}}


CORE = SimpleNamespace(
    name="toy-adder",
    component=lambda config: Adder(),
    golden=golden,
    vectors=vectors,
)
