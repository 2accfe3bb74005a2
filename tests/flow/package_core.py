"""A core with two input streams, marks and odd widths: all that a package has to cope with."""

from dataclasses import asdict, dataclass
from types import SimpleNamespace

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.interface import Field, Stream

LEFT = Stream(
    "i",
    "input",
    (
        Field("first", 1, doc="low mark"),
        Field("last", 1, doc="ends a group"),
        Field("a", 5, count=3, format="int5", doc="three addends, x | y"),
    ),
)
RIGHT = Stream("i_weights", "input", (Field("w", 4, format="uint4"),))
OUTPUT = Stream(
    "o",
    "output",
    (
        Field("sum", 8, format="integer", bias=3, doc="all four added"),
        Field("last", 1, doc="ends a group"),
    ),
)


@dataclass(frozen=True)
class JoinConfig:
    freq: float | None = None
    target: str = "generic"

    def as_dict(self):
        return asdict(self)


class Join(wiring.Component):
    """Add the codes of three elements and a weight; both streams advance together."""

    i: In(stream.Signature(LEFT.layout()))
    i_weights: In(stream.Signature(RIGHT.layout()))
    o: Out(stream.Signature(OUTPUT.layout()))

    streams = (LEFT, RIGHT, OUTPUT)
    latency = 2
    initiation_interval = 2

    def elaborate(self, platform):
        m = Module()
        free = Signal()
        held = [Signal(name="left_held"), Signal(name="right_held")]
        words = [Signal(LEFT.layout(), name="left"), Signal(RIGHT.layout(), name="right")]
        both = Signal()
        m.d.comb += [both.eq(held[0] & held[1]), free.eq(~self.o.valid | self.o.ready)]
        for port, full, word in zip((self.i, self.i_weights), held, words, strict=True):
            m.d.comb += port.ready.eq(~full)
            with m.If(port.valid & port.ready):
                m.d.sync += [full.eq(1), word.eq(port.p)]
        with m.If(free):
            m.d.sync += self.o.valid.eq(both)
        with m.If(free & both):
            left, right = words
            m.d.sync += [
                self.o.p.sum.eq(sum((left.a[k].as_unsigned() for k in range(3)), right.w)),
                self.o.p.last.eq(left.last),
                held[0].eq(0),
                held[1].eq(0),
            ]
        return m


def golden(config, inputs):
    left, right = inputs["i"], inputs["i_weights"]
    return {"o": {"sum": left["a"].sum(axis=1) + right["w"], "last": left["last"]}}


def vectors(config, count, seed):
    random = np.random.default_rng(seed)
    return {
        "i": {
            "first": random.integers(0, 2, count, dtype=np.uint64),
            "last": random.integers(0, 2, count, dtype=np.uint64),
            "a": random.integers(0, 32, (count, 3), dtype=np.uint64),
        },
        "i_weights": {"w": random.integers(0, 16, count, dtype=np.uint64)},
    }


CORE = SimpleNamespace(
    name="toy-join",
    summary='adds "a" & <w>, $3 [or {so}]',
    component=lambda config: Join(),
    golden=golden,
    vectors=vectors,
)
