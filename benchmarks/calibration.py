"""Circuits that show a fabric's delays, and what a placed one tells about each of its paths.

A calibration circuit is a pipeline of the arithmetic blocks, built with fixed "ruler" delays, so
that it does not depend on the numbers that are fitted. While it is built, every delay carries what
it consists of: so many levels of look-up tables, so many carry chains of so many bits. nextpnr's
detailed timing report gives the measured delay to every register; both together are the
equations that are fitted.
"""

import random
from collections import Counter
from dataclasses import dataclass, replace

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.float_normalise import leading_zeros, shifted_window
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.arith.timed import Timed
from operator_datapaths import OPERATORS

from hwgen import targets

__all__ = ["PARAMETERS", "CalibrationCircuit", "circuits", "ruler"]

# the parameters of the Fabric record that are fitted, with ruler values that only shape circuits
PARAMETERS = {
    "launch_delay": 0.6,
    "capture_delay": 0.6,
    "lut_delay": 0.8,
    "spread_delay": 0.03,
    "carry_delay": 1.2,
    "carry_delay_per_bit": 0.035,
    "carry_exit_delay": 0.4,
    "multiplier_delay": 6.0,
    "multiplier_capture_delay": 4.2,
    "multiplier_input_delay": 0.8,
    "multiplier_output_delay": 1.5,
    "fan_out_delay": 0.05,
    "memory_delay": 0.8,
}
_RULER_SCALE = {"ecp5": 1.0, "ice40": 2.5}


class Parts(float):
    """A delay that remembers how often each parameter is in it."""

    def __new__(cls, value, parts=()):
        found = super().__new__(cls, value)
        found.parts = Counter(dict(parts))
        return found

    def __add__(self, other):
        total = Parts(float(self) + float(other), self.parts)
        for name, count in getattr(other, "parts", {}).items():
            total.parts[name] += count
        return total

    __radd__ = __add__

    def __sub__(self, other):
        total = Parts(float(self) - float(other), self.parts)
        for name, count in getattr(other, "parts", {}).items():
            total.parts[name] -= count
        return total

    def __mul__(self, factor):
        scaled = {name: count * factor for name, count in self.parts.items()}
        return Parts(float(self) * factor, scaled)

    __rmul__ = __mul__


def ruler(name):
    """Return the fabric with ruler delays that remember their parts."""
    scale = _RULER_SCALE[name]
    fabric = targets.get(name)
    delays = {each: Parts(scale * value, {each: 1}) for each, value in PARAMETERS.items()}
    if not fabric.memory_delay:
        del delays["memory_delay"]
    return replace(fabric, **delays)


class _TracedPipeline(Pipeline):
    """Notes the name, the arrival and the width of every value that gets a register."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.registered = []
        self.multiplied = []

    def capture(self, value):
        super().capture(value)
        parts = getattr(value.arrival, "parts", {})
        if (
            parts.keys() & {"multiplier_capture_delay", "multiplier_input_delay"}
            and not value._later
        ):
            self.multiplied.append(value.arrival)

    def at(self, value, stage):
        fresh = not value._later
        signal = super().at(value, stage)
        if fresh and value._later:
            register = value._later[0]
            register.name = f"word{len(self.registered)}"
            self.registered.append((register.name, value.arrival - value.exit, len(register)))
        return signal


@dataclass(frozen=True)
class Circuit:
    """A block several times side by side, cut at a frequency of the ruler's clock."""

    kind: str
    sizes: tuple
    copies: int
    freq: float

    @property
    def label(self):
        """Name for a person."""
        sizes = " x ".join(map(str, self.sizes))
        return f"{self.copies} {self.kind} {sizes} at {self.freq:g}"


