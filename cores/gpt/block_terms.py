"""What a block of weights adds to a sum, and sums of such terms: the same in every unit."""

from amaranth.hdl import Const, Mux, Signal, signed
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.function.arithmetic import clipped, product, rounding_shift
from hwgen.cores.gpt.arithmetic import added, registered

from hwgen.formats.weight_stream import GROUP

__all__ = ["EXPONENT_BITS", "SUM_BITS", "BlockTerms", "RowSums"]

SUM_BITS = 45
"""Bits of the magnitude of a sum."""
EXPONENT_BITS = 8
"""Bits of a block's exponent, signed."""
_FRACTION, _MOST_LEFT = 24, 16
_SHIFT_BITS = 6
_SMALLEST_HARD = 5


class BlockTerms:
    """Products of blocks of weights and codes, scaled and rounded once a group.

    Parameters
    ----------
    m : Module
    pipeline : Pipeline
    registers : int
        Between what is given and the pipeline.
    code_bits, integer_bits : int
        Of a code, and of a weight's integer; both signed.
    """

    def __init__(self, m, pipeline, registers, code_bits, integer_bits):
        self._m, self._pipeline, self._registers = m, pipeline, registers
        self._code_bits, self._integer_bits = code_bits, integer_bits

    def products(self, codes, integers):
        """Return products of weights and codes, a column each, as operands of sums."""
        m, pipeline, count = self._m, self._pipeline, self._registers
        shapes = signed(self._code_bits), signed(self._integer_bits)
        hard = takes_hard_multiplier(pipeline, "auto", shapes, _SMALLEST_HARD)
        operands, most = [], 1 << self._code_bits + self._integer_bits - 2
        for column, (code, integer) in enumerate(zip(codes, integers, strict=True)):
            weight = Signal(signed(self._integer_bits), name=f"integer_{column}")
            m.d.comb += weight.eq(integer)
            pair = [
                pipeline.input(registered(m, each, count, f"{name}{column}_now"), f"{name}{column}")
                for name, each in (("x", code), ("w", weight))
            ]
            value = multiply(pipeline, *pair, hard=hard, name=f"product{column}")
            operands.append(Operand(pipeline.signed(value), -most, most))
        return operands

    def term(self, operands, units, whole, exponent):
        """Return a block's part of a sum: that of its only group, or of both.

        Parameters
        ----------
        operands : list of Operand
            Products of the block's columns.
        units : list of (Value, Value)
            Significand and exponent of every group, one or two.
        whole : Value
            Of two: whether the first unit is that of the whole block.
        exponent : Value
            Of the units' base and the block of codes together.
        """
        m, pipeline = self._m, self._pipeline
        if len(units) == 1:
            total = pipeline.signed(add_tree(pipeline, operands).bits)
            return self._scaled(total, units[0], exponent, "")
        half = GROUP // 2
        sums = [
            pipeline.signed(add_tree(pipeline, each).bits)
            for each in (operands[:half], operands[half:])
        ]
        one = pipeline.input(registered(m, whole, self._registers, "whole_now"), "whole")
        bits = max(map(len, sums)) + 1
        delay = pipeline.fabric.carry_chain_delay(bits) + pipeline.fabric.logic_delay()
        first = pipeline.operate(
            lambda x, y, w: x + Mux(w, y, 0),
            *sums,
            one,
            delay=delay,
            shape=signed(bits),
            name="first_sum",
        )
        second = pipeline.logic(
            lambda y, w: Mux(w, 0, y), sums[1], one, shape=signed(bits), name="second_sum"
        )
        terms = [
            self._scaled(each, unit, exponent, str(number))
            for number, (each, unit) in enumerate(zip((first, second), units, strict=True))
        ]
        return added(pipeline, terms, SUM_BITS + 2)

    def _scaled(self, total, unit, place, name):
        """Return a group's sum times its unit and the block's exponent."""
        m, pipeline, count = self._m, self._pipeline, self._registers
        significand, exponent = unit
        positive = Signal(signed(len(significand) + 1), name=f"unit_now{name}")
        m.d.comb += positive.eq(significand)
        unit = pipeline.input(registered(m, positive, count, f"unit_now{name}"), f"unit{name}")
        # how far to the right, and `_MOST_LEFT`
        wanted = Signal(signed(14), name=f"wanted_shift{name}")
        m.d.comb += wanted.eq(_MOST_LEFT - _FRACTION - (place + exponent))
        amount = Signal(_SHIFT_BITS + 1, name=f"shift{name}")
        most = (1 << _SHIFT_BITS + 1) - 1
        m.d.comb += amount.eq(Mux(wanted < 0, 0, Mux(wanted > most, most, wanted)))
        scaled = product(pipeline, total, unit, f"scaled{name}")
        shift = registered(m, amount, count, f"amount_now{name}")
        shift = pipeline.input(shift, f"amount{name}")
        term = rounding_shift(pipeline, scaled, shift, _MOST_LEFT, f"term{name}")
        return clipped(pipeline, term, SUM_BITS + 1, f"clipped{name}")


class RowSums:
    """Terms added up row by row, limited once at the end.

    Parameters
    ----------
    m : Module
    pipeline : Pipeline
    valid : ValidChain
    registers : int
        Behind the pipeline.
    term : Timed
        Part of a sum.
    marks : dict of str to Value
        Whether a term is the ``first`` of its row, ``ends`` it, and belongs to the ``last`` row; as
        they come into the pipeline.

    Attributes
    ----------
    stage : int
        Of the pipeline, that gives the term; a sum follows ``3 + registers`` clock cycles later.
    value, last, valid : Value
        A sum before its register, whether it is the last, and whether there is one.
    """

    def __init__(self, m, pipeline, valid, registers, term, marks):
        marks = {
            name: pipeline.input(marks[name], f"is_{name}") for name in ("first", "ends", "last")
        }
        self.stage = stage = pipeline.output_stage([term, *marks.values()])
        first, ends, last = (pipeline.at(each, stage) for each in marks.values())
        part, emerges, first, ends, last = (
            registered(m, value, registers, name)
            for name, value in (
                ("part", pipeline.output(term, stage)),
                ("part_emerges", valid.at(stage)),
                ("part_is_first", first),
                ("part_ends", ends),
                ("part_is_last", last),
            )
        )
        total = Signal(signed(len(part) + 12))
        with m.If(emerges):
            m.d.sync += total.eq(Mux(first, 0, total) + part)
        ended, is_last = Signal(name="sum_ended"), Signal(name="sum_is_last")
        m.d.sync += [ended.eq(emerges & ends), is_last.eq(last)]
        most = (1 << SUM_BITS) - 1
        self.value = Mux(total > most, Const(most), Mux(total < -most, Const(-most), total))
        self.last, self.valid = is_last, ended
