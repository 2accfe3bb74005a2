"""One row of a systolic array, with the register that tells it to move."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.systolic.wiring import delayed, instance, own_enable

__all__ = ["OutputStationaryRow", "WeightStationaryRow"]


class _Row(wiring.Component):
    """What both dataflows share.

    Parameters
    ----------
    config : MxMatmulConfig
    module : str
        Name of the element's Verilog module.
    element : wiring.Component
        The element.
    """

    def __init__(self, config, module, element, members):
        self.config = config
        self._module = module
        self._element = element
        shared = {
            "go": In(1),
            "a": In(config.fmt_a.element.width),
            "b": In(config.fmt_b.element.width * config.columns),
            "b_next": Out(config.fmt_b.element.width * config.columns),
        }
        super().__init__({**shared, **members})

    def elaborate(self, platform):
        m = Module()
        enable = own_enable(m, self.go)
        outputs = [self._connect(m, enable, column) for column in range(self.config.columns)]
        m.d.comb += self.b_next.eq(Cat(each["b_next"] for each in outputs))
        self._finish(m, outputs)
        return m

    def _start(self, m, enable):
        """Return what the first element gets from the left: port -> value."""
        raise NotImplementedError

    def _connect(self, m, enable, column):
        """Add the element of one column; return its outputs."""
        if column == 0:
            self._left = {"a": self.a, **self._start(m, enable)}
        width = self.config.fmt_b.element.width
        outputs = {
            name: Signal(member.shape, name=f"{name}_{column}")
            for name, member in self._element.signature.members.items()
            if member.flow == Out
        }
        inputs = {**self._left, "b": self.b.word_select(column, width), **self._above(column)}
        m.submodules[f"element_{column}"] = instance(
            self._module, self._element, enable=enable, **inputs, **outputs
        )
        self._left = {name.removesuffix("_next"): outputs[name] for name in self._passed}
        self._left |= self._between(m, enable, outputs, column)
        return outputs

    def _above(self, column):
        return {}

    def _between(self, m, enable, outputs, column):
        return {}


class OutputStationaryRow(_Row):
    """A row whose elements hold the results.

    Members
    -------
    go : In(1)
        1: the row moves in the next clock cycle.
    a, last : In
        Code of the operand from the left; 1 with the last one of a block.
    b, b_next : In, Out
        Codes from above, column 0 lowest; the same a clock later.
    drain : Out
        Sums and flags of the block: in ``columns`` clock cycles after one another those of the
        last column to the first.
    """

    _passed = ("a_next", "last_next")

    def __init__(self, config, module, element):
        members = {"last": In(1), "drain": Out(len(element.drain))}
        super().__init__(config, module, element, members)

    def _start(self, m, enable):
        return {"last": self.last, "drained": Signal(len(self.drain), name="nothing")}

    def _between(self, m, enable, outputs, column):
        # a second register: the sum meets the next element's a clock after that has left
        drain = outputs["drain"]
        return {"drained": delayed(m, drain, 1, enable, f"drain_{column}")}

    def _finish(self, m, outputs):
        m.d.comb += self.drain.eq(outputs[-1]["drain"])


class WeightStationaryRow(_Row):
    """A row whose elements hold weights.

    Members
    -------
    go : In(1)
        1: the row moves in the next clock cycle.
    a, capture, swap : In
        Code of the activation from the left, and the marks of `WeightStationaryElement`.
    b, b_next : In, Out
        Codes from above, column 0 lowest; the same a clock later.
    above, below : In, Out
        Sums and flags from above and to below, column 0 lowest.
    """

    _passed = ("a_next", "capture_next", "swap_next")

    def __init__(self, config, module, element):
        width = config.columns * len(element.below)
        members = {"capture": In(1), "swap": In(1), "above": In(width), "below": Out(width)}
        super().__init__(config, module, element, members)

    def _start(self, m, enable):
        return {"capture": self.capture, "swap": self.swap}

    def _above(self, column):
        return {"above": self.above.word_select(column, len(self._element.below))}

    def _finish(self, m, outputs):
        m.d.comb += self.below.eq(Cat(each["below"] for each in outputs))