class CalibrationCircuit(wiring.Component):
    """A circuit with one register behind every result, which load while ``go`` and ``on`` agree.

    Members
    -------
    i : In
        All operands.
    o : Out
        All results.
    go, on : In(1)
        The registers load while both are 1.
    """

    def __init__(self, circuit, fabric):
        self.circuit, self.fabric = circuit, fabric
        self.verilog_libraries = libraries_of(fabric)
        inputs, build, width = _KINDS[circuit.kind](*circuit.sizes)
        self._inputs, self._function = inputs, build
        self._bits = sum(bits * count for _, bits, count, _ in inputs)
        super().__init__(
            {
                "i": In(self._bits * circuit.copies),
                "o": Out(width * circuit.copies),
                "go": In(1),
                "on": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        enable = Signal()
        m.d.comb += enable.eq(self.go & self.on)
        pipeline = _TracedPipeline(m, self.fabric, self.circuit.freq, enable)
        results = []
        for copy in range(self.circuit.copies):
            values = self._operands(pipeline, copy * self._bits)
            result = self._function(pipeline, values)
            results.append(pipeline.register(result))
        last = max(each.stage for each in results)
        m.d.comb += self.o.eq(Cat(pipeline.at(each, last) for each in results))
        self.registered, self.register_bits = pipeline.registered, pipeline.register_bits
        self.multiplied, self.bits = pipeline.multiplied, pipeline.bits
        return m

    def _operands(self, pipeline, low):
        values = {}
        for name, bits, count, is_signed in self._inputs:
            each = []
            for _ in range(count):
                part = self.i[low : low + bits]
                each.append(pipeline.input(part.as_signed() if is_signed else part, name))
                low += bits
            values[name] = each if count > 1 else each[0]
        return values


def layers(width, depth, seed):
    """A random network: each layer selects, inverts or mixes words of the layers before it."""
    dice = random.Random(seed)

    def build(pipeline, values):
        words = list(values["a"])
        for level in range(depth):
            x, y, z = (dice.choice(words[-4:]) for _ in range(3))
            turn = dice.randrange(1, width)
            words.append(_layer(pipeline, x, y, z, turn, level, dice.randrange(3)))
        return words[-1]

    return [("a", width, 4, False)], build, width


def memory(words, width):
    """A distributed memory that is written and read at two addresses."""
    bits = (words - 1).bit_length()

    def build(pipeline, values):
        m, fabric = pipeline.m, pipeline.fabric
        m.submodules += (held := Memory(shape=unsigned(width), depth=words, init=[]))
        write, read = held.write_port(), held.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(values["to"].signal),
            write.data.eq(values["data"].signal),
            write.en.eq(pipeline.enable),
            read.addr.eq(values["from"].signal),
        ]
        return Timed(read.data, 0, fabric.launch_delay + fabric.read_delay(words, width))

    inputs = [("to", bits, 1, False), ("from", bits, 1, False), ("data", width, 1, False)]
    return inputs, build, width


def mixed_product(width):
    """A product of a hard multiplier that goes through tables: no register of it is the block's."""

    def build(pipeline, values):
        product = multiply(pipeline, values["a"], values["b"], hard=True)
        return pipeline.logic(
            lambda bits, other: bits ^ other,
            product,
            values["c"],
            shape=unsigned(2 * width),
            name="mixed",
        )

    inputs = [("a", width, 1, True), ("b", width, 1, True), ("c", 2 * width, 1, False)]
    return inputs, build, 2 * width


def normalizer(width):
    """A count of leading zeros and the shift that goes with it."""

    def build(pipeline, values):
        zeros, _ = leading_zeros(pipeline, values["a"])
        return shifted_window(pipeline, values["a"], 0, zeros, width - 1, width)[0]

    return [("a", width, 1, False)], build, width


def _layer(pipeline, x, y, z, turn, level, form):
    width = len(x)
    shape, name = unsigned(width), f"layer{level}"
    if form == 0:
        select = pipeline.slice(z, 0, 1)
        return pipeline.logic(
            lambda p, q, s: Mux(s, p, q.rotate_left(turn)), x, y, select, shape=shape, name=name
        )
    if form == 1:
        return pipeline.logic(
            lambda p, q, r: p & q.rotate_left(turn) ^ r.rotate_right(turn),
            *(x, y, z),
            shape=shape,
            name=name,
        )
    return pipeline.logic(
        lambda p, q: p ^ (q.rotate_left(turn) | p.rotate_right(turn)), x, y, shape=shape, name=name
    )


_KINDS = {
    **OPERATORS,
    "layers": layers,
    "memory": memory,
    "mixed product": mixed_product,
    "normalizer": normalizer,
}


def circuits(fabric):
    """Return the calibration circuits of a fabric."""
    plain = [
        ("adder", (12,), 4),
        ("adder", (28,), 4),
        ("adder", (56,), 2),
        ("tree", (6, 14), 2),
        ("tree", (24, 9), 1),
        ("tree", (48, 6), 1),
        ("tree", (112, 7), 1),
        ("multiplier", (5,), 8),
        ("multiplier", (10,), 3),
        ("multiplier", (14,), 2),
        ("multiplier", (11,), 8),
        ("normalizer", (20,), 2),
        ("normalizer", (44,), 1),
        ("shifter", (16, 4), 2),
        ("shifter", (40, 5), 1),
        ("rounder", (14, "e5m2"), 3),
        ("rounder", (36, "fp16"), 1),
        ("layers", (8, 10, 1), 4),
        ("layers", (24, 12, 2), 2),
        ("layers", (40, 12, 3), 1),
        ("memory", (16, 24), 2),
        ("memory", (16, 96), 1),
        ("memory", (64, 16), 1),
    ]
    hard = [("multiplier", (7, True), 4), ("multiplier", (15, True), 3), ("dot", (3, 8), 1)]
    if fabric == "ice40":
        plain = [each for each in plain if each[1] not in ((56,), (24, 9), (48, 6), (44,))]
        plain = [each for each in plain if each[0] != "memory"]
        # behind a product or a sum the register is part of the hard multiplier, and shows no path
        hard = [("mixed product", (8,), 2), ("mixed product", (14,), 1)]
    scale = _RULER_SCALE[fabric]
    # a multiplier with its output register is placed with little slack, so that it shows its speed
    return [
        Circuit(*each, freq / scale)
        for kinds, freqs in ((plain, (90.0, 150.0, 250.0)), (hard, (90.0, 180.0, 250.0)))
        for each in kinds
        for freq in freqs
    ]
