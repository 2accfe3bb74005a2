"""How many bits, or products of two bits, are 1: trees of adders in the fabric's cheapest form."""

from dataclasses import dataclass
from operator import and_, xor
from pathlib import Path

from amaranth.hdl import Cat, Const, Instance, Signal, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, add_tree

__all__ = ["POPCOUNT_LIBRARY", "Count", "popcount"]

POPCOUNT_LIBRARY = Path(__file__).with_name("full_adders.v")

_PRODUCTS = {"and": and_, "xor": xor}
_TABLES = {"and": 0b1000, "xor": 0b0110}
_LEAF = 3


@dataclass(frozen=True)
class Count:
    """A number of ones: ``bits`` plus ``spare``.

    Parameters
    ----------
    bits : Timed
        Unsigned.
    maximum : int
        Largest value of ``bits``.
    spare : Timed or None
        One bit that is not yet added: the carry in of whatever adds the count to something.
    """

    bits: Timed
    maximum: int
    spare: Timed | None = None


def popcount(pipeline, left, right=None, product="and", name="count"):
    """Count the ones of ``left``, or of the products of its bits with those of ``right``.

    On ECP5 a node of the tree adds two counts of ``2**n - 1`` bits each and, as the carry in, one
    bit more, so that no code of a sum is wasted; the products are made in the tables of the first
    carry chains. Of ``2**n`` bits one is left over. Elsewhere tables count a few bits each, and a
    tree of adders sums these counts.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the tree becomes part of.
    left, right : Timed
        Bits; ``right`` is as wide as ``left`` or ``None``.
    product : str
        ``"and"`` or ``"xor"``.
    name : str
        Names the counts in the emitted Verilog.

    Returns
    -------
    Count
    """
    tree = _Tree(pipeline, left, right, product, name)
    fabric = pipeline.fabric
    if fabric.carry_chain_module is None or fabric.carry_inputs != 4:
        return tree.of_tables()
    return tree.of_chains()


class _Tree:
    def __init__(self, pipeline, left, right, product, name):
        self.pipeline, self.left, self.right = pipeline, left, right
        self.product, self.name = product, name
        self._adders = []

    def _slices(self, low, high):
        """Return bits ``low`` to ``high - 1`` of the operands."""
        operands = [self.left] if self.right is None else [self.left, self.right]
        return [self.pipeline.slice(each, low, high) for each in operands]

    def _ones(self, *values):
        """Return the products of slices as an Amaranth value."""
        return values[0] if len(values) == 1 else _PRODUCTS[self.product](*values)

    def _table(self, low, high, name):
        """Return the count of a few bits, made in tables."""
        width = high - low

        def count(*values):
            bits = [bit for value in values for bit in value]

            def ones(address):
                parts = [address >> width * at & (1 << width) - 1 for at in range(len(values))]
                return self._ones(*parts).bit_count()

            return lookup(bits, ones, width.bit_length())

        shape = unsigned(width.bit_length())
        return self.pipeline.logic(count, *self._slices(low, high), shape=shape, name=name)

    def of_tables(self):
        """Count in tables of the fabric's inputs, and add the counts."""
        group = 6 if self.pipeline.fabric.lut_inputs >= 6 else _LEAF
        if self.right is not None:
            group = _LEAF if group == 6 else 1
        operands = []
        for low in range(0, len(self.left), group):
            high = min(low + group, len(self.left))
            bits = self._table(low, high, f"{self.name}_{low}")
            operands.append(Operand(bits, 0, high - low))
        total = add_tree(self.pipeline, operands, f"{self.name}_sum")
        return Count(total.bits, total.maximum)

    def of_chains(self):
        """Count on carry chains of tables with four inputs."""
        size = len(self.left)
        spare = size > _LEAF and size & size - 1 == 0
        plan = _plan(0, size - spare)
        leaves = [each for each in _leaves(plan) if each[1] - each[0] == _LEAF]
        self._adders = dict(zip(leaves, self._full_adders(leaves), strict=True))
        total = self._count(plan)
        return Count(*total, self._table(size - 1, size, f"{self.name}_spare") if spare else None)

    def _full_adders(self, leaves):
        """Return the counts of three bits each."""
        if not leaves:
            return []
        pipeline, count, name = self.pipeline, len(leaves), f"{self.name}_of_three"
        parts = [self._slices(*each) for each in leaves]
        operands = [
            pipeline.concatenate([part[at] for part in parts]) for at in range(len(parts[0]))
        ]
        if self.right is None:

            def add_bits(bits):
                x, y, z = (Cat(bits[at::3]) for at in range(3))
                return Cat(x ^ y ^ z, (x & y) | (x & z) | (y & z))

            both = pipeline.logic(add_bits, *operands, shape=unsigned(2 * count), name=name)
        else:
            both = self._products_of_three(operands, count, name)
        sums, carries = (pipeline.slice(both, at * count, (at + 1) * count) for at in range(2))
        return [
            pipeline.concatenate([pipeline.slice(each, at, at + 1) for each in (sums, carries)])
            for at in range(count)
        ]

    def _products_of_three(self, operands, count, name):
        pipeline, fabric = self.pipeline, self.pipeline.fabric
        delay = fabric.carry_chain_delay(2 * _LEAF)
        stage, arrival = pipeline.start(operands, delay)
        result = Signal(2 * count, name=name)
        if not pipeline.sizing:
            pipeline.m.submodules += Instance(
                "hwgen_full_adders",
                p_COUNT=count,
                p_PRODUCT=Const(_TABLES[self.product], 4),
                i_a=pipeline.at(operands[0], stage),
                i_b=pipeline.at(operands[1], stage),
                o_s=result[:count],
                o_c=result[count:],
            )
        return pipeline.chained(result, stage, arrival + delay)

    def _count(self, plan):
        """Return (bits, maximum) of a node."""
        low, high, parts = plan
        if parts is None:
            name = f"{self.name}_{low}"
            bits = self._adders.get(plan[:2]) or self._table(low, high, name)
            return bits, high - low
        first, second, carry = parts
        x, _ = self._count(first)
        y = self._count(second)[0] if second else self.pipeline.constant(Const(0, 1))
        bit = self._table(carry, carry + 1, f"{self.name}_carry_{carry}")
        maximum = high - low
        shape = unsigned(maximum.bit_length())
        name = f"{self.name}_{low}_to_{high - 1}"
        return add(self.pipeline, Term(x), Term(y), shape, bit, name, divisible=True), maximum


def _plan(low, high):
    """Return a node for a range of bits: (low, high, (first, second, carry) or None)."""
    size = high - low
    if size <= _LEAF:
        return low, high, None
    first = (1 << size.bit_length() - 1) - 1
    if first == size - 1 and size > _LEAF + 1:
        first = size // 2
    middle, carry = low + first, high - 1
    return low, high, (_plan(low, middle), _plan(middle, carry) if middle < carry else None, carry)


def _leaves(plan):
    """Return the ranges of the nodes without parts."""
    low, high, parts = plan
    if parts is None:
        return [(low, high)]
    return [each for part in parts[:2] if part for each in _leaves(part)]
