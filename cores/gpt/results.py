"""What becomes of the sums of a matrix's rows: scaled, biased, turned, put through a function."""

from amaranth.hdl import Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out
from hwgen.cores.function.arithmetic import clipped, product, rounding_shift, saturated
from hwgen.cores.function.functions import FUNCTIONS
from hwgen.cores.gpt.block_terms import SUM_BITS
from hwgen.cores.gpt.unit import Unit
from hwgen.cores.pipelined import ValidChain

__all__ = ["Results"]

_ONE = 1 << 16


class Results(Unit):
    """Sums become values.

    Parameters
    ----------
    config : MachineConfig
    functions : sequence of str
        Those that the program uses.

    Members
    -------
    sum, last, valid : In
        Of a row; marks of the last one.
    scalar, scalar_shift, factor, factor_shift : In
        What sums are multiplied by.
    bias : In(signed(32))
        That of the row; 0 where there is none.
    turned, gated : In(1)
    function : In(3)
        Number of the function, from 1 on in the order of the instruction's choices.
    cosine, sine : In(signed(18))
        Of the pair that the row completes.
    value, value_last, value_valid : Out
        A result.

    Attributes
    ----------
    latency : int
        Clock cycles from a sum to its value; the second one of a turned pair comes a cycle later.
    """

    def __init__(self, config, functions):
        self._functions = functions
        super().__init__(
            config,
            {
                "sum": In(signed(SUM_BITS + 1)),
                "last": In(1),
                "valid": In(1),
                "scalar": In(17),
                "scalar_shift": In(6),
                "factor": In(17),
                "factor_shift": In(6),
                "bias": In(signed(32)),
                "turned": In(1),
                "gated": In(1),
                "function": In(3),
                "cosine": In(signed(18)),
                "sine": In(signed(18)),
                "value": Out(signed(32)),
                "value_last": Out(1),
                "value_valid": Out(1),
                "row_done": Out(1),
            },
        )

    def _build(self):
        m = Module()
        y, last, valid = self._linear(m)
        item = self._pairs(m, y, last, valid)
        self._nonlinear(m, item)
        # registers behind the rows, of pairs, and behind the values
        self.latency = self._row_stages + self._value_stages + 3
        return m

    def _linear(self, m):
        """Return (value, mark, valid) of a row behind its factors and bias."""
        pipeline = self._pipeline(m)
        valid = ValidChain(m, self.valid, Const(1))
        found = pipeline.input(self.sum, "sum")
        bias, last = pipeline.input(self.bias, "bias"), pipeline.input(self.last, "last")
        for name, factor, shift in (
            ("scalar", self.scalar, self.scalar_shift),
            ("factor", self.factor, self.factor_shift),
        ):
            by = pipeline.input(factor, name)
            wide = product(pipeline, found, by, f"{name}_product")
            amount = pipeline.input(shift, f"{name}_shift")
            moved = rounding_shift(pipeline, wide, amount, name=f"{name}_moved")
            found = clipped(pipeline, moved, SUM_BITS, f"{name}_clipped")
        delay = 2 * pipeline.fabric.carry_chain_delay(len(found))
        total = pipeline.operate(
            lambda x, b: (x + 128 >> 8) + b,
            found,
            bias,
            delay=delay,
            shape=signed(len(found) - 6),
            name="biased",
        )
        total = saturated(pipeline, total, "row_value")
        self._row_stages = stage = pipeline.output_stage([total, last])
        registers = []
        for name, value in (("value", total), ("last", last)):
            signal = pipeline.output(value, stage)
            register = Signal(signal.shape(), name=f"row_{name}_now", reset_less=True)
            m.d.sync += register.eq(signal)
            registers.append(register)
        now = Signal(name="row_valid_now")
        m.d.sync += now.eq(valid.at(stage))
        return *registers, now

    def _pairs(self, m, y, last, valid):
        """Return the operands of what follows: a p + b q, then the function, times a gate."""
        first, held, odd = Signal(signed(32)), Signal(signed(32)), Signal()
        again, again_last = Signal(), Signal()
        paired = self.turned | self.gated
        with m.If(valid & paired):
            m.d.sync += odd.eq(~odd)
            with m.If(~odd):
                m.d.sync += first.eq(y)
        with m.Elif(~paired):
            m.d.sync += odd.eq(0)
        m.d.sync += [
            again.eq(valid & odd & self.turned),
            again_last.eq(last),
            held.eq(y),
        ]
        cosine, sine = Signal(signed(18)), Signal(signed(18))
        m.d.sync += [cosine.eq(self.cosine), sine.eq(self.sine)]
        m.d.comb += self.row_done.eq(valid)
        # a row that comes while its forerunner is turned a second time is an even one
        item = {
            "a": Mux(paired, first, y),
            "b": Mux(again, held, y),
            "p": Mux(again, sine, Mux(self.turned, self.cosine, _ONE)),
            "q": Mux(again, cosine, Mux(self.turned, -self.sine, 0)),
            "gate": y,
            "last": Mux(again, again_last, last & ~self.turned),
            "valid": again | (valid & (~paired | odd)),
        }
        widths = {"a": signed(32), "b": signed(32), "p": signed(18), "q": signed(18)}
        widths |= {"gate": signed(32), "last": unsigned(1), "valid": unsigned(1)}
        registers = {}
        for name, shape in widths.items():
            registers[name] = Signal(shape, name=f"item_{name}")
            m.d.sync += registers[name].eq(item[name])
        return registers

    def _nonlinear(self, m, item):
        pipeline = self._pipeline(m)
        valid = ValidChain(m, item["valid"], Const(1))
        values = {name: pipeline.input(signal, name) for name, signal in item.items()}
        one = product(pipeline, values["a"], values["p"], "first_part")
        other = product(pipeline, values["b"], values["q"], "second_part")
        width = len(one) + 1
        turned = pipeline.operate(
            lambda x, y: x + y + _ONE // 2 >> 16,
            one,
            other,
            delay=2 * pipeline.fabric.carry_chain_delay(width),
            shape=signed(width - 16),
            name="turned_value",
        )
        found = saturated(pipeline, turned, "turned_limited")
        choice = pipeline.input(self.function, "function")
        results = [(None, found)]
        for name in self._functions:
            results.append((name, FUNCTIONS[name](pipeline, found)))
        found = self._chosen(pipeline, results, choice)
        gated = pipeline.input(self.gated, "gated")
        gates = product(pipeline, found, values["gate"], "gated_product")
        rounded = pipeline.operate(
            lambda x: x + _ONE // 2 >> 16,
            gates,
            delay=pipeline.fabric.carry_chain_delay(len(gates)),
            shape=signed(len(gates) - 16),
            name="gated_rounded",
        )
        limited = saturated(pipeline, rounded, "gated_limited")
        result = pipeline.logic(
            lambda g, x, y: Mux(g, x, y), gated, limited, found, shape=signed(32), name="result"
        )
        self._value_stages = stage = pipeline.output_stage([result, values["last"]])
        m.d.sync += [
            self.value.eq(pipeline.output(result, stage)),
            self.value_last.eq(pipeline.output(values["last"], stage)),
            self.value_valid.eq(valid.at(stage)),
        ]

    def _chosen(self, pipeline, results, choice):
        """Return the result of the function that the instruction names."""
        from hwgen.formats.gpt_instructions import INSTRUCTIONS

        (kind,) = (each for each in INSTRUCTIONS if each.name == "multiply")
        (operand,) = (each for each in kind.operands if each.name == "function")
        found = results[0][1]
        for name, value in results[1:]:
            number = operand.choices.index(name)
            found = pipeline.logic(
                lambda c, x, y, number=number: Mux(c == number, x, y),
                choice,
                value,
                found,
                shape=signed(32),
                name=f"chosen_{name}",
            )
        return found
