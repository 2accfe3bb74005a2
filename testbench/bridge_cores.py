"""Small cores to put behind the serial bridge, each with its own definition in NumPy."""

from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.interface import Field, Stream


@dataclass(frozen=True)
class SumConfig:
    """``group`` tokens make one result; ``fault`` is added to every sum."""

    digested: ClassVar[tuple[str, ...]] = ()

    group: int = 1
    fault: int = 0
    freq: float | None = None
    target: str = "ecp5"

    def as_dict(self):
        return asdict(self)


class Sum(wiring.Component):
    """Sum of the fields over a group of tokens, modulo 2**19, and the number of tokens so far."""

    latency = 1
    initiation_interval = 1

    def __init__(self, config):
        self._config = config
        self.streams = (
            Stream("i", "input", (Field("a", 11, 3), Field("b", 8), Field("last", 1))),
            Stream("o", "output", (Field("total", 19), Field("count", 8))),
        )
        super().__init__(_ports(self.streams))

    def elaborate(self, platform):
        m = Module()
        group = self._config.group
        position = Signal(range(group))
        total = Signal(19)
        count = Signal(8)
        payload = self.i.payload
        grown = Signal(19)
        m.d.comb += [
            grown.eq(total + payload.a[0] + payload.a[1] + payload.a[2] + payload.b),
            self.i.ready.eq(~self.o.valid | self.o.ready),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [total.eq(grown), position.eq(position + 1), count.eq(count + 1)]
            with m.If(position == group - 1):
                m.d.sync += [
                    total.eq(0),
                    position.eq(0),
                    self.o.valid.eq(1),
                    self.o.payload.total.eq(grown + self._config.fault),
                    self.o.payload.count.eq(count + 1),
                ]
        return m


def sum_golden(config, inputs):
    """What `Sum` computes after a reset."""
    fields = inputs["i"]
    sums = fields["a"].sum(axis=1) + fields["b"]
    groups = len(sums) // config.group
    totals = sums[: groups * config.group].reshape(groups, config.group).sum(axis=1)
    counts = (np.arange(1, groups + 1, dtype=np.uint64) * np.uint64(config.group)) % 256
    return {"o": {"total": totals % 2**19, "count": counts}}


def sum_vectors(config, count, seed):
    """Zeros, largest values, then random ones: ``count`` groups of tokens."""
    random = np.random.default_rng(seed)
    tokens = count * config.group
    a = random.integers(0, 2**11, (tokens, 3), dtype=np.uint64)
    b = random.integers(0, 2**8, tokens, dtype=np.uint64)
    a[: tokens // 8] = 0
    b[: tokens // 16] = 0
    a[tokens // 8 : tokens // 4] = 2**11 - 1
    return {"i": {"a": a, "b": b, "last": random.integers(0, 2, tokens, dtype=np.uint64)}}


SUM = SimpleNamespace(
    name="sum", config=SumConfig, component=Sum, golden=sum_golden, vectors=sum_vectors
)


class Repeat(wiring.Component):
    """Every byte, 16 times in one result; the byte 0xFF makes it deaf until a reset."""

    latency = 1
    initiation_interval = 1

    def __init__(self):
        self.streams = (
            Stream("i", "input", (Field("byte", 8),)),
            Stream("o", "output", (Field("bytes", 8, 16),)),
        )
        super().__init__(_ports(self.streams))

    def elaborate(self, platform):
        m = Module()
        deaf = Signal()
        m.d.comb += self.i.ready.eq(~deaf & (~self.o.valid | self.o.ready))
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [deaf.eq(self.i.payload.byte == 0xFF), self.o.valid.eq(1)]
            for copy in range(16):
                m.d.sync += self.o.payload.bytes[copy].eq(self.i.payload.byte)
        return m


def _ports(streams):
    source, sink = streams
    return {
        "i": In(stream.Signature(source.layout())),
        "o": Out(stream.Signature(sink.layout())),
    }
