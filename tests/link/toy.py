"""Two small cores for the tests of bridge and link, each with its own definition."""

from dataclasses import asdict, dataclass
from types import SimpleNamespace

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.interface import Field, Stream


@dataclass(frozen=True)
class ToyConfig:
    """``group``: tokens per result; 1 is an adder without memory."""

    group: int = 1
    freq: float | None = None
    target: str = "ecp5"

    def as_dict(self):
        return asdict(self)


class ToySum(wiring.Component):
    """Sum of a + b over ``group`` tokens, modulo 2**19, and the count of tokens so far."""

    latency = 1
    initiation_interval = 1

    def __init__(self, config):
        self._group = config.group
        self.streams = (
            Stream("i", "input", (Field("a", 11, 3), Field("b", 8), Field("last", 1))),
            Stream("o", "output", (Field("total", 19), Field("count", 8))),
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.streams[0].layout())),
                "o": Out(stream.Signature(self.streams[1].layout())),
            }
        )

    def elaborate(self, platform):
        m = Module()
        position = Signal(range(self._group))
        total = Signal(19)
        count = Signal(8)
        a = self.i.payload.a
        grown = Signal(19)
        m.d.comb += [
            grown.eq(total + a[0] + a[1] + a[2] + self.i.payload.b),
            self.i.ready.eq(~self.o.valid | self.o.ready),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [total.eq(grown), position.eq(position + 1), count.eq(count + 1)]
            with m.If(position == self._group - 1):
                m.d.sync += [
                    total.eq(0),
                    position.eq(0),
                    self.o.valid.eq(1),
                    self.o.payload.total.eq(grown),
                    self.o.payload.count.eq(count + 1),
                ]
        return m


def golden(config, inputs):
    fields = inputs["i"]
    sums = fields["a"].sum(axis=1) + fields["b"]
    groups = len(sums) // config.group
    totals = sums[: groups * config.group].reshape(groups, config.group).sum(axis=1)
    counts = (np.arange(1, groups + 1, dtype=np.uint64) * np.uint64(config.group)) % 256
    return {"o": {"total": totals % 2**19, "count": counts}}


def vectors(config, count, seed):
    random = np.random.default_rng(seed)
    n = count * config.group
    a = random.integers(0, 2**11, (n, 3), dtype=np.uint64)
    b = random.integers(0, 2**8, n, dtype=np.uint64)
    # zeros and the largest values, in front of the random ones
    a[: n // 8] = 0
    b[: n // 16] = 0
    a[n // 8 : n // 4] = 2**11 - 1
    return {"i": {"a": a, "b": b, "last": random.integers(0, 2, n, dtype=np.uint64)}}


def core(name="toy-sum"):
    """Return a catalogue entry around `ToySum`."""
    return SimpleNamespace(
        name=name, config=ToyConfig, component=ToySum, golden=golden, vectors=vectors
    )
