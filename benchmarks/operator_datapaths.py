"""Arithmetic blocks as cores of their own, for benchmarks: what no entry of the catalogue shows."""

from dataclasses import dataclass

from amaranth.hdl import signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.shift import shift_left
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

from hwgen import formats

__all__ = ["OPERATORS", "Operator", "OperatorConfig"]


@dataclass(frozen=True)
class OperatorConfig:
    """Which block, its sizes, the clock in MHz and the fabric."""

    kind: str
    sizes: tuple
    freq: float | None = None
    target: str = "ecp5"


class Operator(PipelinedCore):
    """One block between the streams of a core."""

    def __init__(self, config):
        inputs, self._function, width = OPERATORS[config.kind](*config.sizes)
        fields = [
            Field(name, bits, count, format="integer", signed=is_signed)
            for name, bits, count, is_signed in inputs
        ]
        super().__init__(config, fields, [Field("result", width)])

    def datapath(self, pipeline, valid):
        return {"result": self._function(pipeline, self.inputs(pipeline))}, None


def adder(width):
    """A sum of two integers."""

    def build(pipeline, values):
        return add(pipeline, Term(values["a"]), Term(values["b"]), signed(width), divisible=True)

    return [("a", width, 1, True), ("b", width, 1, True)], build, width


def tree(count, width):
    """A sum of many integers."""
    total_width = width + (count - 1).bit_length()

    def build(pipeline, values):
        low, high = -(1 << width - 1), (1 << width - 1) - 1
        return add_tree(pipeline, [Operand(each, low, high) for each in values["a"]]).bits

    return [("a", width, count, True)], build, total_width


def multiplier(width, hard=False):
    """A product of two integers."""

    def build(pipeline, values):
        return multiply(pipeline, values["a"], values["b"], hard, final=True)

    return [("a", width, 1, True), ("b", width, 1, True)], build, 2 * width


def dot(count, width):
    """A sum of products of hard multipliers."""
    total_width = 2 * width + (count - 1).bit_length()

    def build(pipeline, values):
        high = 1 << 2 * width - 2
        products = [
            Operand(multiply(pipeline, *pair, hard=True), -high, high)
            for pair in zip(values["a"], values["b"], strict=True)
        ]
        return pipeline.free(
            lambda bits: bits.as_signed()[:total_width], add_tree(pipeline, products).bits
        )

    return [("a", width, count, True), ("b", width, count, True)], build, total_width


def shifter(width, amount_bits):
    """A left shift."""
    high = (1 << amount_bits) - 1

    def build(pipeline, values):
        return shift_left(pipeline, values["a"], values["amount"], 0, high)[0]

    return [("a", width, 1, False), ("amount", amount_bits, 1, False)], build, width + high


def aligner(width, amount_bits):
    """A left shift and the adder behind it, which is what the shifter plans for."""
    high = (1 << amount_bits) - 1

    def build(pipeline, values):
        bits, mask = shift_left(pipeline, values["a"], values["amount"], 0, high)
        other = Term(values["b"])
        return add(pipeline, Term(bits, mask), other, unsigned(width + high), divisible=True)

    inputs = [("a", width, 1, False), ("amount", amount_bits, 1, False)]
    return [*inputs, ("b", width + high, 1, False)], build, width + high


def rounder(width, name):
    """A normalizer and rounder: an integer times a power of two becomes a float."""
    from hwgen.cores.arith.float_round import Rounding, round_to_float

    result = formats.parse(name)
    rounding = Rounding(result, "nearest-even", "infinity")

    def build(pipeline, values):
        bias = 1 << result.exponent_bits
        limits = (0, (1 << result.exponent_bits + 1) - 1)
        return round_to_float(pipeline, values["a"], values["exponent"], bias, limits, rounding)

    inputs = [("a", width, 1, True), ("exponent", result.exponent_bits + 1, 1, False)]
    return inputs, build, result.width


OPERATORS = {
    "adder": adder,
    "tree": tree,
    "multiplier": multiplier,
    "dot": dot,
    "shifter": shifter,
    "aligner": aligner,
    "rounder": rounder,
}
