"""One dot-product unit: the ones of a word of products, added to a sum that doubles."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.doubling import double_and_add, doubling_delay
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.arith.popcount import popcount
from hwgen.cores.pipelined import ValidChain

from hwgen import targets

__all__ = ["DotProductUnit"]


class DotProductUnit(wiring.Component):
    """Adds plus or minus the number of ones in ``left & right``, or in ``left ^ right``.

    The unit of BISMO (Y. Umuroglu et al., "BISMO: A Scalable Bit-Serial Matrix Multiplication
    Overlay for Reconfigurable Computing", FPL 2018, section III): where a diagonal of plane pairs
    begins the sum doubles, so that no product is shifted.

    Parameters
    ----------
    config : BitserialMatmulConfig
    size : int
        Bits of operands and registers of all units, see `Pipeline`.

    Members
    -------
    left, right : In(k)
        A word of a plane of each operand.
    valid, doubles, negate, exclusive, ends : In(1)
        The words count; twice the sum so far; subtract; exclusive or instead of and; with these
        words the sum is complete, and the next one begins at 0.
    below : In
        Result of the unit below, ``held`` a clock cycle ago.
    held : Out
        The sum, a clock after it was completed; in every other cycle what was ``below``.

    Attributes
    ----------
    latency : int
        Clock cycles from a word to the sum with it in ``held``, less one.
    pipeline : Pipeline
        Its circuit.
    """

    def __init__(self, config, size=0):
        self.config, self._size = config, size
        super().__init__(
            {
                "left": In(config.k),
                "right": In(config.k),
                **{name: In(1) for name in ("valid", "doubles", "negate", "exclusive", "ends")},
                "below": In(config.result_width),
                "held": Out(config.result_width),
            }
        )
        self._built, self.latency = self._build()
        self._built._MustUse__silence = True

    def elaborate(self, platform):
        built, self._built = self._built, None
        return built if built is not None else self._build()[0]

    def _build(self):
        m, config = Module(), self.config
        fabric, width = targets.get(config.target), config.result_width
        self.pipeline = pipeline = Pipeline(m, fabric, config.freq, Const(1, 1), self._size)
        valid = ValidChain(m, self.valid, Const(1, 1))
        names = ("doubles", "negate", "ends")
        double, negate, ends = (pipeline.input(getattr(self, name), f"{name}_in") for name in names)
        count = self._count(pipeline)
        term = pipeline.logic(
            lambda bits, sign: Cat(bits ^ sign.replicate(len(bits)), sign).as_signed(),
            count.bits,
            negate,
            shape=signed(len(count.bits) + 1),
            name="term",
        )
        # minus (bits + spare) is ~bits + (1 - spare)
        carry = negate
        if count.spare is not None:
            carry = pipeline.bit(lambda bit, sign: bit ^ sign, count.spare, negate, name="carry")
        inputs = [term, carry, double]
        delay = doubling_delay(fabric, width)
        stage = max(each.stage for each in inputs)
        stage += not pipeline.fits(inputs, delay, width=width)
        term, carry, double = (pipeline.at(each, stage) for each in inputs)
        stage, arrival = pipeline.start(
            [pipeline.moved(each, stage) for each in inputs], delay, width=width
        )
        total = Signal(signed(width), name="total_so_far")
        added = double_and_add(m, fabric, total, double, term, carry, "total")
        pipeline.slowest = max(pipeline.slowest, arrival + delay + fabric.capture_delay)
        now, complete = valid.at(stage), pipeline.at(ends, stage)
        held = Signal(width, reset_less=True, name="held_sum")
        pipeline.register_bits += 2 * width
        with m.If(now):
            m.d.sync += total.eq(Mux(complete, 0, added))
        m.d.sync += held.eq(Mux(complete, added, self.below))
        m.d.comb += self.held.eq(held)
        return m, stage

    def _count(self, pipeline):
        """Return how many products of the words' bits are 1."""
        config = self.config
        left, right = (
            pipeline.broadcast(pipeline.input(getattr(self, name), f"{name}_word"))
            for name in ("left", "right")
        )
        if not config.multiplies("bipolar") or config.modes == "bipolar":
            product = "xor" if config.modes == "bipolar" else "and"
            return popcount(pipeline, left, right, product, "count")
        exclusive = pipeline.broadcast(pipeline.input(self.exclusive, "exclusive_in"))
        products = pipeline.logic(
            lambda x, y, differ: Mux(differ, x ^ y, x & y),
            left,
            right,
            exclusive,
            shape=config.k,
            name="products",
        )
        return popcount(pipeline, products, name="count")
