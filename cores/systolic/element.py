"""One processing element of a systolic array: an exact product and an exact sum."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.arith.timed import Timed
from hwgen.cores.mx.element import decode_element
from hwgen.cores.mx.product import multiply_elements
from hwgen.cores.mx.special import product_flags

from hwgen import targets
from hwgen.errors import UsageError

__all__ = ["OutputStationaryElement", "WeightStationaryElement", "flag_names"]


def flag_names(config):
    """Return the names of the flags that go with a block's sum."""
    element_nan = any(
        getattr(each, "nan_code", None) is not None
        for each in (config.fmt_a.element, config.fmt_b.element)
    )
    if config.dot.has_infinities:
        return ("nan", "inf_positive", "inf_negative")
    return ("nan",) if config.specials == "ieee" and element_nan else ()


class _Element(wiring.Component):
    """What both dataflows share: operands that move on, their product, the sum.

    Attributes
    ----------
    latency : int
        Clock cycles from the registered operands to the clock in which the sum is made.
    pipeline : Pipeline
        Its circuit.
    """

    def __init__(self, config, size, members):
        self.config = config
        self._size = size
        self.flags = flag_names(config)
        self.sum_width = config.dot.block_sum_shape.width
        shared = {
            "enable": In(1),
            "a": In(config.fmt_a.element.width),
            "a_next": Out(config.fmt_a.element.width),
            "b": In(config.fmt_b.element.width),
            "b_next": Out(config.fmt_b.element.width),
        }
        super().__init__({**shared, **members})
        self._built, self.latency = self._build()
        self._built._MustUse__silence = True

    def elaborate(self, platform):
        built, self._built = self._built, None
        return built if built is not None else self._build()[0]

    def _build(self):
        raise NotImplementedError

    def _start(self, m):
        config = self.config
        fabric = targets.get(config.target)
        self.pipeline = Pipeline(m, fabric, config.freq, self.enable, self._size)
        return self.pipeline

    def _held(self, m, value, name, condition=None):
        """Return ``value`` behind a register that loads while the array moves."""
        register = Signal(len(value), reset_less=True, name=name)
        with m.If(self.enable if condition is None else self.enable & condition):
            m.d.sync += register.eq(value)
        return register

    def _product(self, pipeline, a, b):
        """Return (product, flags) of two element codes, held in registers where pipelined."""
        config = self.config
        formats = (config.fmt_a.element, config.fmt_b.element)
        elements = [
            decode_element(pipeline, element, pipeline.input(code, name), config.specials, name)
            for element, code, name in zip(formats, (a, b), ("a_code", "b_code"), strict=True)
        ]
        product = multiply_elements(
            pipeline, formats, elements, config.specials, config.hard_products, "element"
        )
        nan, infinities = product_flags(pipeline, *elements, product.sign, "element")
        return product, [nan, *(infinities or ())][: len(self.flags)]

    def _add(self, pipeline, held, product, flags):
        """Return (stage, ``held`` plus the product, flags of that stage)."""
        term = Term(product.bits, product.mask, product.sign)
        inputs = [product.bits, *term.controls(), *flags]
        width, fabric = self.sum_width, pipeline.fabric
        # controls may take tables in front of the chain, and the sum one behind it
        delay = fabric.carry_chain_delay(width + 1) + fabric.carry_exit_delay
        delay += fabric.logic_delay(2, bits=width)
        stage = max(value.stage for value in inputs) + (
            not pipeline.fits(inputs, delay, width=width)
        )
        moved = [each and pipeline.moved(each, stage) for each in vars(term).values()]
        total = add(
            pipeline,
            Term(Timed(held, stage, pipeline.fabric.launch_delay)),
            Term(*moved),
            signed(self.sum_width),
            carry_in=0 if moved[2] is None else moved[2],
            name="total",
        )
        if total.stage != stage:
            raise UsageError(f"freq must be lower for a sum of {self.sum_width} bits in one cycle")
        pipeline.capture(total)
        return stage, total.signal, Cat(pipeline.at(each, stage) for each in flags)


class OutputStationaryElement(_Element):
    """Accumulates the products of one block, then sends their sum out to the right.

    Parameters
    ----------
    config : MxMatmulConfig
    size : int
        Operand bits of the whole array, see `Pipeline`.

    Members
    -------
    enable : In(1)
        The array moves.
    a, b, last : In
        Codes of the operands, from the left and from above; 1 with the block's last ones.
    a_next, b_next, last_next : Out
        The same, a clock later, for the neighbors to the right and below.
    drained : In
        Sum and flags (sum lowest) that come from the left.
    drain : Out
        Sum and flags on their way to the right: those of this element a clock after its last
        products were added, else ``drained``, a clock later.
    """

    def __init__(self, config, size=0):
        width = config.dot.block_sum_shape.width + len(flag_names(config))
        members = {
            "last": In(1),
            "last_next": Out(1),
            "drained": In(width),
            "drain": Out(width),
        }
        super().__init__(config, size, members)

    def _build(self):
        m = Module()
        pipeline = self._start(m)
        a, b = self._held(m, self.a, "a_held"), self._held(m, self.b, "b_held")
        last = self._held(m, self.last, "last_held")
        m.d.comb += [self.a_next.eq(a), self.b_next.eq(b), self.last_next.eq(last)]
        product, flags = self._product(pipeline, a, b)
        accumulator = Signal(signed(self.sum_width), reset_less=True)
        held_flags = Signal(len(self.flags), reset_less=True)
        stage, total, seen = self._add(pipeline, accumulator, product, flags)
        ends = pipeline.at(pipeline.input(last, "last_code"), stage)
        seen = seen | held_flags
        drain = Signal(len(self.drain), reset_less=True, name="drain_held")
        with m.If(self.enable):
            m.d.sync += [
                accumulator.eq(Mux(ends, 0, total)),
                held_flags.eq(Mux(ends, 0, seen)),
                drain.eq(Mux(ends, Cat(total, seen), self.drained)),
            ]
        m.d.comb += self.drain.eq(drain)
        return m, stage


class WeightStationaryElement(_Element):
    """Holds a weight, adds its product with what comes from the left to the sum from above.

    Parameters
    ----------
    config : MxMatmulConfig
    size : int
        Operand bits of the whole array, see `Pipeline`.

    Members
    -------
    enable : In(1)
        The array moves.
    a, b : In
        Code of the activation, from the left; code of a weight on its way down.
    capture : In(1)
        The weight that arrives is this element's next one.
    swap : In(1)
        From the activation that arrives on the next weight counts.
    a_next, b_next, capture_next, swap_next : Out
        The same, a clock later.
    above : In
        Sum and flags (sum lowest) of the elements above.
    below : Out
        The same with this element's product.
    """

    def __init__(self, config, size=0):
        width = config.dot.block_sum_shape.width + len(flag_names(config))
        members = {
            "capture": In(1),
            "capture_next": Out(1),
            "swap": In(1),
            "swap_next": Out(1),
            "above": In(width),
            "below": Out(width),
        }
        super().__init__(config, size, members)

    def _build(self):
        m = Module()
        pipeline = self._start(m)
        a = self._held(m, self.a, "a_held")
        following = self._held(m, self.b, "next_weight", self.capture)
        weight = self._held(m, following, "weight", self.swap)
        m.d.comb += [
            self.a_next.eq(a),
            self.b_next.eq(self._held(m, self.b, "b_held")),
            self.capture_next.eq(self._held(m, self.capture, "capture_held")),
            self.swap_next.eq(self._held(m, self.swap, "swap_held")),
        ]
        product, flags = self._product(pipeline, a, weight)
        above = self.above[: self.sum_width].as_signed()
        stage, total, seen = self._add(pipeline, above, product, flags)
        seen = seen | self.above[self.sum_width :]
        below = Signal(len(self.below), reset_less=True, name="below_held")
        with m.If(self.enable):
            m.d.sync += below.eq(Cat(total, seen))
        m.d.comb += self.below.eq(below)
        return m, stage
